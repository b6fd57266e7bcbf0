"""The files of one state of a bundle in the form in which plugins read them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from openedx_blockstore.api._lookup import find_bundle, find_targets
from openedx_blockstore.api._sources import SourceContents, version_source
from openedx_blockstore.api._values import check_values
from openedx_blockstore.api.files import DraftSource, find_source
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.plugin_api import BundleContents, BundleType, Part
from openedx_blockstore.plugin_manager import plugins

#: Manifests that are read from the storage at a time.
_READERS = 8


def get_bundle_contents(
    bundle_uuid: UUID | str, version_number: int | None = None, *, use_draft: str | None = None
) -> BundleContents:
    """Return the files and links of a version or a draft, to be read when they are needed.

    Args:
        version_number: None for the latest one; a bundle without any has no files.
        use_draft: The name of a draft, as in :func:`get_bundle_files_dict`; only without a version.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        Invalid: Both a version and a draft are given.
        StorageError: The storage failed.
    """
    if version_number is not None and use_draft is not None:
        raise Invalid("Give a version or a draft, not both.")
    source = find_source(bundle_uuid, version_number, use_draft)
    if source.version is not None:
        bundle = source.version.bundle
    elif isinstance(source, DraftSource):
        bundle = source.draft.state.row.bundle
    else:
        bundle = find_bundle(source.bundle_uuid)
    return SourceContents(source, bundle)


def get_bundle_parts(
    bundle_uuid: UUID | str, version_number: int | None = None
) -> tuple[Part, ...] | None:
    """Return the parts of a version as the bundle's type finds them.

    Args:
        version_number: None for the latest one.

    Returns:
        The parts. None where the type has nothing to say; whoever asks may then look for itself.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        PluginError: A plugin that should be on can not be used.
        StorageError: The storage failed.
    """
    contents = get_bundle_contents(bundle_uuid, version_number)
    bundle_type = plugins(BundleType).get(contents.bundle_type)
    found = bundle_type.extract_parts(contents) if bundle_type is not None else None
    return tuple(found) if found is not None else None


def get_many_contents(targets: Iterable[LinkTarget]) -> dict[LinkTarget, BundleContents]:
    """Return the contents of many versions, with few statements however many they are.

    Manifests that are not cached are read several at a time. Versions of deleted bundles are there,
    since links lead to them.

    Args:
        targets: The versions, as links name them.

    Returns:
        Contents by target; those of versions that do not exist are left out.

    Raises:
        Invalid: Something else than links' targets is given.
        StorageError: The storage failed.
    """
    check_values("targets", targets)
    wanted = list(targets)
    for target in wanted:
        if not isinstance(target, LinkTarget):
            raise Invalid(f"Name versions as LinkTarget, not {target!r:.80}.")
    found = find_targets(wanted)
    with ThreadPoolExecutor(max_workers=_READERS) as pool:
        sources = pool.map(version_source, found.values())
        return {
            target: SourceContents(source, version.bundle)
            for (target, version), source in zip(found.items(), sources, strict=True)
        }
