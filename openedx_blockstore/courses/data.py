"""The values that importing and exporting a course return: reports, findings, places.

Nothing here reads a course or knows the store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.data import Finding


@frozen
class FilePlace:
    """Where a file of an export went.

    Attributes:
        bundle_uuid: The bundle; None in a dry run that would make it.
        path: The path in that bundle. Where a file was taken apart (a chapter, say), the path of
            what now holds its content.
        origin: The origin key of the bundle.
    """

    bundle_uuid: UUID | None
    path: str
    origin: str = ""


@frozen
class BundleOutcome:
    """What the import made of one bundle.

    Attributes:
        bundle_uuid: None in a dry run that would make the bundle.
        version: The number of the version that holds the content now; in a dry run the number
            that it would get.
    """

    bundle_uuid: UUID | None
    origin: str
    type: str
    title: str
    version: int


@frozen
class CourseImportReport:
    """What an import did, or, in a dry run, would do.

    Attributes:
        collection_uuid: The collection; None in a dry run that would make one.
        course_bundle_uuid: The bundle of the course (or library); None in a dry run that would
            make it.
        created: The bundles that are new.
        updated: The bundles that got a new version.
        unchanged: The bundles of which some version held exactly this already.
        files: Every file of the export by its path: where it went, or None. A finding names the
            reason of every None.
        findings: Sorted by file and line.
    """

    collection_uuid: UUID | None
    course_bundle_uuid: UUID | None
    created: tuple[BundleOutcome, ...]
    updated: tuple[BundleOutcome, ...]
    unchanged: tuple[BundleOutcome, ...]
    files: Mapping[str, FilePlace | None] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    dry_run: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, ready for JSON."""
        return {
            "dry_run": self.dry_run,
            "collection_uuid": _text(self.collection_uuid),
            "course_bundle_uuid": _text(self.course_bundle_uuid),
            **{
                name: [_outcome(outcome) for outcome in getattr(self, name)]
                for name in ("created", "updated", "unchanged")
            },
            "files": {
                path: place and {"bundle_uuid": _text(place.bundle_uuid), "path": place.path}
                for path, place in sorted(self.files.items())
            },
            "findings": [_finding(finding) for finding in self.findings],
        }

    def to_json(self) -> str:
        """Return the report as a JSON document."""
        return json.dumps(self.to_dict(), indent=2)

    def to_text(self) -> str:
        """Return the report as lines for people: findings first, then the sums."""
        lines = [str(finding) for finding in self.findings]
        would = "would be " if self.dry_run else ""
        lines += [
            f"{len(getattr(self, name)):>6} bundles {would}{name}"
            for name in ("created", "updated", "unchanged")
        ]
        kept = sum(place is not None for place in self.files.values())
        lines.append(f"{kept:>6} of {len(self.files)} files {would}kept")
        return "\n".join(lines)


@frozen
class CourseExportReport:
    """What an export wrote.

    Attributes:
        files: How many files.
        findings: What could not be written back, and why.
    """

    files: int
    findings: tuple[Finding, ...]


def _text(uuid: UUID | None) -> str | None:
    return None if uuid is None else str(uuid)


def _outcome(outcome: BundleOutcome) -> dict[str, Any]:
    return {
        "bundle_uuid": _text(outcome.bundle_uuid),
        "origin": outcome.origin,
        "type": outcome.type,
        "title": outcome.title,
        "version": outcome.version,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": str(finding.severity),
        "code": finding.code,
        "file": finding.file,
        "line": finding.line,
        "message": finding.message,
        "mend": finding.mend,
    }
