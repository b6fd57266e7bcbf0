"""Real courses go in, are edited, and come out whole."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from openedx_blockstore import api
from openedx_blockstore.courses import CourseImportReport, export_course, import_course
from openedx_blockstore.courses.olx import is_element
from openedx_blockstore.data import Severity
from tests.courses.helpers import read_blocks, read_files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage")]

#: Course → the types of its bundles, and the codes of its findings.
EXPECTED = {
    "mitx-grading-library-course": (
        {"sequence": 10, "course": 1},
        {"dangling-asset": 38, "unused-file": 1},
    ),
    "opencraft-blockstore-test-course": ({"sequence": 1, "course": 1}, {"dangling-asset": 2}),
    "studio-advanced": (
        {"sequence": 47, "video": 17, "assets": 2, "course": 1},
        {"dangling-asset": 189, "usage-key": 145, "draft": 28},
    ),
}


@pytest.fixture(params=sorted(EXPECTED))
def course(request: pytest.FixtureRequest, courses: Path, tmp_path: Path) -> Path:
    """A copy of a real course, to be edited."""
    name: str = request.param
    target = tmp_path / name
    shutil.copytree(courses / name / "course", target, copy_function=shutil.copyfile)
    for folder in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    return target


def changed(report: CourseImportReport) -> set[str]:
    """Return the types of the bundles that an import made or changed."""
    return {outcome.type for outcome in (*report.created, *report.updated)}


def test_a_real_course_goes_in_and_comes_out_whole(course: Path, tmp_path: Path) -> None:
    types, codes = EXPECTED[course.name]
    report = import_course(course)
    assert Counter(outcome.type for outcome in report.created) == types
    assert Counter(finding.code for finding in report.findings) == codes
    assert not [finding for finding in report.findings if finding.severity is Severity.ERROR]
    before = read_files(course)
    assert set(report.files) == set(before)
    for file, place in report.files.items():
        assert place is not None, file
        assert place.bundle_uuid is not None
        if not file.endswith(".xml"):
            assert api.get_bundle_file_data(place.bundle_uuid, place.path) == before[file]

    again = import_course(course)
    assert changed(again) == set()

    assert report.course_bundle_uuid is not None
    result = export_course(report.course_bundle_uuid, to=tmp_path / "out")
    assert result.findings == ()
    after = read_files(tmp_path / "out")
    assert set(after) == set(before)
    assert read_blocks(tmp_path / "out") == read_blocks(course)
    for file, contents in before.items():
        if not file.endswith(".xml"):
            assert after[file] == contents, file
        else:
            assert _attributes(after[file]) == _attributes(contents), file

    back = import_course(tmp_path / "out")
    assert changed(back) == set()


def test_an_edited_page_changes_its_sequence_and_the_course(course: Path, tmp_path: Path) -> None:
    first = import_course(course)
    page = next(
        file
        for file, place in sorted(first.files.items())
        if file.startswith(("html/", "problem/"))
        and place is not None
        and "/sequential/" in place.origin
    )
    text = (course / page).read_bytes()
    (course / page).write_bytes(text.replace(b">", b"> <!-- edited -->", 1) + b"\n")
    report = import_course(course)
    assert report.created == ()
    assert Counter(outcome.type for outcome in report.updated) == {"sequence": 1, "course": 1}
    assert report.files == first.files
    assert report.course_bundle_uuid is not None
    export_course(report.course_bundle_uuid, to=tmp_path / "out")
    assert (tmp_path / "out" / page).read_bytes() == (course / page).read_bytes()
    export_course(report.course_bundle_uuid, 1, to=tmp_path / "before")
    assert (tmp_path / "before" / page).read_bytes() == text


def test_a_second_run_gets_its_own_course_bundle_alone(course: Path) -> None:
    first = import_course(course)
    run = etree.parse(course / "course.xml").getroot().get("url_name")
    assert run is not None
    (course / "course.xml").write_text(
        (course / "course.xml").read_text().replace(f'url_name="{run}"', 'url_name="2077"')
    )
    (course / f"course/{run}.xml").rename(course / "course/2077.xml")
    report = import_course(course, collection_uuid=first.collection_uuid)
    assert [outcome.type for outcome in report.created] == ["course"]
    assert report.updated == ()
    assert report.course_bundle_uuid != first.course_bundle_uuid


def test_a_changed_shared_asset_reaches_exactly_its_users(courses: Path, tmp_path: Path) -> None:
    course = tmp_path / "studio-advanced"
    shutil.copytree(courses / "studio-advanced" / "course", course, copy_function=shutil.copyfile)
    (course / "static").chmod(0o755)
    first = import_course(course)
    shared = [
        file
        for file, place in sorted(first.files.items())
        if place is not None and place.origin.endswith("/assets/shared")
    ]
    assert len(shared) >= 20
    target = shared[0]
    (course / target).write_bytes(b"changed")
    report = import_course(course)
    types = Counter(outcome.type for outcome in report.updated)
    assert types["assets"] == types["course"] == 1
    assert 2 <= types["sequence"] + types["video"] < 47


def test_the_documents_of_a_real_course_read_well(courses: Path) -> None:
    report = import_course(courses / "studio-advanced" / "course")
    assert report.course_bundle_uuid is not None
    navigation = json.loads(api.get_bundle_file_data(report.course_bundle_uuid, "navigation.json"))
    assert len(navigation["chapters"]) == 9
    sequences = [item for chapter in navigation["chapters"] for item in chapter["sequences"]]
    assert len(sequences) == 47
    for item in sequences:
        path = f"links/{item['link']}/{item['file']}"
        assert api.get_bundle_file_data(report.course_bundle_uuid, path).startswith(b"<sequential")
    largest = max(
        len(version.files)
        for bundle in api.get_bundles(type="sequence")
        if (version := api.get_bundle_version(bundle.uuid)) is not None
    )
    assert largest <= 500


def _attributes(contents: bytes) -> list[object]:
    root = etree.fromstring(contents)
    return [
        (element.tag, sorted(element.attrib.items()))
        for element in root.iter()
        if is_element(element)
    ]
