"""Validators for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.plugin_api import BundleContents, ImportValidator

GROUP = "openedx_blockstore.import_validators"

#: What validators were asked and told, in this order.
CALLS: list[Any] = []


class Reader(ImportValidator):
    """Reads every text file: ``bad`` is an error, ``odd`` a warning."""

    def validate(
        self, contents: BundleContents, previous: BundleContents | None
    ) -> Iterator[Finding]:
        """Read everything, in links, too."""
        before = {path: previous.read(path) for path in previous.files} if previous else None
        CALLS.append((contents.title, contents.bundle_uuid, contents.bundle_type, before))
        for path, file in contents.files.items():
            data = contents.read(path)
            assert len(data) == file.size
            if b"bad" in data:
                yield Finding(Severity.ERROR, "bad", path, 1, "It is bad.", "Do better.")
            if b"odd" in data:
                yield Finding(Severity.WARNING, "odd", path, 1, "It is odd.")
        CALLS.extend((alias, contents.read(f"links/{alias}/file.txt")) for alias in contents.links)

    def imported(self, bundle_uuid: UUID, version: int, findings: tuple[Finding, ...]) -> None:
        """Keep what was found."""
        CALLS.append(("imported", bundle_uuid, version, [f.code for f in findings]))


class OnlyVideos(Reader):
    """Understands videos alone."""

    bundle_types = frozenset({"video"})


class Raising(ImportValidator):
    """Is broken."""

    def validate(self, contents: BundleContents, previous: BundleContents | None) -> list[Finding]:
        """Fail."""
        raise KeyError(contents.title)


class RaisingLater(ImportValidator):
    """Is broken, but not at once."""

    def validate(self, contents: BundleContents, previous: BundleContents | None) -> list[Finding]:
        """Find nothing."""
        return []

    def imported(self, bundle_uuid: UUID, version: int, findings: tuple[Finding, ...]) -> None:
        """Fail."""
        raise RuntimeError("no place to keep it")


class Wrong(ImportValidator):
    """Gives something else than findings."""

    def validate(self, contents: BundleContents, previous: BundleContents | None) -> Any:
        """Give text."""
        return ["it is bad"]


class CourseReader(Reader):
    """The same for the bundles of a course, whose files are many."""

    def validate(
        self, contents: BundleContents, previous: BundleContents | None
    ) -> Iterator[Finding]:
        """Read everything, and the files of lenders."""
        CALLS.append(("looked at", contents.title, contents.bundle_type))
        if previous is not None:
            CALLS.append(("before", previous.title, previous.version))
        for path, file in contents.files.items():
            data = contents.read(path)
            assert len(data) == file.size
            if b"bad" in data:
                yield Finding(Severity.ERROR, "bad", path, 1, "It is bad.")
            if b"odd" in data:
                yield Finding(Severity.WARNING, "odd", path, 1, "It is odd.")
        for alias in contents.links:
            CALLS.append(("link", alias))
            with pytest.raises(BundleFileNotFound):
                contents.read(f"links/{alias}/not there")
