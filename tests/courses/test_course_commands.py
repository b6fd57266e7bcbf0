"""The commands that import and export courses."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from openedx_blockstore import api
from tests.courses.helpers import COURSE, read_files, write_files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage")]


@pytest.fixture
def course(tmp_path: Path) -> str:
    """The path of a small export with a dangling reference."""
    links = "".join(f'<a href="/static/gone{n}.pdf">' for n in range(8))
    return str(write_files(tmp_path / "export", {**COURSE, "html/h1.html": links}))


def run(*arguments: str) -> str:
    """Run a command and return what it prints."""
    output = StringIO()
    call_command(*arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


def test_importing_prints_findings_sums_and_where_the_course_is(course: str) -> None:
    output = run("import_course", course)
    assert output.count("[dangling-asset]") == 6
    assert "… and 3 more of [dangling-asset] (--verbosity 2)" in output
    assert "     2 bundles created" in output
    (bundle,) = api.get_bundles(type="course")
    assert str(bundle.uuid) in output
    assert "     2 bundles unchanged" in run("import_course", course)
    assert run("import_course", course, "--verbosity", "2").count("[dangling-asset]") == 8
    assert run("import_course", course, "--verbosity", "0") == ""


def test_importing_prints_json(course: str) -> None:
    report = json.loads(run("import_course", course, "--json"))
    assert report["course_bundle_uuid"] == str(api.get_bundles(type="course")[0].uuid)
    assert len(report["created"]) == 2


def test_a_dry_run_says_that_it_was_one(course: str) -> None:
    assert "nothing was stored" in run("import_course", course, "--dry-run")
    assert api.get_bundles() == []
    assert json.loads(run("import_course", course, "--dry-run", "--json"))["dry_run"] is True


def test_importing_into_a_collection(course: str) -> None:
    uuid = api.create_collection("Mine").uuid
    run("import_course", course, "--collection", str(uuid))
    assert len(api.get_bundles(collection_uuid=uuid)) == 2
    with pytest.raises(CommandError, match="no collection"):
        run("import_course", course, "--collection", str(uuid4()))


def test_what_can_not_be_read_ends_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no file or folder"):
        run("import_course", str(tmp_path / "nowhere"))


def test_exporting_writes_a_folder_or_an_archive(course: str, tmp_path: Path) -> None:
    uuid = json.loads(run("import_course", course, "--json"))["course_bundle_uuid"]
    assert "7 files written" in run("export_course", uuid, str(tmp_path / "out"))
    assert set(read_files(tmp_path / "out")) == set(COURSE)
    report = json.loads(run("export_course", uuid, str(tmp_path / "c.zip"), "--json"))
    assert report == {"files": 7, "findings": []}
    run("export_course", uuid, str(tmp_path / "c.tar.gz"), "--version-num", "1")
    assert (tmp_path / "c.tar.gz").stat().st_size > 0


def test_exporting_what_is_no_course_ends_with_an_error(course: str, tmp_path: Path) -> None:
    run("import_course", course)
    (sequence,) = api.get_bundles(type="sequence")
    for uuid in (str(sequence.uuid), str(uuid4()), "nonsense"):
        with pytest.raises(CommandError):
            run("export_course", uuid, str(tmp_path / "out"))
    (bundle,) = api.get_bundles(type="course")
    with pytest.raises(CommandError, match="already"):
        run("export_course", str(bundle.uuid), course)
