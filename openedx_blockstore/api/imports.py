"""Imports: archives become bundles and versions, all of an archive or nothing of it.

An archive is read twice: once to check everything in it, and once to store what is not here yet.
Between the two it is decided what becomes of each bundle version; see :mod:`._import_plan`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import BinaryIO, cast
from uuid import UUID

from attrs import frozen

from openedx_blockstore.api._annotation_parts import part_names
from openedx_blockstore.api._import_lookup import MayLink
from openedx_blockstore.api._import_plan import (
    TreePlan,
    contents_to_store,
    plan_import,
)
from openedx_blockstore.api._import_rows import (
    FindingsByTree,
    ImportWork,
    PlanOutdatedError,
    carry_out,
)
from openedx_blockstore.api._import_validation import (
    Archive,
    findings_of,
    unpacked,
    validate_plans,
    wants_validation,
)
from openedx_blockstore.api._known_contents import KnownContent, locate_contents
from openedx_blockstore.api._lookup import find_collection
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._validation import NO_FINDINGS, refuse_errors
from openedx_blockstore.archives import (
    PLUGINS_FOLDER,
    ArchiveReader,
    ArchiveSource,
    ArchiveTrees,
    ScannedFile,
    find_trees,
    open_archive,
    scan_archive,
)
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import (
    ArchiveImportData,
    BundleImportData,
    Finding,
    SkippedEntry,
)
from openedx_blockstore.exceptions import InvalidArchive, VersionConflict
from openedx_blockstore.models import Collection

_ATTEMPTS = 4
_CHANGED = "it changed while it was read"


def import_bundle(
    from_: ArchiveSource, *, collection_uuid: UUID | str, dry_run: bool = False
) -> BundleImportData:
    """Import an archive of a single bundle version; otherwise as :func:`import_archive`.

    Raises:
        InvalidArchive: It holds more than one; and what :func:`import_archive` raises.
    """
    collection = find_collection(collection_uuid)
    with open_archive(from_) as reader:
        source = _read(reader)
        if len(source.found.trees) != 1:
            raise InvalidArchive(
                f"it holds {len(source.found.trees)} bundle versions; import_bundle takes one, "
                f"and import_archive any number"
            )
        return _import(source, collection, dry_run=dry_run).bundles[0]


def import_archive(
    from_: ArchiveSource,
    *,
    collection_uuid: UUID | str,
    dry_run: bool = False,
    may_link: MayLink | None = None,
    known_contents: bool = False,
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
        may_link: Is given the UUIDs of bundles in other collections that the archive names, and
            returns those that may be linked to; the others are as if they were not here. None for
            all.
        known_contents: Contents that the archive lists, but does not hold, are taken from versions
            that the collection has of the same bundles; :func:`find_known_contents` tells which.

    Raises:
        CollectionNotFound: There is no such collection.
        ImportRefused: Validators found errors in it. Nothing was made; a dry run returns them.
        PluginError, PluginFailed: A validator can not be used, or failed.
        InvalidArchive: The archive is damaged or not to be trusted, contradicts itself, or links to
            what is neither in it nor here. Nothing was made.
        InvalidLink, LinkCycle, LimitExceeded: It is too large, or holds what no version may hold.
        StorageError: The storage failed.
        VersionConflict: Others kept changing the same bundles.
        OSError: The archive can not be read.
    """
    collection = find_collection(collection_uuid)
    with open_archive(from_) as reader:
        source = _read(reader, collection if known_contents else None)
        return _import(source, collection, dry_run=dry_run, may_link=may_link)


@frozen(eq=False)
class _Source(Archive):
    """An archive that was read once and found to be in order."""

    found: ArchiveTrees


def _read(reader: ArchiveReader, collection: Collection | None = None) -> _Source:
    """Read an archive.

    Args:
        collection: Where to look for contents that it lists, but does not hold; None for nowhere.
    """
    scan = scan_archive(reader, plugins=part_names())
    known: dict[str, KnownContent] = {}

    def locate(wanted: Mapping[UUID, set[str]]) -> Mapping[str, ScannedFile]:
        if collection is not None:
            known.update(locate_contents(collection, wanted))
        return {digest: ScannedFile(digest, content.size) for digest, content in known.items()}

    found = find_trees(
        scan,
        max_path_length=get_settings().MAX_PATH_LENGTH,
        known=locate if collection is not None else None,
    )
    digests = {path: file.digest for path, file in scan.files.items()}
    return _Source(reader, digests, known, found)


