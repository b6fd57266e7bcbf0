"""What imports and exports do, and whether a user may have that done.

Rights are judged when the work begins: a job that waited has the rights that its owner has then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import UUID

import attrs
from attrs import frozen
from django.core.exceptions import PermissionDenied

from openedx_blockstore import api, courses
from openedx_blockstore.data import ArchiveImportData, BundleImportData, Dependency
from openedx_blockstore.exceptions import BundleNotFound, CollectionNotFound, NotFound
from openedx_blockstore.models import Bundle, Collection
from openedx_blockstore.permissions import (
    Permission,
    User,
    check,
    is_staff,
    readable_bundles,
    reusable_bundles,
)

#: Is told how much is done, and how much there is to do, if that is known.
Report = Callable[[int, int | None], None]

# Databases bound the number of values in one statement.
_BATCH = 500


@frozen
class Work:
    """Something to do for a user.

    Attributes:
        kind: One of :class:`openedx_blockstore.models.Job.Kind`.
        arguments: As JSON has them.
        source: The archive that goes in, if one does.
        target: Where the archive that comes out goes, if one does.
    """

    user: User
    kind: str
    arguments: Mapping[str, Any]
    source: Path | None = None
    target: Path | None = None


def check_work(user: User, kind: str, arguments: Mapping[str, Any]) -> None:
    """Make sure that a user may have something done, as far as that can be told before.

    Raises:
        NotFound: It is about something that is not there, or not for this user.
        PermissionDenied: They may not.
    """
    if kind.startswith("import_"):
        _check_collection(user, arguments["collection_uuid"], "author")
    elif kind == "export_collection":
        _check_collection(user, arguments["collection_uuid"], "reuse")
    else:
        bundle = Bundle.objects.select_related("collection").filter(uuid=arguments["bundle_uuid"])
        row = bundle.first()
        if row is None:
            raise BundleNotFound(arguments["bundle_uuid"])
        try:
            check(user, "reuse", row.collection)
        except CollectionNotFound as error:
            raise BundleNotFound(arguments["bundle_uuid"]) from error


def _check_collection(user: User, uuid: str, permission: Permission) -> None:
    row = Collection.objects.filter(uuid=uuid).first()
    if row is None:
        raise CollectionNotFound(uuid)
    check(user, permission, row)


def do_work(work: Work, report: Report) -> dict[str, Any]:
    """Do it, and return what came of it, as JSON has it.

    Raises:
        BlockstoreError: It can not be done.
        PermissionDenied: The user may not have it done.
    """
    check_work(work.user, work.kind, work.arguments)
    return _WORK[work.kind](work, report)


# Imports -----------------------------------------------------------------------------------------


def _import_archive(work: Work, report: Report) -> dict[str, Any]:
    source = _given(work.source)
    dry_run = bool(work.arguments.get("dry_run"))
    # It is read twice: once to check everything, once to store what is not here yet.
    total = source.stat().st_size * (1 if dry_run else 2)
    with source.open("rb") as file:
        imported = api.import_archive(
            cast(BinaryIO, _Watched(file, total, report)),
            collection_uuid=work.arguments["collection_uuid"],
            dry_run=dry_run,
            known_contents=bool(work.arguments.get("known_contents")),
            may_link=lambda uuids: _among(reusable_bundles(work.user), uuids),
        )
    report(total, total)
    return _show_import(imported)


def _show_import(imported: ArchiveImportData) -> dict[str, Any]:
    return {
        "dry_run": imported.dry_run,
        "bundles": [_show_bundle(bundle) for bundle in imported.bundles],
        "roots": [_show_bundle(bundle) for bundle in imported.roots],
        "skipped": _show_skipped(imported.skipped),
        "findings": [attrs.asdict(finding) for finding in imported.findings],
    }


def _show_bundle(bundle: BundleImportData) -> dict[str, Any]:
    return {
        "bundle_uuid": str(bundle.bundle_uuid),
        "version": bundle.version,
        "title": bundle.title,
        "created": bundle.created,
        "bundle_created": bundle.bundle_created,
        "origin_uuid": str(bundle.origin_uuid) if bundle.origin_uuid is not None else None,
        "origin_version": bundle.origin_version,
        "skipped": _show_skipped(bundle.skipped),
        "findings": [attrs.asdict(finding) for finding in bundle.findings],
    }


def _show_skipped(skipped: Iterable[Any]) -> list[dict[str, str]]:
    return [{"path": entry.path, "reason": entry.reason} for entry in skipped]


def _import_course(work: Work, report: Report) -> dict[str, Any]:
    imported = courses.import_course(
        _given(work.source),
        collection_uuid=work.arguments["collection_uuid"],
        dry_run=bool(work.arguments.get("dry_run")),
        progress=lambda done, total, _what: report(done, total),
    )
    return imported.to_dict()


# Exports -----------------------------------------------------------------------------------------


def _export_bundle(work: Work, report: Report) -> dict[str, Any]:
    uuid, number = work.arguments["bundle_uuid"], work.arguments["version"]
    deep = bool(work.arguments.get("with_dependencies"))
    dependencies = api.get_dependencies(uuid, number)
    named = {link.direct.bundle_uuid for link in dependencies.links.values()}
    named |= {dependency.bundle_uuid for dependency in dependencies.dependencies}
    _require(work.user, named, reuse=deep)
    total = api.get_size(uuid, number, with_dependencies=deep).bytes
    exported = api.export_bundle(
        uuid,
        number,
        to=_given(work.target),
        with_dependencies=deep,
        transforms=work.arguments.get("transforms", ()),
        progress=_adding(report, total),
    )
    return {"bundle_versions": len(exported.bundle_versions), "files": exported.files}


def _export_collection(work: Work, report: Report) -> dict[str, Any]:
    exported = api.export_collection(
        work.arguments["collection_uuid"],
        work.arguments.get("bundles"),
        to=_given(work.target),
        transforms=work.arguments.get("transforms", ()),
        progress=_adding(report, None),
    )
    try:
        _require(work.user, _bundles_of(exported.bundle_versions), reuse=True)
    except PermissionDenied:
        _given(work.target).unlink()
        raise
    return {"bundle_versions": len(exported.bundle_versions), "files": exported.files}


def _export_course(work: Work, report: Report) -> dict[str, Any]:
    uuid, number = work.arguments["bundle_uuid"], work.arguments["version"]
    dependencies = api.get_dependencies(uuid, number)
    _require(work.user, _bundles_of(dependencies.dependencies), reuse=True)
    exported = courses.export_course(
        uuid,
        number,
        to=_given(work.target),
        progress=lambda done, total, _what: report(done, total),
    )
    return {
        "files": exported.files,
        "findings": [str(finding) for finding in exported.findings],
    }


def _bundles_of(dependencies: Iterable[Dependency]) -> set[UUID]:
    return {dependency.bundle_uuid for dependency in dependencies}


def _require(user: User, uuids: set[UUID], *, reuse: bool) -> None:
    """Make sure that a user may read (or copy) everything that an export would name (or hold).

    Raises:
        PermissionDenied: They may not. Nothing is said of what it is.
    """
    if is_staff(user):
        return
    rows = reusable_bundles(user) if reuse else readable_bundles(user)
    if len(_among(rows, uuids)) < len(uuids):
        raise PermissionDenied(
            "It depends on bundles that need a role on their collections; only those who have one "
            "can export it."
        )


def _among(rows: Any, uuids: Iterable[UUID]) -> set[UUID]:
    wanted = sorted(uuids)
    return {
        uuid
        for start in range(0, len(wanted), _BATCH)
        for uuid in rows.filter(uuid__in=wanted[start : start + _BATCH]).values_list(
            "uuid", flat=True
        )
    }


def _given(path: Path | None) -> Path:
    if path is None:
        raise NotFound("The archive is not there.")
    return path


def _adding(report: Report, total: int | None) -> Callable[[int], None]:
    done = 0

    def add(count: int) -> None:
        nonlocal done
        done += count
        report(done, total)

    return add


class _Watched:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, total: int, report: Report) -> None:
        self._file = file
        self._total = total
        self._report = report
        self._done = 0
        self.name = os.path.basename(file.name)  # noqa: PTH119  (an archive is called like its file)

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._done += len(data)
        self._report(min(self._done, self._total), self._total)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


_WORK: Mapping[str, Callable[[Work, Report], dict[str, Any]]] = {
    "import_archive": _import_archive,
    "import_course": _import_course,
    "export_bundle": _export_bundle,
    "export_collection": _export_collection,
    "export_course": _export_course,
}
