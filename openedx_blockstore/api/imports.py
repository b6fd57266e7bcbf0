"""Imports: archives become bundles and versions, all of an archive or nothing of it.

An archive is read twice: once to check everything in it, and once to store what is not here yet.
Between the two it is decided what becomes of each bundle version; see :mod:`._import_plan`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import BinaryIO, cast
from uuid import UUID

from openedx_blockstore.api._import_plan import (
    BundlePlan,
    contents_to_store,
    plan_import,
)
from openedx_blockstore.api._lookup import find_collection
from openedx_blockstore.api._store import get_store
from openedx_blockstore.archives import (
    ArchiveReader,
    ArchiveSource,
    ArchiveTrees,
    find_trees,
    open_archive,
    scan_archive,
)
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import ArchiveImportData, BundleImportData
from openedx_blockstore.exceptions import InvalidArchive, VersionConflict
from openedx_blockstore.models import Collection

_ATTEMPTS = 4


def import_bundle(
    from_: ArchiveSource, *, collection_uuid: UUID | str, dry_run: bool = False
) -> BundleImportData:
    """Import an archive of a single bundle version; otherwise as :func:`import_archive`.

    Raises:
        InvalidArchive: It holds more than one; and what :func:`import_archive` raises.
    """
    collection = find_collection(collection_uuid)
    with open_archive(from_) as reader:
        found = _read(reader)
        if len(found.trees) != 1:
            raise InvalidArchive(
                f"it holds {len(found.trees)} bundle versions, and one is expected here"
            )
        return _import(reader, found, collection, dry_run=dry_run).bundles[0]


def import_archive(
    from_: ArchiveSource, *, collection_uuid: UUID | str, dry_run: bool = False
) -> ArchiveImportData:
    """Import all bundle versions of an archive.

    A bundle keeps its UUID if that is free, or has it in this collection already; otherwise a new
    bundle is made, whose origin tells which one it was. What is here already makes no version, so
    importing the same archive again changes nothing. Links lead to what became of their targets: in
    the archive, or in an earlier import. Drafts are never touched.

    An archive without metadata, as one makes by packing a folder of files, becomes a new bundle.

    Args:
        from_: The path of an archive, or a binary file, which stays open.
        collection_uuid: Where new bundles go.
        dry_run: Check everything and tell what would happen, but store nothing.

    Raises:
        CollectionNotFound: There is no such collection.
        InvalidArchive: The archive is damaged or not to be trusted, contradicts itself, or links to
            what is neither in it nor here. Nothing was made.
        InvalidLink, LinkCycle, LimitExceeded: It is too large, or holds what no version may hold.
        StorageError: The storage failed.
        VersionConflict: Others kept changing the same bundles.
        OSError: The archive can not be read.
    """
    collection = find_collection(collection_uuid)
    with open_archive(from_) as reader:
        return _import(reader, _read(reader), collection, dry_run=dry_run)


def _read(reader: ArchiveReader) -> ArchiveTrees:
    scan = scan_archive(reader)
    return find_trees(scan, max_path_length=get_settings().MAX_PATH_LENGTH)


def _import(
    reader: ArchiveReader, found: ArchiveTrees, collection: Collection, *, dry_run: bool
) -> ArchiveImportData:
    new_uuids: dict[UUID, UUID] = {}
    for _ in range(_ATTEMPTS):
        plans = plan_import(collection, found.trees, new_uuids)
        if dry_run:
            return _result(found, plans, dry_run=True)
        if wanted := contents_to_store(plans):
            _store_contents(reader, wanted)
        with contextlib.suppress(_PlanOutdatedError):
            _carry_out(collection, plans)
            return _result(found, plans, dry_run=False)
    raise VersionConflict(plans[-1].bundle.uuid, _ATTEMPTS)


# Contents ----------------------------------------------------------------------------------------


def _store_contents(reader: ArchiveReader, wanted: Mapping[str, list[BundlePlan]]) -> None:
    """Store the files whose digests are wanted, each from its first place in the archive."""
    left = dict(wanted)
    digests = _digests_by_path(reader, wanted)
    for entry in reader.entries():
        digest = digests.get(entry.path)
        if entry.kind != "file" or digest is None or digest not in left:
            continue
        first, *others = left.pop(digest)
        with entry.open() as source:
            stored = get_store().put_blob(first.uuid, source)
        if stored.digest != digest:
            raise InvalidArchive("it changed while it was read", entry=entry.path)
        for other in others:
            blob = get_store().open_blob(first.uuid, digest, stored.size)
            with contextlib.closing(blob):
                get_store().put_blob(other.uuid, cast(BinaryIO, blob))
    for bundle_uuid in {bundle.uuid for bundles in wanted.values() for bundle in bundles}:
        get_store().sync_blobs(bundle_uuid)
