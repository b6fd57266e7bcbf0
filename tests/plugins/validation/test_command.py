"""``validate_olx``: what authors and their CI see."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.archives.building import tree
from tests.plugins.validation.helpers import PNG

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "sample_course"


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run the command here, and return its exit code and its output."""
    output = io.StringIO()
    try:
        call_command("validate_olx", *map(str, arguments), stdout=output, stderr=output)
    except CommandError as error:
        return error.returncode, str(error)
    except SystemExit as stop:
        return int(stop.code or 0), output.getvalue()
    return 0, output.getvalue()


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for path, contents in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(contents.encode() if isinstance(contents, str) else contents)
    return folder


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the sample course."""
    shutil.copytree(SAMPLE, tmp_path / "course")
    return tmp_path / "course"


def packed(folder: Path, kind: str) -> Path:
    """Pack a folder as its own archive."""
    path = folder.parent / f"{folder.name}.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as zipped:
            for file in sorted(folder.rglob("*")):
                zipped.write(file, file.relative_to(folder.parent))
    else:
        with tarfile.open(path, "w:gz" if kind == "tar.gz" else "w") as tarred:
            tarred.add(folder, folder.name)
    return path


@pytest.mark.parametrize("kind", ["folder", "tar.gz", "zip", "tar"])
def test_a_course_in_every_form(course: Path, kind: str) -> None:
    (course / "html" / "extra.xml").write_text("<html>\n<p></html>")
    code, output = run(course if kind == "folder" else packed(course, kind))
    assert code == 1
    assert output.startswith("error: html/extra.xml:2: It is not well-formed: mismatched tag")
    assert "1 errors, 0 warnings, 3 notes" in output


def test_a_good_course(course: Path) -> None:
    code, output = run(course, "--verbosity", "2", "--strict")
    assert code == 0, output
    assert "unused-file" in output
    assert run(course, "--verbosity", "0") == (0, "")


def test_warnings_count_where_one_is_strict(course: Path) -> None:
    (course / "static" / "owl.svg").unlink()
    code, output = run(course)
    assert code == 0
    assert "dangling-asset" in output
    assert run(course, "--strict")[0] == 1


def test_findings_come_by_file_and_line(courses: Path) -> None:
    code, output = run(courses / "studio-advanced" / "course", "--json")
    assert code == 0
    document = json.loads(output)
    (checked,) = document["checked"]
    assert (checked["kind"], checked["type"]) == ("course", "course")
    keys = [(each["file"], each["line"] or 0) for each in checked["findings"]]
    assert keys == sorted(keys)
    assert document["counts"]["error"] == 0
    assert document["counts"]["warning"] == 190


def test_annotations_for_github(course: Path) -> None:
    (course / "html" / "a,b%.xml").write_text("<html>\n<p></html>")
    code, output = run(course, "--format", "github")
    assert code == 1
    lines = output.splitlines()
    (error,) = [line for line in lines if line.startswith("::error ")]
    assert error.startswith("::error file=html/a%2Cb%25.xml,line=2,title=malformed-xml::It is not")
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)


def test_what_it_was_before(course: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(course, before)
    (course / "problem" / "why_a_disc.xml").rename(course / "problem" / "why_a_face.xml")
    vertical = next(
        path for path in (course / "vertical").iterdir() if "why_a_disc" in path.read_text()
    )
    vertical.write_text(vertical.read_text().replace("why_a_disc", "why_a_face"))
    code, output = run(course, "--previous", before)
    assert code == 0
    assert "warning: problem/why_a_face.xml:1: The problem 'problem/why_a_face' was" in output
    assert run(course, "--previous", course)[1].count("state-block") == 0


# Bundles -----------------------------------------------------------------------------------------


def test_a_folder_as_the_client_pulls_it(tmp_path: Path) -> None:
    lender = write(tmp_path / "lender", {"static/a.png": PNG})
    files = {
        "html.xml": '<html><img src="/static/a.png"/>links/pics/static/b.png</html>',
        ".blockstore/info.json": json.dumps(
            {
                "_meta": {"version": 1, "digest": "sha256"},
                "uuid": str(uuid4()),
                "version": 3,
                "title": "A bundle",
                "type": "html",
                "links": {"pics": {"bundle_uuid": str(uuid4()), "version": 1}},
            }
        ),
    }
    bundle = write(tmp_path / "bundle", files)
    (bundle / "links").mkdir()
    (bundle / "links" / "pics").symlink_to(lender)
    code, output = run(bundle, "--json")
    (checked,) = json.loads(output)["checked"]
    assert (checked["kind"], checked["type"], checked["title"]) == ("bundle", "html", "A bundle")
    assert [each["message"] for each in checked["findings"]] == [
        "There is no 'links/pics/static/b.png'."
    ]
    assert code == 0


def test_a_folder_of_files_and_its_type(tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", {"notes.txt": "x", ".git/config": "x", "a.xml": "<problem/>"})
    assert run(folder, "--strict")[0] == 0
    code, output = run(folder, "--type", "unit", "--strict")
    assert code == 1
    assert "no-definition" in output


def test_an_archive_of_a_bundle(tmp_path: Path) -> None:
    entries = tree({"unit.xml": b"<unit>"}, type="unit", title="A unit")
    archive = packed(write(tmp_path / "x", entries), "zip")
    code, output = run(archive)
    assert code == 1
    assert "unit.xml:1" in output


@pytest.mark.django_db
@pytest.mark.usefixtures("file_storage")
def test_an_archive_of_many_bundle_versions(tmp_path: Path) -> None:
    from openedx_blockstore import api  # noqa: PLC0415 - the other tests need no database
    from openedx_blockstore.data import LinkTarget  # noqa: PLC0415

    collection = api.create_collection("C").uuid
    lender = api.create_bundle(collection, "l", "Lender", type="assets").uuid
    api.import_version(lender, {"static/a.png": PNG})
    bundle = api.create_bundle(collection, "u", "Borrower", type="html").uuid
    text = '<html><img src="/static/a.png"/><img src="/static/b.png"/></html>'
    links = {"pics": LinkTarget(lender, 1)}
    api.import_version(bundle, {"html.xml": text}, links=links)
    archive = tmp_path / "all.tar.gz"
    api.export_collection(collection, to=archive)
    code, output = run(archive)
    assert code == 0
    assert f"Lender ({lender}, version 1)" in output
    assert output.count("[dangling-asset]") == 1
    assert "/static/b.png" in output


# Bad input ---------------------------------------------------------------------------------------


def hostile(folder: Path, name: str, **entry: object) -> Path:
    """Pack an archive with an entry that no honest program makes."""
    path = folder / "hostile.tar.gz"
    with tarfile.open(path, "w:gz") as tarred:
        tarred.add(SAMPLE / "course.xml", "course.xml")
        info = tarfile.TarInfo(name)
        for key, value in entry.items():
            setattr(info, key, value)
        tarred.addfile(info, io.BytesIO(b"x" * info.size))
    return path


def test_bad_input_is_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "text.tar.gz").write_bytes(b"hello")
    (tmp_path / "cut.tar.gz").write_bytes(packed_sample(tmp_path).read_bytes()[:2_000])
    (tmp_path / "empty.zip").write_bytes(b"")
    for path in ("nowhere", "text.tar.gz", "cut.tar.gz", "empty.zip"):
        code, output = run(tmp_path / path)
        assert code == 2, path
        assert "Traceback" not in output
    assert run()[0] == 2
    assert run("")[0] == 2
    assert run(SAMPLE, "--bundle", str(uuid4()))[0] == 2
    assert run(SAMPLE, "--version-number", "1")[0] == 2
    assert run(SAMPLE, "--previous", tmp_path / "nowhere")[0] == 2
    (tmp_path / "x").mkdir()
    assert run(SAMPLE, "--previous", tmp_path / "x")[0] == 2
    assert run("--bundle", str(uuid4()), "--previous", SAMPLE)[0] == 2


def test_a_folder_without_files_is_not_found_to_be_good(tmp_path: Path) -> None:
    """It is what CI has where the path is wrong."""
    (tmp_path / "html").mkdir()
    code, output = run(tmp_path)
    assert code == 2
    assert f"there is no file in '{tmp_path}'" in output


def test_wrong_settings_are_not_taken_for_a_faulty_course(settings: Settings) -> None:
    wrong = {"openedx_blockstore_validation": {"MAX_FINDINGS": 0}}
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "PLUGIN_SETTINGS": wrong}
    code, output = run(SAMPLE)
    assert code == 2
    assert "MAX_FINDINGS" in output


def packed_sample(tmp_path: Path) -> Path:
    """Pack the sample course."""
    shutil.copytree(SAMPLE, tmp_path / "sample", dirs_exist_ok=True)
    return packed(tmp_path / "sample", "tar.gz")


@pytest.mark.parametrize("name", ["../evil.xml", "/tmp/evil.xml", "a/../../evil.xml"])
def test_archives_do_not_leave_their_tree(tmp_path: Path, name: str) -> None:
    code, output = run(hostile(tmp_path, name, size=1))
    assert code == 2
    assert "can not be imported" in output
    assert not list(tmp_path.parent.glob("evil.xml"))


def test_archives_do_not_explode(tmp_path: Path, settings: Settings) -> None:
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "MAX_ARCHIVE_BYTES": 10_000}
    assert run(hostile(tmp_path, "static/zeros.bin", size=20_000))[0] == 2


def test_a_course_without_a_readable_root_is_an_error_of_the_course(course: Path) -> None:
    (course / "course.xml").write_text("<course")
    code, output = run(course)
    assert code == 1
    assert "[malformed-xml]" in output
    assert "[not-importable]" in output


def test_names_that_a_terminal_would_obey_are_shown(course: Path) -> None:
    (course / "html" / "\x1b[2Jx.xml").write_text("<html>")
    code, output = run(course)
    assert code == 1
    assert "\x1b" not in output.replace("\x1b[3", "").replace("\x1b[0m", "")


def test_names_that_are_no_text(course: Path) -> None:
    Path(os.fsdecode(os.fsencode(course / "html") + b"/\xff.xml")).write_text("<html>")
    for form in ("text", "json", "github"):
        code, output = run(course, "--format", form)
        assert code == 1, form
        output.encode()


def test_no_database_is_needed(tmp_path: Path) -> None:
    """As a program, where nobody has made a table; and the exit codes are what a shell sees."""
    environment = {**os.environ, "BLOCKSTORE_DATA_DIR": str(tmp_path / "var")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    environment.pop("DATABASE_URL", None)

    def exit_code(*arguments: str) -> int:
        command = [sys.executable, str(ROOT / "manage.py"), "validate_olx", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, check=False).returncode

    assert exit_code(str(SAMPLE)) == 0
    assert exit_code(str(tmp_path / "nowhere")) == 2
    assert exit_code("--no-such-option") == 2
    assert exit_code("--bundle", str(UUID(int=1))) == 2
    bad = write(tmp_path / "bad", {"problem.xml": "<problem>"})
    assert exit_code(str(bad)) == 1
    assert not list((tmp_path / "var").glob("*.sqlite3*")) or exit_code(str(SAMPLE)) == 0


def test_what_an_import_would_say_is_said_whoever_says_it(course: Path) -> None:
    """Such as the runtime bridge, of a block that its class can not read."""
    (broken,) = sorted((course / "problem").glob("*.xml"))[:1]
    text = broken.read_text()
    assert text.count("<problem") == 1
    broken.write_text(text.replace("<problem", '<problem weight="heavy"', 1))
    code, output = run(course, "--json")
    findings = json.loads(output)["checked"][0]["findings"]
    found = [each for each in findings if each["code"] == "does-not-load"]
    assert code == 1
    assert [each["file"] for each in found] == [f"problem/{broken.name}"]
    assert found[0]["severity"] == "error"
    assert found[0]["line"] is not None
