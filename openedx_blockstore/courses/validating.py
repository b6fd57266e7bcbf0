"""Lets validators look at all bundles of a course before any of them gets a version."""

from __future__ import annotations

import contextlib
import io
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import BinaryIO
from uuid import UUID

import attrs

from openedx_blockstore import api
from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.plan import Contents, CoursePlan, ExportFile, PlannedBundle
from openedx_blockstore.courses.reader import CourseExport
from openedx_blockstore.data import (
    BundleFindings,
    Finding,
    ImportFindings,
    LinkTarget,
    Severity,
)
from openedx_blockstore.exceptions import BundleFileNotFound, BundleNotFound, ImportRefused
from openedx_blockstore.plugin_api import BundleContents, ContentFile

#: What bundles are called that are not there yet.
_PLANNED = UUID("a8a6f8f1-6a43-4b62-8ea1-6c2e46f5fb06")

_LINKS = "links/"


@attrs.frozen
class Expected:
    """What is expected to become of a bundle.

    Attributes:
        uuid: None for one that is to be made.
        version: The number of the version that holds what is planned.
        is_new: Whether that version is to be made.
    """

    uuid: UUID | None
    version: int
    is_new: bool


class CourseFindings:
    """What validators say of the bundles of a plan that would get a new version."""

    def __init__(
        self, export: CourseExport, plan: CoursePlan, expected: Mapping[BlockKey, Expected]
    ) -> None:
        """Ask them.

        Raises:
            PluginError, PluginFailed: A validator can not be used, or failed.
        """
        self._export = export
        self._plan = plan
        self._expected = expected
        self._by_key = {bundle.key: bundle for bundle in plan.bundles}
        self._places = {place: file for file, place in plan.places.items()}
        self.by_bundle: dict[BlockKey, ImportFindings] = {}
        for bundle in plan.bundles:
            if expected[bundle.key].is_new:
                contents = self._contents(bundle.key)
                found = api.validate_contents(contents, self._previous(expected[bundle.key]))
                self.by_bundle[bundle.key] = found

    def findings(self) -> list[Finding]:
        """Return everything that was found, with paths of the export where there are any."""
        return [finding for bundle in self._bundles() for finding in bundle.findings]

    def refuse_errors(self) -> None:
        """Stop the import if anything that was found is an error.

        Raises:
            ImportRefused: It is.
        """
        bundles = [bundle for bundle in self._bundles() if bundle.findings]
        if any(f.severity == Severity.ERROR for bundle in bundles for f in bundle.findings):
            raise ImportRefused(bundles)

    def _bundles(self) -> Iterable[BundleFindings]:
        for key, found in self.by_bundle.items():
            bundle = self._by_key[key]
            findings = tuple(self._as_author_knows(bundle, each) for each in found.findings)
            yield BundleFindings(self._expected[key].uuid, bundle.title, findings)

    def _as_author_knows(self, bundle: PlannedBundle, finding: Finding) -> Finding:
        """Return a finding with the path in the export, whose files are what the author has."""
        contents = bundle.files.get(finding.file)
        if isinstance(contents, ExportFile):
            return attrs.evolve(finding, file=contents.path)
        original = self._places.get((bundle.key, finding.file))
        if original is not None:
            # It was taken apart, so its lines are others.
            return attrs.evolve(finding, file=original, line=None)
        return attrs.evolve(finding, message=f"{bundle.title}: {finding.message}")

    def _contents(self, key: BlockKey) -> _PlannedContents:
        bundle = self._by_key[key]
        links = {
            alias: (self._target(link.target), partial(self._contents, link.target))
            for alias, link in bundle.links.items()
        }
        return _PlannedContents(bundle, self._expected[key].uuid, links, self._open)

    def _target(self, key: BlockKey) -> LinkTarget:
        expected = self._expected[key]
        made_up = uuid.uuid5(_PLANNED, self._by_key[key].origin)
        return LinkTarget(expected.uuid or made_up, expected.version)

    def _open(self, contents: Contents) -> BinaryIO:
        if isinstance(contents, bytes):
            return io.BytesIO(contents)
        return self._export.files[contents.path].open("rb")

    def _previous(self, expected: Expected) -> BundleContents | None:
        if expected.uuid is None:
            return None
        try:
            previous = api.get_bundle_contents(expected.uuid)
        except BundleNotFound:  # it was deleted, and is to be taken back
            return None
        return previous if previous.version is not None else None


_Links = Mapping[str, tuple[LinkTarget, Callable[[], "_PlannedContents"]]]


class _PlannedContents(BundleContents):
    """A bundle of a plan, as plugins see it."""

    version = None

    def __init__(
        self,
        bundle: PlannedBundle,
        bundle_uuid: UUID | None,
        links: _Links,
        opener: Callable[[Contents], BinaryIO],
    ) -> None:
        self._bundle = bundle
        self._links = links
        self._opener = opener
        self._files: Mapping[str, ContentFile] | None = None
        self.bundle_uuid = bundle_uuid
        self.bundle_type = bundle.type
        self.title = bundle.title

    @property
    def files(self) -> Mapping[str, ContentFile]:
        if self._files is None:
            self._files = {path: self._describe(path) for path in sorted(self._bundle.files)}
        return self._files

    @property
    def links(self) -> Mapping[str, LinkTarget]:
        return {alias: target for alias, (target, _contents) in sorted(self._links.items())}

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        alias, _, rest = path.removeprefix(_LINKS).partition("/")
        if path.startswith(_LINKS) and alias in self._links:
            _target, lender = self._links[alias]
            with lender().open(rest) as file:
                yield file
        elif path in self._bundle.files:
            with self._opener(self._bundle.files[path]) as file:
                yield file
        else:
            raise BundleFileNotFound(self.bundle_uuid or self.title, path)

    def _describe(self, path: str) -> ContentFile:
        with self.open(path) as file:
            digest = api.digest_of(file)
            return ContentFile(path, file.tell(), digest)
