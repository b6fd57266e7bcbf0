"""Copies of bundles, which go on saying whose work they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import BinaryIO, cast
from uuid import UUID

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, BundleVersionData, EventTarget, LinkTarget
from openedx_blockstore.exceptions import BlockstoreError, BundleVersionNotFound
from openedx_blockstore_licensing._writing import lock_bundle, writing
from openedx_blockstore_licensing.attribution import add_derivation, content_digest, credits_of
from openedx_blockstore_licensing.licenses import NOASSERTION
from openedx_blockstore_licensing.licensing import carry_licenses, notify, resolve_version
from openedx_blockstore_licensing.stored import read_versions


def copy_bundle(
    bundle_uuid: UUID | str,
    version: int | None,
    collection_uuid: UUID | str,
    *,
    title: str | None = None,
    actor: str = "",
) -> BundleData:
    """Make a new bundle with the files and links of a version, and write down whose work it is.

    The copy is under the licences of the original, whatever its new collection has. Files are
    streamed, one after the other; nothing of the original has to be there afterwards.

    Args:
        version: The version to copy; None for the latest one.
        title: What the copy is called; None for the title of the original.
        actor: The name of the user who copies it.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version, or none at all.
        CollectionNotFound: There is no such collection.
        Invalid: The title is not possible, or a version like this is not possible any more: a
            bundle that it links to may have been deleted.
        StorageError: The storage failed.
    """
    key = resolve_version(bundle_uuid, version)
    original = blockstore.get_bundle_version(*key)
    if original is None:
        raise BundleVersionNotFound(*key)
    bundle = blockstore.get_bundle(key[0])
    copy = _begin(bundle, original, collection_uuid, title)
    try:
        blockstore.import_version(
            copy.uuid,
            {path: _opener(original, path) for path in original.files},
            {
                alias: LinkTarget(link.direct.bundle_uuid, link.direct.version, link.weak)
                for alias, link in original.links.items()
            },
            public=[path for path, file in original.files.items() if file.public],
            change_description=f"Copied from “{bundle.title}” ({original.bundle_uuid}, "
            f"version {original.version})",
            author=actor,
        )
    except BaseException:
        _give_up(copy)
        raise
    return blockstore.get_bundle(copy.uuid)


def _begin(
    bundle: BundleData, original: BundleVersionData, collection_uuid: UUID | str, title: str | None
) -> BundleData:
    """Make the bundle, and say what it will hold before it holds it."""
    key = (original.bundle_uuid, original.version)
    found = read_versions([key])
    if key not in found:
        raise BundleVersionNotFound(*key)
    license_ = found[key].license
    with writing():
        copy = blockstore.create_bundle(
            collection_uuid,
            bundle.slug,
            bundle.title if title is None else title,
            bundle.description,
            type=bundle.type,
        )
        row = lock_bundle(copy.uuid)
        add_derivation(
            row,
            credits_of(found)[key],
            kind="copy",
            first_version=1,
            digest=content_digest(original),
        )
        carry_licenses(
            row,
            license_.expression or NOASSERTION,
            license_.paths,
            first_version=1,
            source="copy",
        )
        notify(EventTarget("bundle", copy.uuid))
    return copy


def _opener(version: BundleVersionData, path: str) -> Callable[[], BinaryIO]:
    # A context manager that gives the open file, which is what the core asks for.
    return cast(Callable[[], BinaryIO], partial(blockstore.open_version_file, version, path))


def _give_up(copy: BundleData) -> None:
    try:
        blockstore.delete_bundle(copy.uuid)
    except BlockstoreError:
        return  # what went wrong before is what the caller should hear of
