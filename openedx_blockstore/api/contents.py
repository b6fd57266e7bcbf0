"""The files of one state of a bundle in the form in which plugins read them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from openedx_blockstore.api._draft_views import (
    DraftState,
    DraftView,
    find_changed_drafts,
    read_drafts,
)
from openedx_blockstore.api._lookup import find_bundle, find_targets, find_version
from openedx_blockstore.api._sources import (
    Source,
    SourceContents,
    version_contents,
    version_source,
)
from openedx_blockstore.api._values import check_moment, check_values
from openedx_blockstore.api.files import DraftSource, find_source
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.plugin_api import BundleContents, BundleType, Part
from openedx_blockstore.plugin_manager import plugins
from openedx_blockstore.store import EMPTY_TREE

#: Manifests that are read from the storage at a time.
_READERS = 8


def get_bundle_contents(
    bundle_uuid: UUID | str,
    version_number: int | None = None,
    *,
    use_draft: str | None = None,
    as_of: datetime | None = None,
) -> BundleContents:
    """Return the files and links of a version or a draft, to be read when they are needed.

    Args:
        version_number: None for the latest one; a bundle without any has no files.
        use_draft: The name of a draft, as in :func:`get_bundle_files_dict`; only without a version.
        as_of: A moment with a time zone: the version that was the latest then, or nothing where
            there was none yet; only without a version and a draft.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        Invalid: More than one of version, draft and moment is given; or the moment is none.
        StorageError: The storage failed.
    """
    if [version_number, use_draft, as_of].count(None) < 2:  # noqa: PLR2004 - all but one
        raise Invalid("Give one of a version, a draft and a moment.")
    if as_of is not None:
        check_moment("as_of", as_of)
        version = find_version(bundle_uuid, None, as_of=as_of)
        if version is not None:
            return version_contents(version)
        bundle = find_bundle(bundle_uuid)
        return SourceContents(Source(bundle.uuid, EMPTY_TREE), bundle)
    source = find_source(bundle_uuid, version_number, use_draft)
    if source.version is not None:
        return version_contents(source.version)
    if isinstance(source, DraftSource):
        return _draft_contents(source.draft)
    return SourceContents(source, find_bundle(source.bundle_uuid))


def get_changed_draft_contents(
    bundle_uuids: Iterable[UUID], draft_name: str
) -> dict[UUID, BundleContents]:
    """Return what the drafts of a name show of many bundles, with two statements.

    Args:
        bundle_uuids: The bundles; those that there are not are left out.

    Returns:
        Contents by bundle, of those that have such a draft in which something is staged.

    Raises:
        Invalid: Something else than UUIDs is given.
        StorageError: The storage failed.
    """
    check_values("bundle_uuids", bundle_uuids)
    wanted: set[UUID] = set()
    for each in bundle_uuids:
        if not isinstance(each, UUID):
            raise Invalid(f"Name bundles by their UUIDs, not {each!r:.80}.")
        wanted.add(each)
    states = find_changed_drafts(wanted, draft_name)
    if not states:
        return {}
    with ThreadPoolExecutor(max_workers=_READERS) as pool:
        # What is read several at a time here is in the cache below.
        list(pool.map(DraftState.base_tree, states))
    return {view.state.row.bundle.uuid: _draft_contents(view) for view in read_drafts(states)}


def _draft_contents(view: DraftView) -> BundleContents:
    row = view.state.row
    return SourceContents(
        DraftSource(row.bundle.uuid, view.tree, draft=view), row.bundle, draft_uuid=row.uuid
    )


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
