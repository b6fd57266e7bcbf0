"""The findings of versions in the database.

There is one row for versions that follow one another and are found to be the same, and none for
those of which there is nothing to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.plugin_tools import annotations_covering, set_annotation
from openedx_blockstore_validation.codes import CODES
from openedx_blockstore_validation.models import VersionFindings

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def store_findings(bundle_uuid: UUID, version: int, findings: tuple[Finding, ...]) -> None:
    """Keep what was found in a new version. What was found in others stays as it is."""
    if not findings:
        return
    severities = {finding.severity for finding in findings}
    codes = sorted({finding.code for finding in findings})
    set_annotation(
        VersionFindings,
        bundle_uuid,
        {},
        {
            "severity": str(next(each for each in _ORDER if each in severities)),
            "codes": f"|{'|'.join(codes)}|",
            "findings": _dump(findings),
        },
        first_version=version,
        last_version=version,  # the next one may come from a draft, which nobody looks at
    )


def load_findings(bundle_uuid: UUID, versions: Iterable[int]) -> dict[int, tuple[Finding, ...]]:
    """Return what was found in versions; those of which nothing is kept are left out."""
    asked = [(bundle_uuid, version) for version in versions]
    rows = annotations_covering(VersionFindings, asked)
    loaded: dict[int, tuple[Finding, ...]] = {}
    for (_uuid, version), (row, *_others) in rows.items():
        loaded[version] = load(row.findings)
    return loaded


def load(text: str) -> tuple[Finding, ...]:
    """Read what :func:`store_findings` wrote."""
    return tuple(
        Finding(Severity(severity), code, file, line, message, _mend(code))
        for severity, code, file, line, message in json.loads(text)
    )


def plain(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as values that JSON has."""
    return [
        {
            "severity": str(finding.severity),
            "code": finding.code,
            "file": finding.file,
            "line": finding.line,
            "message": finding.message,
            "mend": finding.mend,
        }
        for finding in findings
    ]


def count(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Return how many findings there are of each severity."""
    counts = {str(severity): 0 for severity in _ORDER}
    for finding in findings:
        counts[str(finding.severity)] += 1
    return counts


def _dump(findings: Iterable[Finding]) -> str:
    rows = [[str(f.severity), f.code, f.file, f.line, f.message] for f in findings]
    # A file's name can be bytes that are no text, which JSON can only hold in its own spelling.
    return json.dumps(rows, separators=(",", ":"))


def _mend(code: str) -> str:
    """Return how to mend a finding: as we know it now, for it is the same for all of a code."""
    return CODES[code].mend if code in CODES else ""
