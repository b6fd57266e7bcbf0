"""An export undoes every step of the import."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from openedx_blockstore import api
from openedx_blockstore.courses import export_course, import_course
from openedx_blockstore.exceptions import BundleNotFound, BundleVersionNotFound, Invalid
from tests.courses.helpers import (
    COURSE,
    TWO_SEQUENTIALS,
    read_blocks,
    read_files,
    write_files,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage")]

ODD: dict[str, dict[str, str | bytes]] = {
    "plain": COURSE,
    "everything inline": {
        "course.xml": """<course org="Org" course="C1" url_name="run" display_name="T" start="2030">
          <!-- settings -->
          <textbook title="Book"/>
          <chapter url_name="ch" display_name="C"><sequential url_name="s1" due="1" format="x">
            <vertical url_name="v1" start="2"><html url_name="h" filename="page"/><poll/>
              <problem display_name="P">text<p/></problem><video url_name="v" sub="a"/></vertical>
          </sequential></chapter><wiki slug="w"/></course>""",
        "html/page.html": "<p>&nbsp;",
        "static/subs_a.srt.sjson": "{}",
    },
    "no names at all": {
        "course.xml": """<course org="Org" course="C1"><chapter display_name="A"><sequential>
          <vertical><html>x</html><html filename="p"/></vertical><vertical/></sequential>
          <sequential display_name="S"/></chapter><chapter/></course>""",
        "html/p.html": "page",
    },
    "two parents and leaves anywhere": {
        **TWO_SEQUENTIALS,
        "course/run.xml": '<course><problem url_name="p"/><chapter url_name="ch"/>'
        '<sequential url_name="s1"/><html url_name="h0"/></course>',
        "chapter/ch.xml": '<chapter><html url_name="h0"/><sequential url_name="s1"/>'
        '<sequential url_name="s2"/><vertical url_name="v3"/></chapter>',
        "vertical/v2.xml": '<vertical><html url_name="h1"/><html url_name="h2"/></vertical>',
        "vertical/v3.xml": '<vertical due="9"><html url_name="h2"/></vertical>',
        "html/h0.xml": "<html>x</html>",
        "problem/p.xml": "<problem/>",
    },
    "colons, case and strange names": {
        **COURSE,
        "vertical/v1.xml": '<vertical><html url_name="secret:lab"/><html url_name="Two words"/>'
        '<html url_name="a"/><html url_name="A"/><problem url_name="a"/></vertical>',
        "html/secret/lab.xml": '<html url_name="other" filename="secret/lab"/>',
        "html/secret/lab.html": "1",
        "html/Two words.xml": '<html filename="a b"/>',
        "html/a b.html": "2",
        "html/a.xml": '<html filename="a.html"/>',
        "html/a.html": "3",
        "html/A.xml": "<html>4</html>",
        "problem/a.xml": "<problem/>",
        "static/logo.png": "5",
        "static/Logo.png": "6",
        "static/e\u0301.png": "7",
        "static/key me.png": "8",
        "static/line\nfeed.png": "9",
        "html/h1.html": '<img src="/static/key_me.png">',
    },
    "nested containers": {
        **COURSE,
        "vertical/v1.xml": """<vertical><split_test url_name="t"/><conditional url_name="c">
          <show sources="x"><html url_name="h1"/></show></conditional>
          <problem-builder url_name="b"><pb-mcq url_name="q"/><html url_name="h2"/>
          </problem-builder></vertical>""",
        "split_test/t.xml": '<split_test><vertical url_name="in"/><vertical url_name="in2">'
        "<poll/></vertical></split_test>",
        "vertical/in.xml": '<vertical display_name="In"><html url_name="h1"/></vertical>',
        "html/h2.xml": "<html>two</html>",
    },
    "damage and leftovers": {
        **COURSE,
        "course/run.xml": '<course><chapter url_name="ch"/><chapter url_name="bad"/>'
        '<chapter url_name="gone"/></course>',
        "chapter/bad.xml": "<chapter",
        "vertical/v1.xml": '<vertical><html url_name="bad"/><html url_name="gone"/>'
        '<conditional url_name="loop"/></vertical>',
        "conditional/loop.xml": '<conditional><vertical url_name="v1"/></conditional>',
        "html/bad.xml": "<html>&nbsp;",
        "html/bad.html": "kept",
        "html/orphan.xml": "<html/>",
        "drafts/vertical/v1.xml": "<vertical/>",
        "policies/run/policy.json": '{"course/run": {}}',
        "policies/run2.json": "{}",
        "README": "read me",
        "navigation.json": "mine",
    },
    "library": {
        "library.xml": """<library xmlns:option="http://code.edx.org/xblock/option" org="O"
          library="L" url_name="library"><option:x>1</option:x><problem url_name="p"/>
          <poll url_name="i" q="?"/><poll/></library>""",
        "problem/p.xml": '<problem due="1">x</problem>',
        "policies/assets.json": "{}",
    },
}


@pytest.mark.parametrize("name", ODD)
def test_what_comes_out_is_what_went_in(name: str, tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", ODD[name])
    report = import_course(source)
    assert report.course_bundle_uuid is not None
    result = export_course(report.course_bundle_uuid, to=tmp_path / "out")
    assert result.findings == ()
    before, after = read_files(source), read_files(tmp_path / "out")
    assert set(after) == set(before)
    assert read_blocks(tmp_path / "out") == read_blocks(source)
    for file in before:
        if not file.endswith(".xml") or file.startswith(("html/", "problem/", "drafts/")):
            assert after[file] == before[file], file
    again = import_course(tmp_path / "out")
    assert (again.created, again.updated) == ((), ())


@pytest.mark.parametrize("name", ["c.tar.gz", "c.tgz", "c.zip"])
def test_an_archive_is_deterministic_and_can_be_imported(name: str, tmp_path: Path) -> None:
    report = import_course(write_files(tmp_path / "in", COURSE))
    assert report.course_bundle_uuid is not None
    target = tmp_path / name
    made = []
    for _ in range(2):
        export_course(report.course_bundle_uuid, to=target)
        made.append(target.read_bytes())
    assert made[0] == made[1]
    if name.endswith("zip"):
        with zipfile.ZipFile(target) as zipped:
            names = zipped.namelist()
    else:
        with tarfile.open(target) as tar:
            names = tar.getnames()
    assert sorted(names) == [f"course/{path}" for path in sorted(COURSE)]
    again = import_course(target)
    assert (again.created, again.updated) == ((), ())
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_older_version_comes_out_as_it_was(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", COURSE)
    report = import_course(source)
    write_files(source, {"html/h1.html": "new"})
    import_course(source)
    assert report.course_bundle_uuid is not None
    export_course(report.course_bundle_uuid, 1, to=tmp_path / "1")
    export_course(report.course_bundle_uuid, to=tmp_path / "2")
    assert (tmp_path / "1/html/h1.html").read_bytes() == b"<p>Hello"
    assert (tmp_path / "2/html/h1.html").read_bytes() == b"new"


def test_what_authors_made_in_the_store_comes_out_too(tmp_path: Path) -> None:
    report = import_course(write_files(tmp_path / "in", COURSE))
    (sequence,) = api.get_bundles(type="sequence")
    draft = api.get_or_create_bundle_draft(sequence.uuid, "edit").uuid
    api.write_draft_files(
        draft,
        {
            "sequence.xml": '<sequential display_name="One"><xblock-include '
            'definition="units/v1.xml"/><xblock-include definition="units/new.xml"/></sequential>',
            "units/new.xml": (
                '<unit display_name="New"><xblock-include definition="html/n"/></unit>'
            ),
            "html/n/definition.xml": '<html filename="n"/>',
            "html/n/n.html": '<img src="/static/n.png">',
            "static/n.png": "n",
            "notes.txt": "for authors",
        },
    )
    version = api.commit_draft(draft).version
    assert report.course_bundle_uuid is not None
    own = api.get_or_create_bundle_draft(report.course_bundle_uuid, "edit").uuid
    api.set_draft_link(own, "one", sequence.uuid, version)
    api.commit_draft(own)
    result = export_course(report.course_bundle_uuid, to=tmp_path / "out")
    files = read_files(tmp_path / "out")
    assert files["vertical/new.xml"] == (
        b'<vertical display_name="New"><html url_name="n"/></vertical>'
    )
    assert files["html/n.html"] == b'<img src="/static/n.png">'
    assert files["static/n.png"] == b"n"
    assert b'<vertical url_name="new"/>' in files["sequential/s1.xml"]
    assert [finding.code for finding in result.findings] == ["not-exported"]
    again = import_course(tmp_path / "out")
    assert again.created == ()
    assert [outcome.type for outcome in again.updated] == ["sequence", "course"]


def test_only_the_bundle_of_a_course_can_be_exported(tmp_path: Path) -> None:
    import_course(write_files(tmp_path / "in", COURSE))
    (sequence,) = api.get_bundles(type="sequence")
    with pytest.raises(Invalid, match="not that of a course"):
        export_course(sequence.uuid, to=tmp_path / "out")
    with pytest.raises(BundleNotFound):
        export_course(uuid4(), to=tmp_path / "out")
    (course,) = api.get_bundles(type="course")
    with pytest.raises(BundleVersionNotFound):
        export_course(course.uuid, 7, to=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_in_a_folder(tmp_path: Path) -> None:
    report = import_course(write_files(tmp_path / "in", COURSE))
    assert report.course_bundle_uuid is not None
    with pytest.raises(Invalid, match="empty or new folder"):
        export_course(report.course_bundle_uuid, to=tmp_path / "in")


@pytest.mark.parametrize("name", ["new", "empty", "c.tar.gz", "c.zip"])
def test_an_export_that_was_interrupted_leaves_nothing_and_can_be_run_again(
    name: str, tmp_path: Path
) -> None:
    report = import_course(write_files(tmp_path / "in", COURSE))
    assert report.course_bundle_uuid is not None
    (tmp_path / "out" / "empty").mkdir(parents=True)
    target = tmp_path / "out" / name
    before = sorted((tmp_path / "out").rglob("*"))

    def interrupt(done: int, _total: int, _what: str) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_course(report.course_bundle_uuid, to=target, progress=interrupt)
    assert sorted((tmp_path / "out").rglob("*")) == before
    export_course(report.course_bundle_uuid, to=target)
    again = import_course(target)
    assert (again.created, again.updated) == ((), ())


@pytest.mark.parametrize(
    ("file", "contents"),
    [
        ("navigation.json", "{"),
        ("navigation.json", "[]"),
        ("policy.json", '{"_meta": {"format": "openedx-blockstore/course-policy", "version": 9}}'),
        ("olx-layout.json", '{"_meta": {"format": "openedx-blockstore/olx-layout", "version": 1}}'),
    ],
)
def test_a_damaged_document_is_named(file: str, contents: str, tmp_path: Path) -> None:
    report = import_course(write_files(tmp_path / "in", COURSE))
    assert report.course_bundle_uuid is not None
    draft = api.get_or_create_bundle_draft(report.course_bundle_uuid, "edit").uuid
    api.write_draft_file(draft, file, contents)
    api.commit_draft(draft)
    with pytest.raises(Invalid, match=file):
        export_course(report.course_bundle_uuid, to=tmp_path / "out")


def test_a_layout_can_not_lead_out_of_the_target(tmp_path: Path) -> None:
    report = import_course(write_files(tmp_path / "in", COURSE))
    assert report.course_bundle_uuid is not None
    draft = api.get_or_create_bundle_draft(report.course_bundle_uuid, "edit").uuid
    layout: Any = api.get_bundle_file_data(report.course_bundle_uuid, "olx-layout.json").decode()
    evil = '"renamed": {"one:html/h1/h1.html": "../../outside.html"}'
    api.write_draft_file(draft, "olx-layout.json", layout.replace('"renamed": {}', evil))
    api.commit_draft(draft)
    with pytest.raises(Invalid):
        export_course(report.course_bundle_uuid, to=tmp_path / "out")
    assert not (tmp_path.parent / "outside.html").exists()


def test_names_that_are_no_text_come_out_again(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", COURSE)
    name = "static/caf\udce9.png"
    try:
        write_files(source, {name: "latin-1"})
    except (OSError, UnicodeError):
        pytest.skip("this file system holds no such names")
    report = import_course(source)
    place = report.files[name]
    assert place is not None
    assert place.path.startswith("static/caf_~")
    report.to_text().encode()
    report.to_json().encode()
    assert report.course_bundle_uuid is not None
    export_course(report.course_bundle_uuid, to=tmp_path / "out")
    assert read_files(tmp_path / "out")[name] == b"latin-1"
    export_course(report.course_bundle_uuid, to=tmp_path / "out.tar.gz")
    again = import_course(tmp_path / "out.tar.gz")
    assert (again.created, again.updated) == ((), ())
    with pytest.raises(Invalid, match="no text"):
        export_course(report.course_bundle_uuid, to=tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_a_course_that_borrows_from_elsewhere_comes_out_with_what_it_borrows(
    tmp_path: Path,
) -> None:
    lender: dict[str, str | bytes] = {
        **COURSE,
        "course.xml": '<course url_name="run" org="Org" course="Lender"/>',
        "chapter/ch.xml": '<chapter><sequential url_name="s9"/></chapter>',
        "sequential/s9.xml": '<sequential><vertical url_name="v9"/></sequential>',
        "vertical/v9.xml": '<vertical><html url_name="h9"/><video url_name="talk"/></vertical>',
        "html/h9.xml": "<html>lent</html>",
        "video/talk.xml": '<video sub="s"/>',
        "static/subs_s.srt.sjson": "{}",
    }
    import_course(write_files(tmp_path / "lender", lender))
    (sequence,) = api.get_bundles(type="sequence")
    report = import_course(write_files(tmp_path / "in", COURSE))
    assert report.course_bundle_uuid is not None
    own = api.get_or_create_bundle_draft(report.course_bundle_uuid, "edit").uuid
    navigation = json.loads(api.get_bundle_file_data(report.course_bundle_uuid, "navigation.json"))
    navigation["chapters"][0]["sequences"].append(
        {"id": "borrowed", "title": "Lent", "link": "lent", "file": "sequence.xml"}
    )
    api.write_draft_file(own, "navigation.json", json.dumps(navigation))
    api.set_draft_link(own, "lent", sequence.uuid, 1)
    api.commit_draft(own)
    result = export_course(report.course_bundle_uuid, to=tmp_path / "out")
    assert result.findings == ()
    files = read_files(tmp_path / "out")
    assert files["html/h9.xml"] == b"<html>lent</html>"
    assert files["video/talk.xml"] == b'<video sub="s"/>'
    assert files["static/subs_s.srt.sjson"] == b"{}"
    assert files["chapter/ch.xml"].count(b"<sequential") == 2
    assert b'<sequential url_name="s9"/>' in files["chapter/ch.xml"]
    again = import_course(tmp_path / "out", collection_uuid=api.create_collection("New").uuid)
    assert again.findings == ()
    assert sorted(outcome.type for outcome in again.created) == [
        "course",
        "sequence",
        "sequence",
        "video",
    ]


def test_comments_of_chapters_and_of_the_course_come_out_again(tmp_path: Path) -> None:
    files = {
        **COURSE,
        "course.xml": '<!-- licence --><course url_name="run" org="Org" course="C1"/>',
        "chapter/ch.xml": """<!-- first --><chapter><!-- why --><sequential url_name="s1"/>
            <?keep this?><option xmlns="urn:x"/></chapter><!-- last -->""",
    }
    report = import_course(write_files(tmp_path / "in", files))
    assert report.course_bundle_uuid is not None
    export_course(report.course_bundle_uuid, to=tmp_path / "out")
    assert (tmp_path / "out/chapter/ch.xml").read_text() == (
        '<chapter>\n  <!-- first -->\n  <!-- why -->\n  <sequential url_name="s1"/>\n'
        '  <?keep this?>\n  <option xmlns="urn:x"/>\n  <!-- last -->\n</chapter>\n'
    )
    assert "<!-- licence -->" in (tmp_path / "out/course/run.xml").read_text()
    back = import_course(tmp_path / "out", collection_uuid=report.collection_uuid)
    assert (back.created, back.updated) == ((), ())


def test_a_file_that_studio_wrote_comes_out_with_the_same_bytes(tmp_path: Path) -> None:
    files = {
        **COURSE,
        "sequential/s1.xml": '<sequential display_name="One" due="2030" hide="x">\n'
        '  <vertical url_name="v1"/>\n</sequential>\n',
        "vertical/v1.xml": '<vertical display_name="No line feed at the end">'
        '<html url_name="h1"/></vertical>',
    }
    report = import_course(write_files(tmp_path / "in", files))
    assert report.course_bundle_uuid is not None
    export_course(report.course_bundle_uuid, to=tmp_path / "out")
    for file in ("sequential/s1.xml", "vertical/v1.xml"):
        assert (tmp_path / "out" / file).read_text() == files[file]


@pytest.mark.parametrize(
    ("file", "part", "value"),
    [
        ("policy.json", "settings", []),
        ("policy.json", "settings", {"sequential/s1": 5}),
        ("policy.json", "settings", {"sequential/s1": {"a b": "x"}}),
        ("policy.json", "settings", {"sequential/s1": {"due": None}}),
        ("policy.json", "settings", {"sequential/s1": {"due": "\x01"}}),
        ("navigation.json", "chapters", [{"id": "x\x01"}]),
        ("navigation.json", "chapters", [{"id": ["x"]}]),
        ("navigation.json", "chapters", [{"id": "x", "sequences": [{"id": "a", "type": "a b"}]}]),
        ("navigation.json", "chapters", [{"id": "x", "sequences": [{"id": "a", "link": ["x"]}]}]),
        ("olx-layout.json", "blocks", {"html/h1": 5}),
        ("olx-layout.json", "blocks", {"a b/h1": "one:html/h1/definition.xml"}),
        ("olx-layout.json", "renamed", {"one:units/v1.xml": 5}),
        ("olx-layout.json", "renamed", {"one:units/v1.xml": "a/../../b"}),
        ("olx-layout.json", "root", {"a b": "c"}),
        ("olx-layout.json", "run", "../run"),
        ("olx-layout.json", "markup", {"chapter/ch": [[0, "<!-- no end"]]}),
        ("olx-layout.json", "markup", {"chapter/ch": "x"}),
    ],
)
def test_what_an_author_broke_in_a_document_is_told_and_stops_no_import(
    file: str, part: str, value: object, tmp_path: Path
) -> None:
    write_files(tmp_path / "in", COURSE)
    report = import_course(tmp_path / "in")
    assert report.course_bundle_uuid is not None
    document = json.loads(api.get_bundle_file_data(report.course_bundle_uuid, file))
    draft = api.get_or_create_bundle_draft(report.course_bundle_uuid, "mine")
    api.write_draft_file(draft.uuid, file, json.dumps({**document, part: value}))
    api.commit_draft(draft.uuid)
    with pytest.raises(Invalid):
        export_course(report.course_bundle_uuid, to=tmp_path / "out")
    import_course(tmp_path / "in", collection_uuid=report.collection_uuid)


def test_a_course_element_that_an_author_broke_is_told(tmp_path: Path) -> None:
    report = import_course(write_files(tmp_path / "in", COURSE))
    assert report.course_bundle_uuid is not None
    draft = api.get_or_create_bundle_draft(report.course_bundle_uuid, "mine")
    api.write_draft_file(draft.uuid, "course.xml", "<course")
    api.commit_draft(draft.uuid)
    with pytest.raises(Invalid, match=r"course\.xml can not be read"):
        export_course(report.course_bundle_uuid, to=tmp_path / "out")
