"""Exports are read safely, whatever they come in."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openedx_blockstore.courses import unpack
from openedx_blockstore.courses.findings import FindingCollector
from openedx_blockstore.courses.reader import open_export
from openedx_blockstore.exceptions import InvalidArchive, LimitExceeded
from tests.courses.helpers import COURSE, write_files


def make_tar(target: Path, *members: tarfile.TarInfo, prefix: str = "course/") -> Path:
    """Make a tar archive of the small course and of further members."""
    with tarfile.open(target, "w:gz") as tar:
        for path, contents in COURSE.items():
            data = contents.encode() if isinstance(contents, str) else contents
            info = tarfile.TarInfo(prefix + path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return target


def make_zip(target: Path, more: dict[str, bytes] | None = None) -> Path:
    """Make a zip archive of the small course and of further files."""
    with zipfile.ZipFile(target, "w") as zipped:
        for path, contents in {**COURSE, **(more or {})}.items():
            zipped.writestr(f"course/{path}", contents)
    return target


def member(name: str, kind: bytes = tarfile.REGTYPE, **fields: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def read(path: Path) -> tuple[dict[str, bytes], tuple[str, ...], list[str]]:
    """Return the files of an export, what was left out, and the codes of the findings."""
    findings = FindingCollector()
    with open_export(path, findings) as export:
        files = {name: export.read(name) for name in export.files}
        return files, export.left_out, [finding.code for finding in findings.sorted()]


@pytest.mark.parametrize(
    "make",
    [
        lambda tmp_path: write_files(tmp_path / "folder", COURSE),
        lambda tmp_path: write_files(tmp_path / "folder" / "course", COURSE).parent,
        lambda tmp_path: make_tar(tmp_path / "course.tar.gz"),
        lambda tmp_path: make_tar(tmp_path / "named_wrongly.zip", prefix="./"),
        lambda tmp_path: make_zip(tmp_path / "course.zip"),
    ],
    ids=["folder", "folder-in-folder", "tar.gz", "tar-at-root", "zip"],
)
def test_an_export_is_a_folder_a_tar_or_a_zip(make: Callable[[Path], Path], tmp_path: Path) -> None:
    files, left_out, _ = read(make(tmp_path))
    assert files == {path: str(text).encode() for path, text in COURSE.items()}
    assert left_out == ()


def test_junk_of_systems_is_left_out_with_a_finding_each(tmp_path: Path) -> None:
    junk = [".DS_Store", "static/Thumbs.db", "static/._a.png", "__MACOSX/x", ".git/HEAD"]
    write_files(tmp_path, {**COURSE, **dict.fromkeys(junk, "x"), "static/a.png~": "kept"})
    files, left_out, codes = read(tmp_path)
    assert sorted(left_out) == sorted(junk)
    assert codes == ["junk"] * len(junk)
    assert files["static/a.png~"] == b"kept"


def test_links_are_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    course = write_files(tmp_path / "course", COURSE)
    (course / "static").mkdir()
    (course / "static" / "out.txt").symlink_to(secret)
    (course / "static" / "folder").symlink_to(course / "html")
    (course / "static" / "loop").symlink_to(course / "static")
    files, left_out, codes = read(course)
    assert set(files) == set(COURSE)
    assert set(left_out) == {"static/out.txt", "static/folder", "static/loop"}
    assert codes == ["symbolic-link"] * 3


def test_links_in_archives_are_left_out(tmp_path: Path) -> None:
    links = [
        member("course/static/a", tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("course/static/b", tarfile.LNKTYPE, linkname="course/course.xml"),
    ]
    files, left_out, codes = read(make_tar(tmp_path / "c.tar.gz", *links))
    assert set(files) == set(COURSE)
    assert left_out == ("static/a", "static/b")
    assert codes == ["symbolic-link"] * 2


@pytest.mark.parametrize(
    "bad",
    [
        member("../outside.txt"),
        member("course/../../outside.txt"),
        member("/absolute.txt"),
        member("course/device", tarfile.CHRTYPE),
        member("course/pipe", tarfile.FIFOTYPE),
        member("course/course.xml"),
        member("course/course.xml/inside"),
    ],
    ids=["parent", "parent-inside", "absolute", "device", "pipe", "twice", "file-as-folder"],
)
def test_a_hostile_tar_is_refused_and_writes_nothing_outside(
    bad: tarfile.TarInfo, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    archive = make_tar(tmp_path / "in" / "c.tar.gz", bad)
    with pytest.raises(InvalidArchive) as caught:
        read(archive)
    assert caught.value.entry is not None
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["c.tar.gz", "in"]


def test_a_zip_that_leads_out_of_its_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArchive, match="leads out"):
        read(make_zip(tmp_path / "c.zip", {"../../outside.txt": b"x"}))


def test_bounds_are_counted_on_what_comes_out(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    zeros = make_zip(tmp_path / "bomb.zip")
    with zipfile.ZipFile(zeros, "a", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("course/static/zeros", bytes(4_000_000))
    monkeypatch.setattr(unpack, "RATIO_FREE_BYTES", 1_000_000)
    with pytest.raises(LimitExceeded, match="MAX_ARCHIVE_RATIO"):
        read(zeros)
    settings.OPENEDX_BLOCKSTORE = {"MAX_ARCHIVE_BYTES": 100_000}
    with pytest.raises(LimitExceeded, match="MAX_ARCHIVE_BYTES"):
        read(zeros)
    settings.OPENEDX_BLOCKSTORE = {"MAX_ARCHIVE_ENTRIES": 3}
    with pytest.raises(LimitExceeded, match="MAX_ARCHIVE_ENTRIES"):
        read(zeros)
    with pytest.raises(LimitExceeded, match="MAX_ARCHIVE_ENTRIES"):
        read(write_files(tmp_path / "folder", COURSE))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path / "nowhere", "no file or folder"),
        (lambda path: write_files(path / "empty", {"a.txt": ""}), "no course.xml"),
        (
            lambda path: write_files(path / "two", {"a/course.xml": "", "b/course.xml": ""}),
            "more than one",
        ),
        (lambda path: write_files(path, {"x.zip": "plain text"}) / "x.zip", "neither a tar"),
        (lambda path: write_files(path, {"x.gz": b"\x1f\x8bnothing"}) / "x.gz", "damaged"),
        (
            lambda path: write_files(path, {"x.zip": b"PK\x05\x06" + bytes(18)}) / "x.zip",
            "no course",
        ),
    ],
)
def test_what_is_no_export_is_refused_with_the_mend(
    make: Callable[[Path], Path], says: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArchive, match=says):
        read(make(tmp_path))


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "c.tar.gz")
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(InvalidArchive, match="damaged"):
        read(archive)
