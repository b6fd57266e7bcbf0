"""Whatever a course looks like, and however it is edited, it comes out as it last went in."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from openedx_blockstore import api
from openedx_blockstore.courses import CourseImportReport, export_course, import_course
from tests.courses.helpers import read_blocks, read_files, write_files

#: Names that clash, hide folders, and are no words.
NAMES = ["a", "A", "b", "a:b", "x y", "é", "v.1", "con-1"]
ASSETS = ["p.png", "P.png", "my pic.png", "my_pic.png", "sub/p.png", "page.html", "ü.css"]
LEAVES = ["html", "problem", "poll", "video"]


class _Writer:
    """Writes a course out of what hypothesis draws."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.files: dict[str, str | bytes] = {}
        for name in draw(st.lists(st.sampled_from(ASSETS), unique=True)):
            self.files[f"static/{name}"] = draw(
                st.sampled_from(["1", '<img src="p.png">', "url(/static/p.png)"])
            )

    def reference(self) -> str:
        name = self.draw(st.sampled_from([*ASSETS, "gone.png"]))
        return f"&lt;img src=&quot;/static/{name}&quot;&gt;" if self.draw(st.booleans()) else ""

    def attributes(self) -> str:
        pairs = [("display_name", "T 1"), ("due", "2030"), ("start", "x"), ("odd", "&lt;&#10;")]
        chosen = self.draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2))
        return "".join(f' {name}="{value}"' for name, value in chosen)

    def block(self, tag: str, attributes: str, contents: str) -> str:
        """Write a block inline, named or not, or into a file of its own."""
        name = self.draw(st.sampled_from(NAMES))
        file = f"{tag}/{name.replace(':', '/')}.xml"
        how = self.draw(st.sampled_from(["file", "file", "named", "nameless"]))
        pointer = f'<{tag} url_name="{name}"/>'
        if how == "file":
            self.files.setdefault(file, f"<{tag}{attributes}>{contents}</{tag}>")
            return pointer
        named = f' url_name="{name}"' if how == "named" else ""
        if named and not attributes and not contents and file in self.files:
            return pointer
        return f"<{tag}{named}{attributes} z=''>{contents}</{tag}>"

    def leaf(self) -> str:
        tag = self.draw(st.sampled_from(LEAVES))
        attributes = self.attributes()
        if tag == "html" and self.draw(st.booleans()):
            page = self.draw(st.sampled_from(["a", "A", "sub/p"]))
            self.files.setdefault(f"html/{page}.html", f"<p>{self.reference()}")
            attributes += f' filename="{page}"'
        if tag == "video" and self.draw(st.booleans()):
            self.files.setdefault("static/subs_s.srt.sjson", "{}")
            attributes += ' sub="s"'
        return self.block(tag, attributes, self.reference())

    def container(self, tags: list[str]) -> str:
        tag, below = tags[0], tags[1:]
        children = []
        for _ in range(self.draw(st.sampled_from([2, 1, 3, 0]))):
            is_leaf = not below or (tag != "course" and self.draw(st.integers(0, 2)) == 0)
            children.append(self.leaf() if is_leaf else self.container(below))
        return self.block(tag, self.attributes(), "\n  ".join(children))


@st.composite
def exports(draw: DrawFn) -> dict[str, str | bytes]:
    """Draw a course: any blocks, inline or in files, shared, nested, clashing or broken."""
    writer = _Writer(draw)
    chapters = [
        writer.container(["chapter", "sequential", "vertical", "split_test", "vertical"])
        for _ in range(draw(st.integers(1, 2)))
    ]
    text = f"<course{writer.attributes()}><textbook/>{''.join(chapters)}<wiki/></course>"
    if draw(st.booleans()):
        writer.files["course/run.xml"] = text
        text = '<course url_name="run" org="O" course="C"/>'
    else:
        text = text.replace("<course", '<course url_name="run" org="O" course="C"', 1)
    return {**writer.files, "course.xml": text}


def check_round_trip(report: CourseImportReport, source: Path, folder: Path) -> None:
    """Export a course and compare it with what went in."""
    assert report.course_bundle_uuid is not None
    again = import_course(source, collection_uuid=report.collection_uuid)
    assert (again.created, again.updated) == ((), ())
    assert again.files == report.files
    export_course(report.course_bundle_uuid, to=folder)
    before, after = read_files(source), read_files(folder)
    assert set(after) == set(before)
    assert [f for f in before if not f.endswith(".xml") and before[f] != after[f]] == []
    assert read_blocks(folder) == read_blocks(source)
    back = import_course(folder, collection_uuid=report.collection_uuid)
    assert (back.created, back.updated) == ((), ())


@pytest.mark.django_db
@pytest.mark.usefixtures("file_storage")
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=exports(), second=exports())
def test_any_course_and_any_edit_of_it_comes_out_whole(
    first: dict[str, str | bytes], second: dict[str, str | bytes]
) -> None:
    collection = api.create_collection("Any").uuid
    folder = Path(tempfile.mkdtemp())
    try:
        for name, files in (("first", first), ("second", second)):
            note(f"{name}: {files!r}")
            source = write_files(folder / name, files)
            report = import_course(source, collection_uuid=collection)
            check_round_trip(report, source, folder / f"{name} out")
    finally:
        shutil.rmtree(folder)


@pytest.mark.django_db
@pytest.mark.usefixtures("file_storage")
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=exports(), second=exports())
def test_any_two_runs_live_in_one_collection(
    first: dict[str, str | bytes], second: dict[str, str | bytes]
) -> None:
    collection = api.create_collection("Any").uuid
    folder = Path(tempfile.mkdtemp())
    other = {path.replace("/run.xml", "/run2.xml"): text for path, text in second.items()}
    other["course.xml"] = str(other["course.xml"]).replace('url_name="run"', 'url_name="run2"')
    try:
        note(f"first: {first!r}\nsecond: {other!r}")
        sources = [write_files(folder / "first", first), write_files(folder / "second", other)]
        reports = [import_course(source, collection_uuid=collection) for source in sources]
        for number, (report, source) in enumerate(zip(reports, sources, strict=True)):
            check_round_trip(report, source, folder / f"out{number}")
    finally:
        shutil.rmtree(folder)
