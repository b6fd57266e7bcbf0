"""Importing a course: reading, planning, and storing only what is not there yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, cast
from uuid import UUID

from attrs import define

from openedx_blockstore import api
from openedx_blockstore.conf import get_settings
from openedx_blockstore.courses.data import BundleOutcome, CourseImportReport, FilePlace
from openedx_blockstore.courses.findings import FindingCollector
from openedx_blockstore.courses.identity import BlockKey, make_slug
from openedx_blockstore.courses.known import KnownCourse, find_course
from openedx_blockstore.courses.loader import read_identity
from openedx_blockstore.courses.placing import PlacingLimits
from openedx_blockstore.courses.plan import CoursePlan, ExportFile, PlannedBundle, PlannedLink
from openedx_blockstore.courses.planning import plan_import
from openedx_blockstore.courses.reader import CourseExport, open_export
from openedx_blockstore.courses.validating import CourseFindings, Expected
from openedx_blockstore.data import (
    BundleData,
    BundleVersionData,
    FileSource,
    ImportFindings,
    LinkTarget,
)
from openedx_blockstore.exceptions import BundleExists, CollectionNotFound
from openedx_blockstore.plugin_api import ImportValidator
from openedx_blockstore.plugin_manager import plugins

#: Called with how many steps are done, how many there are, and what was done.
Progress = Callable[[int, int, str], None]

#: Stands for a bundle that a dry run would make.
_NOT_YET = UUID(int=0)


def import_course(
    from_: str | os.PathLike[str],
    *,
    collection_uuid: UUID | str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> CourseImportReport:
    """Import a course or library from an OLX export.

    Only what is not in the collection yet is stored, so an import that was interrupted can simply
    be run again, and importing the same course twice changes nothing.

    Args:
        from_: The export: a folder, a ``.tar.gz`` or a ``.zip``.
        collection_uuid: The collection; None for the one that has this course already, or else a
            new one.
        dry_run: Store nothing, and report what would be done.
        progress: Called after every bundle.

    Raises:
        InvalidArchive: It is no export, or its root can not be read.
        CollectionNotFound: There is no such collection.
        ImportRefused: Plugins that validate found errors. Nothing was made; a dry run returns them.
        PluginError, PluginFailed: Such a plugin can not be used, or failed.
        LimitExceeded: The export, or something in it, is larger than the settings allow.
        StorageError: The storage failed.
    """
    collection = _parse_collection(collection_uuid)
    findings = FindingCollector()
    with open_export(from_, findings) as export:
        org, course, run = read_identity(export)
        kind = export.root_file.removesuffix(".xml")
        known = find_course(kind, org, course, run, collection)
        plan = plan_import(export, known.previous, configured_limits(), findings)
        make = partial(_Storing, export, plan, known, Path(from_).name)
        storing = make(dry_run=True)
        validated: Mapping[BlockKey, ImportFindings] = {}
        if dry_run or plugins(ImportValidator):
            storing.store_all(progress if dry_run else None)
            found = CourseFindings(export, plan, storing.expected())
            findings.supersede(found.findings())
            validated = found.by_bundle
            if not dry_run:
                found.refuse_errors()
        if not dry_run:
            if known.collection_uuid is None:
                known.collection_uuid = api.create_collection(_short(plan.title)).uuid
            storing = make(dry_run=False, validated=validated)
            storing.store_all(progress)
    return CourseImportReport(
        collection_uuid=known.collection_uuid,
        course_bundle_uuid=storing.states[plan.course.key].reported_uuid,
        created=storing.outcomes("created"),
        updated=storing.outcomes("updated"),
        unchanged=storing.outcomes("unchanged"),
        files=storing.places(),
        findings=findings.sorted(),
        dry_run=dry_run,
    )


def _parse_collection(collection_uuid: UUID | str | None) -> UUID | None:
    if collection_uuid is None:
        return None
    try:
        parsed = UUID(str(collection_uuid))
    except ValueError as error:
        raise CollectionNotFound(collection_uuid) from error
    return api.get_collection(parsed).uuid


def configured_limits() -> PlacingLimits:
    """Return how large the settings let bundles and courses become."""
    settings = get_settings()
    max_files = {each.name: each.max_files for each in api.get_bundle_types()}
    max_files[""] = settings.MAX_FILES
    return PlacingLimits(max_files=max_files, max_bundles=settings.MAX_DEPENDENCIES)


def _short(title: str) -> str:
    """Return as much of a title as may be stored."""
    return title[: get_settings().MAX_TITLE_LENGTH]


@define
class _State:
    """What became of one planned bundle."""

    uuid: UUID
    version: int
    result: str

    @property
    def reported_uuid(self) -> UUID | None:
        return None if self.uuid == _NOT_YET else self.uuid


class _Storing:
    """Stores the bundles of a plan, lenders first."""

    def __init__(
        self,
        export: CourseExport,
        plan: CoursePlan,
        known: KnownCourse,
        name: str,
        *,
        dry_run: bool,
        validated: Mapping[BlockKey, ImportFindings] = MappingProxyType({}),
    ) -> None:
        self._validated = validated
        self._export = export
        self._plan = plan
        self._known = known
        self._name = name
        self._dry_run = dry_run
        self._by_key = {bundle.key: bundle for bundle in plan.bundles}
        self._digests: dict[str, str] = {}
        self._versions: dict[tuple[UUID, int], BundleVersionData] = {}
        self.states: dict[BlockKey, _State] = {}

    def store_all(self, progress: Progress | None) -> None:
        existing: Mapping[str, BundleData] = {}
        if self._known.collection_uuid is not None:
            existing = api.get_bundles_by_origin(
                self._known.collection_uuid, [bundle.origin for bundle in self._plan.bundles]
            )
        if not self._dry_run and self._plan.course.origin not in existing:
            # First of all, so that an import that is interrupted is found again.
            made = self._create(self._plan.course)
            existing = {**existing, self._plan.course.origin: made}
        total = len(self._plan.bundles)
        for number, bundle in enumerate(self._plan.bundles, start=1):
            self.states[bundle.key] = self._store(bundle, existing.get(bundle.origin))
            if progress is not None:
                progress(number, total, bundle.title)

    def expected(self) -> dict[BlockKey, Expected]:
        """Return what became of the bundles, as something that is still to happen."""
        return {
            key: Expected(state.reported_uuid, state.version, state.result != "unchanged")
            for key, state in self.states.items()
        }

    def outcomes(self, result: str) -> tuple[BundleOutcome, ...]:
        """Return the bundles with this result, in the order in which they were stored."""
        return tuple(
            BundleOutcome(
                state.reported_uuid, bundle.origin, bundle.type, bundle.title, state.version
            )
            for bundle in self._plan.bundles
            if (state := self.states[bundle.key]).result == result
        )

    def places(self) -> dict[str, FilePlace | None]:
        """Return where each file of the export is."""
        places: dict[str, FilePlace | None] = {
            file: FilePlace(self.states[key].reported_uuid, path, self._by_key[key].origin)
            for file, (key, path) in self._plan.places.items()
        }
        places.update(dict.fromkeys(self._export.left_out))
        return dict(sorted(places.items()))

    # One bundle ----------------------------------------------------------------------------------

    def _store(self, bundle: PlannedBundle, found: BundleData | None) -> _State:
        if found is not None and found.deleted_at is not None:
            if self._dry_run:
                return _State(found.uuid, found.latest_version + 1, "updated")
            found = api.undelete_bundle(found.uuid)
        if found is not None:
            for version in self._candidates(found):
                if self._is_same(bundle, self._version(found.uuid, version)):
                    return _State(found.uuid, version, "unchanged")
        is_new = found is None or found.latest_version == 0
        result = "created" if is_new else "updated"
        if self._dry_run:
            uuid, latest = (_NOT_YET, 0) if found is None else (found.uuid, found.latest_version)
            return _State(uuid, latest + 1, result)
        return _State(*self._write(bundle, found), result)

    def _write(self, bundle: PlannedBundle, found: BundleData | None) -> tuple[UUID, int]:
        if found is None:
            found = self._create(bundle)
        elif found.title != _short(bundle.title):
            api.update_bundle(found.uuid, title=_short(bundle.title))
        links = {
            alias: LinkTarget(self.states[link.target].uuid, self.states[link.target].version)
            for alias, link in bundle.links.items()
        }
        made = api.import_version(
            found.uuid,
            {path: self._source(contents) for path, contents in bundle.files.items()},
            links,
            change_description=f"Imported from {self._name}",
            validated=self._validated.get(bundle.key),
        )
        return found.uuid, made.version.version

    def _create(self, bundle: PlannedBundle) -> BundleData:
        assert self._known.collection_uuid is not None, "a real import has a collection"
        try:
            return api.create_bundle(
                self._known.collection_uuid,
                make_slug(bundle.title) or make_slug(bundle.key.name) or bundle.type,
                _short(bundle.title),
                type=bundle.type,
                origin=bundle.origin,
            )
        except BundleExists:  # another import of the course was faster
            found = api.get_bundles_by_origin(self._known.collection_uuid, [bundle.origin])
            return found[bundle.origin]

    def _source(self, contents: bytes | ExportFile) -> FileSource:
        if isinstance(contents, bytes):
            return contents
        return cast("Callable[[], BinaryIO]", partial(self._export.files[contents.path].open, "rb"))

    # Comparing -----------------------------------------------------------------------------------

    def _candidates(self, found: BundleData) -> list[int]:
        """Return the versions that may hold what is planned: those in use, and the latest."""
        pins = self._known.pins.get(found.uuid, [])
        versions = [*pins[:1], found.latest_version, *pins[1:]]
        return [version for version in dict.fromkeys(versions) if version > 0]

    def _version(self, uuid: UUID, number: int) -> BundleVersionData:
        if (uuid, number) not in self._versions:
            version = api.get_bundle_version(uuid, number)
            assert version is not None, "only version 0 is None"
            self._versions[uuid, number] = version
        return self._versions[uuid, number]

    def _is_same(self, bundle: PlannedBundle, version: BundleVersionData) -> bool:
        if set(version.files) != set(bundle.files) or set(version.links) != set(bundle.links):
            return False
        for alias, link in bundle.links.items():
            direct = version.links[alias].direct
            if not self._is_same_link(link, direct.bundle_uuid, direct.version):
                return False
        return all(self._is_same_file(bundle, path, version) for path in bundle.files)

    def _is_same_link(self, link: PlannedLink, uuid: UUID, version: int) -> bool:
        state = self.states[link.target]
        if uuid != state.uuid:
            return False
        if version == state.version:
            return True
        # The lender has moved on; the borrower need not, if what it uses is still the same.
        lender, pinned = self._by_key[link.target], self._version(uuid, version)
        return link.needs is not None and all(
            path in pinned.files and self._is_same_file(lender, path, pinned) for path in link.needs
        )

    def _is_same_file(self, bundle: PlannedBundle, path: str, version: BundleVersionData) -> bool:
        contents, stored = bundle.files[path], version.files[path]
        if isinstance(contents, bytes):
            return len(contents) == stored.size and api.digest_of(contents) == stored.hash_digest
        file = self._export.files[contents.path]
        if file.stat().st_size != stored.size:
            return False
        if contents.path not in self._digests:
            self._digests[contents.path] = api.digest_of(self._source(contents))
        return self._digests[contents.path] == stored.hash_digest
