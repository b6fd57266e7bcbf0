"""Importing a course stores what is not there yet, and says what it did."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from openedx_blockstore import api
from openedx_blockstore.courses import BundleOutcome, CourseImportReport, import_course
from openedx_blockstore.exceptions import (
    BundleNotFound,
    CollectionNotFound,
    InvalidArchive,
    StorageError,
)
from tests.courses.helpers import COURSE, TWO_SEQUENTIALS, write_files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for an export; the storage has another one."""
    return tmp_path / "export"


SHARING: dict[str, str | bytes] = {
    **TWO_SEQUENTIALS,
    "chapter/ch.xml": '<chapter><sequential url_name="s1"/><sequential url_name="s2"/>'
    '<sequential url_name="s3"/></chapter>',
    "sequential/s3.xml": '<sequential display_name="Three"><poll url_name="p" img="/static/b.png"/>'
    '<poll url_name="q" img="/static/c.png"/></sequential>',
    "html/h1.html": '<img src="/static/a.png"><img src="/static/own.png">',
    "html/h2.html": '<img src="/static/a.png"><img src="/static/b.png">',
    "tabs/t.html": '<img src="/static/c.png">',
    "static/a.png": "a",
    "static/b.png": "b",
    "static/c.png": "c",
    "static/own.png": "own",
}


def origins(outcomes: tuple[BundleOutcome, ...]) -> set[str]:
    """Return the last two parts of the origins of bundles: ``tag/name``."""
    return {"/".join(outcome.origin.split("/")[-2:]) for outcome in outcomes}


def versions(report: CourseImportReport) -> dict[str, int]:
    """Return how many versions each bundle has."""
    bundles = api.get_bundles(collection_uuid=report.collection_uuid)
    return {str(bundle.origin).split("/", 2)[2]: bundle.latest_version for bundle in bundles}


def test_a_first_import_makes_every_bundle_once(folder: Path) -> None:
    report = import_course(write_files(folder, COURSE))
    assert origins(report.created) == {"sequential/s1", "course/run"}
    assert (report.updated, report.unchanged) == ((), ())
    assert report.collection_uuid is not None
    assert api.get_collection(report.collection_uuid).title == "A course"
    assert report.course_bundle_uuid is not None
    bundle = api.get_bundle(report.course_bundle_uuid)
    assert (bundle.type, bundle.title, bundle.slug) == ("course", "A course", "a-course")
    place = report.files["html/h1.html"]
    assert place is not None
    assert place.bundle_uuid is not None
    assert api.get_bundle_file_data(place.bundle_uuid, place.path) == b"<p>Hello"
    assert (
        api.get_bundle_file_data(report.course_bundle_uuid, "links/one/html/h1/h1.html")
        == b"<p>Hello"
    )


def test_the_same_course_again_changes_nothing(folder: Path) -> None:
    first = import_course(write_files(folder, SHARING))
    before = versions(first)
    again = import_course(folder)
    assert again.collection_uuid == first.collection_uuid
    assert again.course_bundle_uuid == first.course_bundle_uuid
    assert (again.created, again.updated) == ((), ())
    assert origins(again.unchanged) == origins(first.created)
    assert versions(again) == before
    assert again.files == first.files


def test_an_edited_block_changes_its_sequence_and_the_course_alone(folder: Path) -> None:
    import_course(write_files(folder, SHARING))
    write_files(folder, {"html/h1.html": '<img src="/static/a.png"><img src="/static/own.png">!'})
    report = import_course(folder)
    assert origins(report.updated) == {"sequential/s1", "course/run"}
    assert report.created == ()


def test_a_changed_shared_asset_changes_those_that_use_it(folder: Path) -> None:
    first = import_course(write_files(folder, SHARING))
    write_files(folder, {"static/a.png": "A"})
    report = import_course(folder)
    assert origins(report.updated) == {
        "assets/shared",
        "sequential/s1",
        "sequential/s2",
        "course/run",
    }
    assert versions(first)["sequential/s3"] == 1
    again = import_course(folder)
    assert (again.created, again.updated) == ((), ())


