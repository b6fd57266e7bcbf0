"""Collecting the findings on one bundle: each once, at the severity that the settings say."""

from __future__ import annotations

from openedx_blockstore.data import Finding, Severity
from openedx_blockstore_validation.codes import CODES
from openedx_blockstore_validation.conf import OFF, ValidationSettings

#: What messages quote is cut to this many characters.
MAX_QUOTED = 120

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


class Report:
    """A growing list of findings."""

    def __init__(self, settings: ValidationSettings) -> None:
        self._settings = settings
        self._findings: dict[Finding, None] = {}

    def add(self, code: str, file: str, message: str, line: int | None = None) -> None:
        """Add a finding, unless the settings turn its code off."""
        known = CODES[code]
        severity = self._settings.SEVERITIES.get(code, known.severity)
        if severity != OFF:
            finding = Finding(Severity(severity), code, file, line, message, known.mend)
            self._findings[finding] = None

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings by file and line; of too many the gravest."""
        found = sorted(self._findings, key=by_place)
        limit = self._settings.MAX_FINDINGS
        if len(found) > limit:
            left_out = len(found) - limit
            found = sorted(sorted(found, key=_gravity)[:limit], key=by_place)
            self._findings = dict.fromkeys(found)
            self.add("too-many-findings", "", f"{left_out:,} more findings are left out.")
            return tuple(sorted(self._findings, key=by_place))
        return tuple(found)


def by_place(finding: Finding) -> tuple[str, int, str, str]:
    """Order findings by file, line and code."""
    return finding.file, finding.line or 0, finding.code, finding.message


def _gravity(finding: Finding) -> int:
    return _RANK[finding.severity]


def quoted(text: object) -> str:
    """Return an author's text as a short, printable piece of a message."""
    whole = str(text)
    shown = ascii(whole) if any("\ud800" <= letter <= "\udfff" for letter in whole) else repr(whole)
    return shown if len(shown) <= MAX_QUOTED else f"{shown[:MAX_QUOTED]}…"