def _import(
    source: _Source,
    collection: Collection,
    *,
    dry_run: bool,
    may_link: MayLink | None = None,
) -> ArchiveImportData:
    new_uuids: dict[UUID, UUID] = {}
    stored: set[tuple[UUID, str]] = set()
    reused: set[tuple[UUID, str]] = set()
    for attempt in range(1, _ATTEMPTS + 1):
        plans = plan_import(collection, source.found, new_uuids, may_link)
        if dry_run:
            return _result(source.found, plans, _try_out(source, plans), dry_run=True)
        reused |= _store_contents(source, contents_to_store(plans, stored))
        findings = validate_plans(plans)
        refuse_errors(findings_of(plans, findings))
        work = ImportWork(collection, source.found, plans, reused, findings)
        try:
            carry_out(work)
        except PlanOutdatedError as error:
            if attempt == _ATTEMPTS:
                raise VersionConflict(error.bundle_uuid, attempt) from error
        else:
            return _result(source.found, plans, findings, dry_run=False, annotated=work)
    raise AssertionError("the last attempt returns or raises")


def _try_out(source: _Source, plans: list[TreePlan]) -> FindingsByTree:
    """Return what validators say of what would be made."""
    if not wants_validation(plans):
        return {}
    with unpacked(source, plans) as opener:
        return validate_plans(plans, opener)


# Contents ----------------------------------------------------------------------------------------


def _store_contents(source: _Source, wanted: Mapping[str, list[UUID]]) -> set[tuple[UUID, str]]:
    """Store contents with bundles, each from its first place in the archive.

    Args:
        wanted: The bundles by digest.

    Returns:
        The bundles and digests that were not written, since the storage had them.
    """
    reused: set[tuple[UUID, str]] = set()
    if not wanted:
        return reused
    left = dict(wanted)
    for entry in source.reader.entries():
        digest = source.digests.get(entry.path, "")
        if entry.kind != "file" or digest not in left:
            continue
        with entry.open() as file:
            reused |= _store_content(file, digest, left.pop(digest), path=entry.path)
    for digest in [digest for digest in left if digest in source.known]:
        reused |= _reuse_content(source.known[digest], digest, left.pop(digest))
    if left:
        raise InvalidArchive(_CHANGED)
    for bundle_uuid in {bundle_uuid for bundles in wanted.values() for bundle_uuid in bundles}:
        get_store().sync_blobs(bundle_uuid)
    return reused


def _reuse_content(
    content: KnownContent, digest: str, bundles: list[UUID]
) -> set[tuple[UUID, str]]:
    """Store a content that is here already with those bundles that do not have it."""
    reused = {(uuid, digest) for uuid in bundles if uuid == content.bundle_uuid}
    others = [uuid for uuid in bundles if uuid != content.bundle_uuid]
    if others:
        blob = get_store().open_blob(content.bundle_uuid, digest, content.size)
        with contextlib.closing(blob):
            reused |= _store_content(cast(BinaryIO, blob), digest, others, path=digest)
    return reused


def _store_content(
    file: BinaryIO, digest: str, bundles: list[UUID], *, path: str
) -> set[tuple[UUID, str]]:
    first, *others = bundles
    stored = {first: get_store().put_blob(first, file)}
    if stored[first].digest != digest:
        raise InvalidArchive(_CHANGED, entry=path)
    for other in others:
        with contextlib.closing(get_store().open_blob(first, digest, stored[first].size)) as blob:
            stored[other] = get_store().put_blob(other, cast(BinaryIO, blob))
    return {(bundle_uuid, digest) for bundle_uuid, blob in stored.items() if blob.reused}


# Result ------------------------------------------------------------------------------------------


def _result(
    found: ArchiveTrees,
    plans: Iterable[TreePlan],
    findings: FindingsByTree,
    *,
    dry_run: bool,
    annotated: ImportWork | None = None,
) -> ArchiveImportData:
    bundles = {plan.tree.key: _bundle_result(plan, findings, annotated) for plan in plans}
    return ArchiveImportData(
        bundles=tuple(bundles.values()),
        roots=tuple(bundles[root] for root in found.roots),
        skipped=found.skipped,
        dry_run=dry_run,
        findings=annotated.collection_findings if annotated is not None else (),
    )


def _bundle_result(
    plan: TreePlan, findings: FindingsByTree, annotated: ImportWork | None
) -> BundleImportData:
    info = plan.tree.info
    key = plan.tree.key
    by_hand = plan.tree.state == "hand"
    told: tuple[Finding, ...] = ()
    skipped = (*plan.tree.skipped, *plan.dropped)
    if annotated is not None:
        told = annotated.part_findings.get(key, ())
        if plan.tree.parts and not annotated.owns(plan):
            reason = f"bundle {plan.bundle.uuid} is in another collection"
            skipped = (*skipped, SkippedEntry(PLUGINS_FOLDER, reason))
    return BundleImportData(
        bundle_uuid=plan.bundle.uuid,
        version=plan.version,
        title=info.title,
        created=plan.created,
        bundle_created=plan.bundle.row is None,
        origin_uuid=None if by_hand else info.uuid,
        origin_version=None if by_hand else info.version,
        skipped=skipped,
        findings=(*findings.get(key, NO_FINDINGS).findings, *told),
    )