def test_a_removed_sequence_leaves_the_course_and_stays_in_the_store(folder: Path) -> None:
    import_course(write_files(folder, TWO_SEQUENTIALS))
    write_files(folder, {"chapter/ch.xml": '<chapter><sequential url_name="s1"/></chapter>'})
    report = import_course(folder)
    assert origins(report.updated) == {"course/run"}
    assert report.course_bundle_uuid is not None
    version = api.get_bundle_version(report.course_bundle_uuid)
    assert version is not None
    assert list(version.links) == ["one"]


def test_a_new_title_reaches_the_bundle(folder: Path) -> None:
    report = import_course(write_files(folder, COURSE))
    write_files(folder, {"sequential/s1.xml": '<sequential display_name="Uno"/>'})
    import_course(folder)
    titles = {b.title for b in api.get_bundles(collection_uuid=report.collection_uuid)}
    assert titles == {"Uno", "A course"}


def test_a_second_run_shares_what_is_the_same(folder: Path) -> None:
    first = import_course(write_files(folder / "1", TWO_SEQUENTIALS))
    second_run = {
        **TWO_SEQUENTIALS,
        "course.xml": '<course url_name="run2" org="Org" course="C1"/>',
        "course/run2.xml": TWO_SEQUENTIALS["course/run.xml"],
        "sequential/s1.xml": '<sequential due="2040" display_name="One">'
        '<vertical url_name="v1"/></sequential>',
        "html/h2.html": "<p>Better",
    }
    del second_run["course/run.xml"]
    second = import_course(
        write_files(folder / "2", second_run), collection_uuid=first.collection_uuid
    )
    assert origins(second.created) == {"course/run2"}
    assert origins(second.updated) == {"sequential/s2"}
    assert origins(second.unchanged) == {"sequential/s1"}
    # The first run still uses what it used, and its import finds that nothing has changed.
    again = import_course(folder / "1", collection_uuid=first.collection_uuid)
    assert (again.created, again.updated) == ((), ())
    assert first.course_bundle_uuid is not None
    text = api.get_bundle_file_data(first.course_bundle_uuid, "links/two/html/h2/h2.html")
    assert text == b"<p>Second"
    # A moved block stays where the other run has it.
    assert versions(first)["sequential/s2"] == 2


def test_a_dry_run_stores_nothing_and_says_the_same(folder: Path) -> None:
    dry = import_course(write_files(folder, SHARING), dry_run=True)
    assert api.get_bundles() == []
    assert api.get_collections() == []
    assert (dry.collection_uuid, dry.course_bundle_uuid) == (None, None)
    real = import_course(folder)
    assert origins(dry.created) == origins(real.created)
    assert dry.findings == real.findings
    assert {f: p and p.path for f, p in dry.files.items()} == {
        f: p and p.path for f, p in real.files.items()
    }
    write_files(folder, {"static/a.png": "A"})
    dry = import_course(folder, dry_run=True)
    before = versions(real)
    real = import_course(folder)
    for name in ("created", "updated", "unchanged"):
        assert getattr(dry, name) == getattr(real, name)
    assert before != versions(real)


