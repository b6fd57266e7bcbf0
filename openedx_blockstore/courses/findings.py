"""Collecting findings while a course is read; one collector goes through all steps."""

from __future__ import annotations

from collections.abc import Iterable

from openedx_blockstore.data import Finding, Severity

#: Messages are for terminals and pages; what they quote is cut to this many characters.
MAX_QUOTED = 120


class FindingCollector:
    """A growing list of findings, each once."""

    def __init__(self) -> None:
        self._findings: dict[Finding, None] = {}

    def error(self, code: str, file: str, message: str, line: int | None = None) -> None:
        """Add what was left out, or can not work."""
        self._add(Severity.ERROR, code, file, message, line)

    def warning(self, code: str, file: str, message: str, line: int | None = None) -> None:
        """Add what probably does not work as meant."""
        self._add(Severity.WARNING, code, file, message, line)

    def info(self, code: str, file: str, message: str, line: int | None = None) -> None:
        """Add what is worth knowing."""
        self._add(Severity.INFO, code, file, message, line)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add findings that another step returned."""
        self._findings.update(dict.fromkeys(findings))

    def supersede(self, findings: Iterable[Finding]) -> None:
        """Add what others found, in the place of what was said of the same thing at that place."""
        found = tuple(findings)
        said = {(finding.code, finding.file, finding.line) for finding in found}
        self._findings = {
            finding: None
            for finding in self._findings
            if (finding.code, finding.file, finding.line) not in said
        }
        self.extend(found)

    def sorted(self) -> tuple[Finding, ...]:
        """Return all findings by file, line and code."""
        return tuple(sorted(self._findings, key=lambda f: (f.file, f.line or 0, f.code, f.message)))

    def _add(
        self, severity: Severity, code: str, file: str, message: str, line: int | None
    ) -> None:
        self._findings[Finding(severity, code, file, line, message)] = None


def quoted(text: object) -> str:
    """Return a value of an author as one short, printable piece of a message."""
    shown = repr(str(text))
    try:
        shown.encode()
    except UnicodeEncodeError:  # the bytes of a file name that is no text
        shown = ascii(str(text))
    return shown if len(shown) <= MAX_QUOTED else f"{shown[:MAX_QUOTED]}…"
