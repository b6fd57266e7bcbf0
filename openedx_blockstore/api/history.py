"""What changed: in one version, between two, and over the life of a path."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from openedx_blockstore.api._changes import file_changes, link_changes
from openedx_blockstore.api._lookup import find_version, read_manifest, require_version
from openedx_blockstore.data import BundleChanges, FileHistoryEntry
from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.models import BundleVersion
from openedx_blockstore.store import EMPTY_TREE, FileEntry, RemovedEntry, Tree, normalize_path


def get_bundle_version_changes(bundle_uuid: UUID | str, version_number: int) -> BundleChanges:
    """Return what a version changed, compared with the one before.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        StorageError: The storage failed.
    """
    version = require_version(bundle_uuid, version_number)
    before = find_version(bundle_uuid, version.version_num - 1)
    return _compare(version.bundle.uuid, before, version)


def diff_versions(bundle_uuid: UUID | str, from_version: int, to_version: int) -> BundleChanges:
    """Return what differs between two versions of a bundle, in either direction.

    Args:
        from_version: The state before; 0 stands for "nothing yet".
        to_version: The state afterwards; 0 as well.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        StorageError: The storage failed.
    """
    before = find_version(bundle_uuid, from_version)
    after = find_version(bundle_uuid, to_version)
    known = after or before
    uuid = known.bundle.uuid if known is not None else UUID(str(bundle_uuid))
    return _compare(uuid, before, after)


def _compare(
    bundle_uuid: UUID, before: BundleVersion | None, after: BundleVersion | None
) -> BundleChanges:
    old, new = _tree(before), _tree(after)
    return BundleChanges(
        bundle_uuid=bundle_uuid,
        from_version=before.version_num if before is not None else 0,
        to_version=after.version_num if after is not None else 0,
        files=file_changes(old, new),
        links=link_changes(old, new),
    )


def _tree(version: BundleVersion | None) -> Tree:
    return read_manifest(version).tree() if version is not None else EMPTY_TREE


def get_file_history(bundle_uuid: UUID | str, path: str) -> list[FileHistoryEntry]:
    """Return the versions that changed a path, the newest first.

    Only the manifests of those versions are read. A path that was removed, or removed and made
    again, has its history as well.

    Raises:
        BundleNotFound: There is no such bundle.
        InvalidPath: There can be no such path.
        BundleFileNotFound: No version up to the latest one ever had it.
        StorageError: The storage failed.
    """
    normalized = normalize_path(path)
    latest = find_version(bundle_uuid, None)
    entry = _entry(latest, normalized)
    if latest is None or entry is None:
        raise BundleFileNotFound(bundle_uuid, path)
    steps = _walk(latest, normalized, entry)
    rows = {
        row.version_num: row
        for row in BundleVersion.objects.filter(
            bundle_id=latest.bundle_id, version_num__in=[number for number, _ in steps]
        )
    }
    older = [entry for _, entry in steps[1:]] + [None]
    return [
        _history_entry(rows.get(number), number, entry, before)
        for (number, entry), before in zip(steps, older, strict=True)
    ]


_Entry = FileEntry | RemovedEntry


def _entry(version: BundleVersion | None, path: str) -> _Entry | None:
    if version is None:
        return None
    manifest = read_manifest(version)
    return manifest.files.get(path) or manifest.removed.get(path)


# The changes that the latest version tells of: the last one, and the one before.
_FIRST_STEPS = 2


def _walk(
    latest: BundleVersion, path: str, entry: FileEntry | RemovedEntry
) -> list[tuple[int, _Entry | None]]:
    """Return the numbers of the versions that changed a path, with what each says of it.

    The manifests name each other by number, and are found by digest. Where there were more than two
    changes, a second statement fetches all digests there could be need of.

    Args:
        entry: What the latest version says of it.
    """
    versions = BundleVersion.objects.filter(bundle_id=latest.bundle_id)
    digests = _digests(versions.filter(version_num__in=[entry.since, entry.before or 0]))
    steps: list[tuple[int, _Entry | None]] = []
    number: int | None = entry.since
    while number is not None:
        if len(steps) == _FIRST_STEPS:
            digests = _digests(versions.filter(version_num__lte=number))
        version = None
        if number in digests:
            version = BundleVersion(
                bundle=latest.bundle, version_num=number, manifest_digest=digests[number]
            )
        found = _entry(version, path)
        steps.append((number, found))
        number = found.before if found is not None else None
    return steps


def _digests(versions: QuerySet[BundleVersion]) -> dict[int, str]:
    return dict(versions.values_list("version_num", "manifest_digest"))


def _history_entry(
    row: BundleVersion | None, number: int, entry: _Entry | None, older: _Entry | None
) -> FileHistoryEntry:
    if row is None or entry is None:
        return FileHistoryEntry(number, "gap")
    file = entry if isinstance(entry, FileEntry) else None
    again = entry.before is None or isinstance(older, RemovedEntry)
    return FileHistoryEntry(
        version=number,
        kind="removed" if file is None else "added" if again else "modified",
        digest=file.digest if file is not None else None,
        size=file.size if file is not None else None,
        change_description=row.change_description,
        author=row.author,
        created_at=row.created,
    )