def test_an_interrupted_import_can_be_run_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(folder, SHARING)

    def interrupted(done: int, _total: int, _what: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_course(folder, progress=interrupted)
    assert len(api.get_collections()) == 1
    report = import_course(folder)
    assert len(api.get_collections()) == 1
    assert len(report.unchanged) == 2
    assert report.updated == ()
    assert set(versions(report).values()) == {1}


def test_a_deleted_bundle_is_taken_back(folder: Path) -> None:
    report = import_course(write_files(folder, COURSE))
    (sequence,) = api.get_bundles(type="sequence")
    api.delete_bundle(sequence.uuid)
    with pytest.raises(BundleNotFound):
        api.get_bundle(sequence.uuid)
    import_course(folder, collection_uuid=report.collection_uuid)
    assert api.get_bundle(sequence.uuid).deleted_at is None


def test_what_an_author_changed_in_the_store_is_not_undone_by_the_same_export(
    folder: Path,
) -> None:
    import_course(write_files(folder, COURSE))
    (sequence,) = api.get_bundles(type="sequence")
    draft = api.get_or_create_bundle_draft(sequence.uuid, "edit")
    api.write_draft_file(draft.uuid, "html/h1/h1.html", b"<p>Edited here")
    api.commit_draft(draft.uuid)
    report = import_course(folder)
    assert report.updated == ()
    assert api.get_bundle_file_data(sequence.uuid, "html/h1/h1.html") == b"<p>Edited here"


def test_an_import_touches_no_draft(folder: Path) -> None:
    import_course(write_files(folder, COURSE))
    (sequence,) = api.get_bundles(type="sequence")
    draft = api.get_or_create_bundle_draft(sequence.uuid, "edit")
    api.write_draft_file(draft.uuid, "notes.txt", b"mine")
    write_files(folder, {"html/h1.html": "new"})
    import_course(folder)
    assert api.get_bundle_file_data(sequence.uuid, "notes.txt", "edit") == b"mine"


def test_two_collections_hold_two_copies(folder: Path) -> None:
    write_files(folder, COURSE)
    reports = [
        import_course(folder, collection_uuid=api.create_collection(title).uuid)
        for title in ("One", "Two")
    ]
    assert all(len(report.created) == 2 for report in reports)


@pytest.mark.parametrize("uuid", [uuid4(), "no uuid at all"])
def test_an_unknown_collection_is_not_found(uuid: UUID | str, folder: Path) -> None:
    with pytest.raises(CollectionNotFound):
        import_course(write_files(folder, COURSE), collection_uuid=uuid)


def test_a_course_that_can_not_be_read_makes_nothing(folder: Path) -> None:
    with pytest.raises(InvalidArchive):
        import_course(write_files(folder, {"course.xml": "<course"}))
    assert api.get_collections() == []


def test_an_error_of_the_storage_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object, **_kwargs: object) -> None:
        raise StorageError("a blob", "the disk is full")

    monkeypatch.setattr(api, "import_version", fails)
    with pytest.raises(StorageError):
        import_course(write_files(folder, COURSE))


def test_the_report_is_text_and_json(folder: Path) -> None:
    write_files(
        folder,
        {**COURSE, "html/h1.html": '<a href="/static/gone.pdf">', "static/.DS_Store": "junk"},
    )
    report = import_course(folder)
    document = json.loads(report.to_json())
    assert document["files"]["static/.DS_Store"] is None
    assert document["files"]["html/h1.xml"]["path"] == "html/h1/definition.xml"
    assert document["findings"][0] == {
        "severity": "warning",
        "code": "dangling-asset",
        "file": "html/h1.html",
        "line": 1,
        "message": "There is no asset 'gone.pdf' in static/.",
        "mend": "",
    }
    text = report.to_text().splitlines()
    assert text[0] == (
        "warning: html/h1.html:1: There is no asset 'gone.pdf' in static/. [dangling-asset]"
    )
    assert text[-1].split() == ["7", "of", "8", "files", "kept"]
    none = {file for file, place in report.files.items() if place is None}
    assert none <= {finding.file for finding in report.findings}


def test_a_library_is_imported_and_again(folder: Path) -> None:
    library = '<library org="O" library="L" display_name="Bank"><problem url_name="p"/></library>'
    write_files(folder, {"library.xml": library, "problem/p.xml": "<problem/>"})
    report = import_course(folder)
    assert {outcome.type for outcome in report.created} == {"library", "problem"}
    again = import_course(folder)
    assert len(again.unchanged) == 2


def test_long_titles_are_cut(folder: Path) -> None:
    course = f'<course display_name="{"long " * 60}"><chapter url_name="ch"/></course>'
    report = import_course(write_files(folder, {**COURSE, "course/run.xml": course}))
    assert report.course_bundle_uuid is not None
    assert len(api.get_bundle(report.course_bundle_uuid).title) == 180
    again = import_course(folder)
    assert (again.created, again.updated) == ((), ())
