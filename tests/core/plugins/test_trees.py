"""Content that is in no store can be looked at as plugins look at content."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from openedx_blockstore.archives import ArchiveContents, dump_contents
from openedx_blockstore.data import Dependency
from openedx_blockstore.exceptions import BundleFileNotFound, InvalidArchive
from openedx_blockstore.plugin_tools import open_trees
from openedx_blockstore.store import digest_of
from tests.archives.building import META, UUID_A, UUID_B, pack, tree

SAMPLE = Path(__file__).resolve().parents[3] / "sample_course"


def test_a_course() -> None:
    with open_trees(SAMPLE) as (opened,):
        assert (opened.kind, opened.contents.bundle_type) == ("course", "course")
        assert "html/pellet.xml" in opened.contents.files
        assert {finding.code for finding in opened.findings} == {"unused-file"}
        assert opened.refused == ""


def test_a_course_that_an_import_would_refuse(tmp_path: Path) -> None:
    (tmp_path / "course.xml").write_text('<course url_name="gone" org="O" course="C"/>')
    with open_trees(tmp_path) as (opened,):
        assert "course/gone.xml" in opened.refused


def test_a_folder_is_one_bundle_and_nothing_leads_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    folder = tmp_path / "bundle"
    for name in ("static", ".blockstore", "links", ".git"):
        (folder / name).mkdir(parents=True)
    (folder / "static" / "a.txt").write_text("a")
    (folder / ".git" / "config").write_text("x")
    (folder / "static" / "b.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "static" / "loop").symlink_to(folder)
    lender = tmp_path / "lender"
    lender.mkdir()
    (lender / "c.txt").write_text("c")
    (folder / "links" / "lent").symlink_to(lender)
    (folder / "links" / "other").symlink_to(lender)
    link = {"bundle_uuid": str(uuid4()), "version": 2}
    info = {"_meta": META, "uuid": UUID_A, "version": 1, "title": "T", "type": "unit"}
    document = json.dumps({**info, "links": {"lent": link}})
    (folder / ".blockstore" / "info.json").write_text(document)
    with open_trees(folder) as (opened,):
        contents = opened.contents
        assert (opened.kind, contents.title, contents.bundle_type) == ("bundle", "T", "unit")
        assert [(f.path, f.size, f.digest) for f in contents.files.values()] == [
            ("static/a.txt", 1, digest_of(b"a"))
        ]
        assert contents.read("links/lent/c.txt") == b"c"
        for path in ("links/lent/../outside.txt", "links/other/c.txt", "links/lent", "x", "links"):
            with pytest.raises(BundleFileNotFound):
                contents.read(path)


def test_an_archive_of_many_versions(tmp_path: Path) -> None:
    lender = tree({"a.txt": b"a"}, folder=f"{UUID_A}/1/", uuid=UUID_A, version=1)
    links = {"lent": {"bundle_uuid": UUID_A, "version": 1}}
    borrower = tree({"b.txt": b"b"}, folder=f"{UUID_B}/3/", uuid=UUID_B, version=3, links=links)
    roots = (Dependency(UUID(UUID_B), 3),)
    trees = (Dependency(UUID(UUID_A), 1), *roots)
    table = dump_contents(ArchiveContents("bundle", roots, trees))
    path = tmp_path / "all.tar.gz"
    path.write_bytes(pack({".blockstore/archive.json": table, **lender, **borrower}).getvalue())
    with open_trees(path) as opened:
        assert [each.contents.version for each in opened] == [1, 3]
        assert opened[1].contents.read("links/lent/a.txt") == b"a"
        with pytest.raises(BundleFileNotFound):
            opened[1].contents.read("links/lent/b.txt")


@pytest.mark.parametrize("name", ["", "nowhere", "file.txt"])
def test_what_is_nothing_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("hello")
    with pytest.raises(InvalidArchive), open_trees(tmp_path / name if name else ""):
        pass
