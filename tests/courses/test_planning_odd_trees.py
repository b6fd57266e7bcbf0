"""What becomes of courses that are not as Studio writes them, and what is said about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.exceptions import InvalidArchive
from tests.courses.helpers import COURSE, TWO_SEQUENTIALS, plan_files

S1, S2, OWN = "sequential/s1", "sequential/s2", "course/run"


def test_inline_blocks_stay_inline_and_inline_units_get_files(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            "course.xml": """<course org="Org" course="C1" url_name="run"><chapter url_name="ch">
              <sequential url_name="s1"><vertical url_name="v1" display_name="U">
              <poll url_name="p" question="?"/><html url_name="h" filename="page"/>
              <problem url_name="pr"><p/></problem></vertical></sequential></chapter></course>""",
            "html/page.html": "<p>",
        },
    )
    unit = planned.read(S1, "units/v1.xml")
    assert unit.startswith('<unit display_name="U">')
    assert '<poll url_name="p" question="?"/><xblock-include definition="html/h"/>' in unit
    assert '<problem url_name="pr"><p/></problem>' in unit
    assert planned.read(S1, "html/h/definition.xml") == '<html filename="page"/>\n'
    assert planned.place("html/page.html") == f"{S1}: html/h/page.html"


def test_blocks_without_a_name_get_one_that_says_something(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": """<vertical><html display_name="Über uns">a</html>
              <html display_name="Über uns">b</html><poll/><poll/></vertical>""",
        },
    )
    unit = planned.read(S1, "units/v1.xml")
    names = ["html-über-uns", "html-über-uns-2", "poll-v1", "poll-v1-2"]
    assert all(f'url_name="{name}"' in unit for name in names)


def test_names_that_were_made_up_stay_with_their_blocks(tmp_path: Path) -> None:
    def unit(*titles: str) -> dict[str, str | bytes]:
        children = "".join(f"<html>{title}</html>" for title in titles)
        return {**COURSE, "vertical/v1.xml": f"<vertical>{children}</vertical>"}

    first = plan_files(tmp_path / "1", unit("a", "b"))
    names = json.loads(first.read(OWN, "olx-layout.json"))["unnamed"]["vertical/v1"]
    previous = PreviousImport(unnamed={BlockKey("vertical", "v1"): names})
    second = plan_files(tmp_path / "2", unit("new", "a", "b changed"), previous=previous)
    text = second.read(S1, "units/v1.xml")
    assert '<html url_name="html-v1">a</html>' in text
    assert '<html url_name="html-v1-2">new</html>' in text or (
        '<html url_name="html-v1-2">b changed</html>' in text
    )
    third = plan_files(tmp_path / "3", unit("b", "x", "a"), previous=previous)
    text = third.read(S1, "units/v1.xml")
    assert '<html url_name="html-v1-2">b</html><html url_name="html-v1-3">x</html>' in text


def test_a_block_with_two_parents_gets_a_bundle_of_its_own(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {**TWO_SEQUENTIALS, "vertical/v2.xml": '<vertical><html url_name="h1"/></vertical>'},
    )
    assert sorted(planned.bundle("html/h1").files) == ["h1.html", "html.xml"]
    for key, unit in ((S1, "units/v1.xml"), (S2, "units/v2.xml")):
        assert planned.links(key) == {"text": "html/h1"}
        assert 'definition="html.xml" source="text" usage="h1"' in planned.read(key, unit)


def test_a_sequential_in_two_chapters_is_one_bundle(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "course/run.xml": '<course><chapter url_name="ch"/><chapter url_name="c2"/></course>',
            "chapter/c2.xml": '<chapter><sequential url_name="s1"/></chapter>',
        },
    )
    assert planned.keys == [S1, OWN]
    chapters = json.loads(planned.read(OWN, "navigation.json"))["chapters"]
    assert [chapter["sequences"][0]["link"] for chapter in chapters] == ["one", "one"]


def test_leaves_may_stand_anywhere(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "course/run.xml": '<course><html url_name="h0"/><chapter url_name="ch"/></course>',
            "chapter/ch.xml": (
                '<chapter><problem url_name="p"/><sequential url_name="s1"/></chapter>'
            ),
            "sequential/s1.xml": '<sequential><html url_name="h1"/><poll/></sequential>',
            "html/h0.xml": "<html>x</html>",
            "problem/p.xml": "<problem/>",
        },
    )
    assert {"html/h0", "problem/p", S1} < set(planned.keys)
    assert list(planned.bundle("problem/p").files) == ["problem.xml"]
    assert planned.bundle("problem/p").type == "problem"
    document = json.loads(planned.read(OWN, "navigation.json"))
    assert [chapter["id"] for chapter in document["chapters"]] == [None, "ch"]
    assert document["chapters"][1]["sequences"][0]["type"] == "problem"
    assert '<xblock-include definition="html/h1"/>' in planned.read(S1, "sequence.xml")


def test_containers_inside_units_have_folders_of_their_own(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": '<vertical><split_test url_name="t"/></vertical>',
            "split_test/t.xml": (
                '<split_test group_id_to_child="{&quot;1&quot;: '
                '&quot;i4x://Org/C1/vertical/in&quot;}"><vertical url_name="in"/></split_test>'
            ),
            "vertical/in.xml": '<vertical><problem-builder url_name="b"><pb-mcq url_name="q"/>'
            '<html url_name="h1"/></problem-builder></vertical>',
        },
    )
    assert {"split_test/t/definition.xml", "vertical/in/definition.xml"} < set(
        planned.bundle(S1).files
    )
    assert planned.read(S1, "vertical/in/definition.xml").startswith("<vertical><problem-builder")
    assert planned.place("html/h1.xml") == f"{S1}: html/h1/definition.xml"
    assert planned.codes == {"usage-key": 1, "unknown-block": 1}


def test_a_colon_in_a_name_is_a_folder(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": '<vertical><html url_name="secret:toylab"/></vertical>',
            "html/secret/toylab.xml": '<html filename="secret/toylab"/>',
            "html/secret/toylab.html": "<p>",
        },
    )
    assert planned.place("html/secret/toylab.xml") == f"{S1}: html/secret/toylab/definition.xml"
    assert planned.place("html/secret/toylab.html").startswith(f"{S1}: html/secret/toylab/")
    assert ('definition="html/secret/toylab/definition.xml" usage="secret:toylab"') in planned.read(
        S1, "units/v1.xml"
    )


def test_circles_are_cut_and_reported(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": '<vertical><conditional url_name="c"/></vertical>',
            "conditional/c.xml": '<conditional><vertical url_name="v1"/></conditional>',
        },
    )
    assert planned.codes["reference-cycle"] == 1
    assert '<vertical url_name="v1"/>' in planned.read(S1, "conditional/c/definition.xml")


def test_malformed_xml_is_kept_as_bytes_and_reported(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **TWO_SEQUENTIALS,
            "html/h1.xml": "<html>&nbsp;<br></html>",
            "vertical/v2.xml": "<vertical>\n<html",
            "chapter/ch.xml": TWO_SEQUENTIALS["chapter/ch.xml"],
        },
    )
    assert planned.read(S1, "html/h1/definition.xml") == "<html>&nbsp;<br></html>"
    assert planned.place("html/h1.html") == f"{S1}: html/h1/h1.html"
    assert planned.read(S2, "units/v2.xml") == "<vertical>\n<html"
    assert planned.place("html/h2.xml") == f"{OWN}: other/html/h2.xml"
    assert planned.codes == {"malformed-xml": 2, "unused-file": 2}
    (finding,) = [f for f in planned.findings if f.file == "vertical/v2.xml"]
    assert finding.line == 2


def test_a_malformed_chapter_is_kept_and_the_rest_goes_on(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "course/run.xml": '<course><chapter url_name="bad"/><chapter url_name="ch"/></course>',
            "chapter/bad.xml": "<chapter",
        },
    )
    assert planned.keys == [S1, OWN]
    assert planned.place("chapter/bad.xml") == f"{OWN}: other/chapter/bad.xml"


@pytest.mark.parametrize(
    "files",
    [
        {"course.xml": "<course"},
        {"course.xml": "<library/>"},
        {"course.xml": '<course url_name="run"/>', "course/run.xml": "<course"},
        {"course.xml": '<course url_name="gone"/>'},
        {"course.xml": '<!DOCTYPE course><course url_name="run"/>'},
    ],
)
def test_a_course_without_a_readable_root_is_refused(
    files: dict[str, str | bytes], tmp_path: Path
) -> None:
    with pytest.raises(InvalidArchive):
        plan_files(tmp_path, files)


def test_what_dangles_is_reported_with_its_line(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": (
                '<vertical>\n<html url_name="h1"/><html url_name="gone"/></vertical>'
            ),
            "html/h1.html": '<p>\n<a href="/static/gone.pdf">\n<a href="/jump_to_id/nowhere">'
            '<a href="/jump_to_id/v1">',
        },
    )
    assert [(f.code, f.file, f.line) for f in planned.findings] == [
        ("dangling-asset", "html/h1.html", 2),
        ("dangling-link", "html/h1.html", 3),
        ("missing-block", "vertical/v1.xml", 2),
    ]
    assert '<html url_name="gone"/>' in planned.read(S1, "units/v1.xml")


def test_everything_else_is_in_the_bundle_of_the_course(tmp_path: Path) -> None:
    kept = ["about/overview.html", "info/updates.html", "tabs/t.html", "policies/other/policy.json",
            "assets/assets.xml", "drafts/html/h1.xml", "policies/run.json"]  # fmt: skip
    other = ["README.md", "html/orphan.xml", "static_tab/x.html", "navigation.json"]
    planned = plan_files(tmp_path, {**COURSE, **dict.fromkeys([*kept, *other], "x")})
    assert all(planned.place(path) == f"{OWN}: {path}" for path in kept)
    assert all(planned.place(path) == f"{OWN}: other/{path}" for path in other)
    assert planned.codes == {"draft": 1, "unused-file": 4}


def test_secrets_of_lti_are_kept_and_never_told(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "course/run.xml": '<course lti_passports="[&quot;id:key:s3cret /static/s3cret&quot;]">'
            '<chapter url_name="ch"/></course>',
            "policies/run/policy.json": '{"course/run": {"lti_passports": ["a:/static/s3cret"]}}',
        },
    )
    assert "s3cret" in planned.read(OWN, "course.xml")
    assert not any("s3cret" in str(finding) for finding in planned.findings)
