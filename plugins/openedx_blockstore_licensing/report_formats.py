"""A licence report as text, as HTML and as values that JSON has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from attrs import asdict

from openedx_blockstore.data import Finding
from openedx_blockstore_licensing.data import LicenseReport, MissingItem, ReportGroup, ReportItem

_REASONS = {"missing": "is not there any more", "deleted": "was deleted"}


def report_to_json(report: LicenseReport) -> dict[str, Any]:
    """Return a report as values that JSON has."""
    return {
        "bundle_uuid": str(report.bundle_uuid),
        "version": report.version,
        "title": report.title,
        "expression": report.expression,
        "groups": [
            {
                "expression": group.expression,
                "licenses": [asdict(each) for each in group.licenses],
                "items": [_item_to_json(item) for item in group.items],
            }
            for group in report.groups
        ],
        "findings": [
            {
                "severity": str(finding.severity),
                "code": finding.code,
                "about": finding.file,
                "message": finding.message,
            }
            for finding in report.findings
        ],
        "missing": [_missing_to_json(item) for item in report.missing],
        "weak": [_missing_to_json(item) for item in report.weak],
        "hidden": report.hidden,
        "publishers": [asdict(each) for each in report.publishers],
    }


def _item_to_json(item: ReportItem) -> dict[str, Any]:
    return {
        "bundle_uuid": str(item.bundle_uuid),
        "version": item.version,
        "title": item.title,
        "paths": list(item.paths),
        "credit": item.credit,
        "modified": item.modified,
    }


def _missing_to_json(item: MissingItem) -> dict[str, Any]:
    return {
        "bundle_uuid": str(item.bundle_uuid),
        "version": item.version,
        "title": item.title,
        "reason": item.reason,
    }


# Text --------------------------------------------------------------------------------------------


def report_to_text(report: LicenseReport) -> str:
    """Return a report as text, to paste into a course."""
    return "\n".join(_text_lines(report)) + "\n"


def _text_lines(report: LicenseReport) -> Iterator[str]:
    heading = f"Licences of “{report.title}”, version {report.version}"
    yield heading
    yield "=" * len(heading)
    for group in report.groups:
        yield ""
        yield from _underlined(_group_title(group))
        for license_ in group.licenses:
            if license_.url or license_.deed:
                yield " ".join(part for part in (license_.deed, license_.url) if part)
        for item in group.items:
            yield f"* {item.credit}{_paths(item)}"
    if report.findings:
        yield ""
        yield from _underlined("To be looked at")
        yield from (f"* {_finding(finding)}" for finding in report.findings)
    rest = list(_rest(report))
    if rest:
        yield ""
        yield from _underlined("Not in this report")
        yield from (f"* {line}" for line in rest)


def _underlined(text: str) -> Iterable[str]:
    return text, "-" * len(text)


def _group_title(group: ReportGroup) -> str:
    if not group.expression:
        return "No licence stated"
    if len(group.licenses) == 1 and group.licenses[0].key == group.expression:
        license_ = group.licenses[0]
        known = license_.name if license_.name != license_.label else license_.label
        return f"{known} ({license_.label})" if known != license_.label else known
    return group.expression


def _paths(item: ReportItem) -> str:
    return f" Only: {', '.join(item.paths)}." if item.paths else ""


def _finding(finding: Finding) -> str:
    return f"{str(finding.severity).capitalize()}: {finding.message}"


def _rest(report: LicenseReport) -> Iterator[str]:
    for item in report.missing:
        named = f"“{item.title}” ({item.bundle_uuid})" if item.title else str(item.bundle_uuid)
        yield f"{named}, version {item.version}, {_REASONS[item.reason]}."
    for item in report.weak:
        named = f"“{item.title}” ({item.bundle_uuid})" if item.title else str(item.bundle_uuid)
        yield f"{named}, version {item.version}, is linked to weakly, and was not followed."
    if report.hidden:
        yield f"{report.hidden:,} that you may not see."


# HTML --------------------------------------------------------------------------------------------


def report_to_html(report: LicenseReport) -> str:
    """Return a report as a piece of HTML, to paste into a course."""
    return "\n".join(_html_lines(report)) + "\n"


def _html_lines(report: LicenseReport) -> Iterator[str]:
    yield '<section class="blockstore-licenses">'
    yield f"<h2>{escape(f'Licences of “{report.title}”, version {report.version}')}</h2>"
    for group in report.groups:
        yield f"<h3>{escape(_group_title(group))}</h3>"
        for license_ in group.licenses:
            name = escape(license_.name)
            if license_.url:
                name = f'<a rel="license" href="{escape(license_.url)}">{name}</a>'
            yield f"<p>{name}{f': {escape(license_.deed)}' if license_.deed else ''}</p>"
        yield from _list(f"{item.credit_html}{escape(_paths(item))}" for item in group.items)
    if report.findings:
        yield "<h3>To be looked at</h3>"
        yield from _list(escape(_finding(finding)) for finding in report.findings)
    rest = [escape(line) for line in _rest(report)]
    if rest:
        yield "<h3>Not in this report</h3>"
        yield from _list(rest)
    yield "</section>"


def _list(items: Iterable[str]) -> Iterator[str]:
    yield "<ul>"
    yield from (f"<li>{item}</li>" for item in items)
    yield "</ul>"
