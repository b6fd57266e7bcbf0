"""The real courses, checked: every finding is held against what is truly in them.

What is true is counted here once more, from the files themselves and in other ways.
"""

from __future__ import annotations

import html
import re
import time
from collections import Counter
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from openedx_blockstore.courses import import_course
from openedx_blockstore.data import Finding, Severity
from openedx_blockstore_validation import api, vocabulary
from openedx_blockstore_validation.disk import check_path
from tests.plugins.validation.helpers import codes

COURSES = ["mitx-grading-library-course", "opencraft-blockstore-test-course", "studio-advanced"]

#: Course → its findings that are no notes.
EXPECTED = {
    "mitx-grading-library-course": {"dangling-asset": 38},
    "opencraft-blockstore-test-course": {"dangling-asset": 2},
    "studio-advanced": {"dangling-asset": 189, "empty-asset": 1},
}


@pytest.fixture(params=COURSES)
def course(request: pytest.FixtureRequest, courses: Path) -> Path:
    """The folder of a real course."""
    name: str = request.param
    return courses / name / "course"


def findings_of(course: Path) -> tuple[Finding, ...]:
    """Check a course as its author would."""
    (checked,) = check_path(course)
    assert checked.kind == "course"
    return checked.found.findings


def texts_of(course: Path) -> dict[str, list[str]]:
    """Return the lines of every file that may refer to assets; without comments and entities."""
    texts = {}
    for path in sorted(course.rglob("*")):
        name = path.relative_to(course).as_posix()
        is_text = path.suffix in {".xml", ".html", ".json", ".md"} and not name.startswith(
            "static/"
        )
        if is_text and name != "policies/assets.json" and not name.startswith("assets/"):
            text = re.sub(
                r"<!--.*?-->",
                lambda match: "\n" * match[0].count("\n"),
                path.read_text(encoding="utf-8", errors="replace"),
                flags=re.DOTALL,
            )
            # A slash written so is meant to be shown, and to lead nowhere.
            text = text.replace("&#47;", "|")
            texts[name] = [html.unescape(line) for line in text.split("\n")]
    return texts


def dangling_of(course: Path) -> Counter[tuple[str, int]]:
    """Count references to assets that are not there, by file and line."""
    assets = {path.name for path in (course / "static").rglob("*") if path.is_file()}
    by_key = {re.sub(r"[^A-Za-z0-9_.~-]", "_", name) for name in assets}
    found: Counter[tuple[str, int]] = Counter()
    for file, lines in texts_of(course).items():
        for number, line in enumerate(lines, start=1):
            names = set(re.findall(r"/static/([^\s\"'<>?#&\\)]+)", line))
            names |= set(re.findall(r"course_image=\"([^\"]+)", line))
            for name in names:
                plain = unquote(name)
                if plain not in assets and re.sub(r"[^\w.~-]", "_", plain) not in by_key:
                    found[file, number] += 1
    return found


def test_the_findings_are_those_that_are_known(course: Path) -> None:
    found = findings_of(course)
    assert {f.severity for f in found} <= {Severity.WARNING, Severity.INFO}
    warnings = tuple(finding for finding in found if finding.severity is Severity.WARNING)
    assert codes(warnings) == EXPECTED[course.parent.name]


def test_dangling_references_are_those_that_a_search_finds(course: Path) -> None:
    found = Counter(
        (finding.file, finding.line or 0)
        for finding in findings_of(course)
        if finding.code == "dangling-asset"
    )
    assert found == dangling_of(course)


def test_what_was_left_out_of_a_course_is_what_dangles_in_it(courses: Path) -> None:
    """Whoever put the course here has written down which of its files are missing."""
    source = (courses / "studio-advanced" / "SOURCE.txt").read_text()
    left_out = set(re.findall(r"^  static/(\S+)", source, re.MULTILINE))
    found = {
        re.findall(r"'/static/(.+)'", finding.message)[0]
        for finding in findings_of(courses / "studio-advanced" / "course")
        if finding.code == "dangling-asset"
    }
    assert len(found & left_out) == 10
    # These are nowhere in the original either: two pictures of nobody, and names in examples.
    assert found - left_out == {
        "DemoX-D01_1.srt",
        "DemoX-D01_1_uk.srt",
        "filename.srt",
        "filename.wtf",
        "images/placeholder-faculty.png",
    }


def _blocks(course: Path) -> list[tuple[str, ET.Element]]:
    """Return every element of the course's own files below its folders of blocks, with the file."""
    return [
        (path.relative_to(course).as_posix(), element)
        for path in sorted(course.rglob("*.xml"))
        if path.relative_to(course).parts[0] not in {"static", "drafts", "assets", "policies"}
        for element in ET.parse(path).getroot().iter()
    ]


def test_empty_containers_are_those_without_children(course: Path) -> None:
    empty = {
        file
        for file, element in _blocks(course)
        if element.tag in {"chapter", "sequential", "vertical"}
        and len(element) == 0
        and set(element.attrib) != {"url_name"}
    }
    found = [f for f in findings_of(course) if f.code == "empty-container"]
    assert {finding.file for finding in found} == empty


def test_empty_assets_are_those_of_no_bytes(course: Path) -> None:
    empty = {
        path.relative_to(course).as_posix()
        for path in (course / "static").rglob("*")
        if path.suffix in {".jpg", ".png", ".gif", ".pdf"} and path.stat().st_size == 0
    }
    found = {finding.file for finding in findings_of(course) if finding.code == "empty-asset"}
    assert found == empty


def test_no_block_has_the_id_of_another(course: Path) -> None:
    """Neither do the checks say so, nor is it so: a block with content is in one place only."""
    counts: Counter[tuple[str, str]] = Counter()
    for file, element in _blocks(course):
        folder, _, name = file.partition("/")
        own = name.removesuffix(".xml") if folder == element.tag else ""
        is_root = own and element.get("url_name", own) == own
        has_content = len(element.attrib) > 1 or len(element) > 0 or bool(is_root)
        name = element.get("url_name") or own
        if has_content and name and element.tag in vocabulary.STATEFUL:
            counts[element.tag, name] += 1
    assert sum(counts.values()) > 2
    assert not [key for key, count in counts.items() if count > 1]
    assert not {"duplicate-id", "repeated-block"} & set(codes(findings_of(course)))


def test_the_largest_course_is_checked_in_a_few_seconds(courses: Path) -> None:
    started = time.monotonic()
    findings_of(courses / "studio-advanced" / "course")
    assert time.monotonic() - started < 15  # 1.2 s by itself


@pytest.mark.django_db
@pytest.mark.usefixtures("file_storage")
def test_taken_apart_into_bundles_a_course_has_the_same_findings(course: Path) -> None:
    report = import_course(course)
    in_bundles: Counter[str] = Counter()
    for outcome in report.created:
        assert outcome.bundle_uuid is not None
        in_bundles.update(f.code for f in api.validate_version(outcome.bundle_uuid))
    in_export = Counter(f.code for f in findings_of(course))
    for code in {*in_bundles, *EXPECTED[course.parent.name], "empty-container"}:
        assert in_bundles[code] == in_export[code], code
