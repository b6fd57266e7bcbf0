"""Which bundles a course becomes, and what is in them."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.exceptions import InvalidArchive
from tests.courses.helpers import COURSE, TWO_SEQUENTIALS, plan_files

S1, S2, OWN = "sequential/s1", "sequential/s2", "course/run"


def test_a_sequential_becomes_a_bundle_that_reads_well(tmp_path: Path) -> None:
    planned = plan_files(tmp_path, COURSE)
    assert planned.keys == [S1, OWN]
    bundle = planned.bundle(S1)
    assert (bundle.type, bundle.title) == ("sequence", "One")
    assert sorted(bundle.files) == [
        "html/h1/definition.xml",
        "html/h1/h1.html",
        "sequence.xml",
        "units/v1.xml",
    ]
    assert planned.read(S1, "sequence.xml") == (
        '<sequential display_name="One"><xblock-include definition="units/v1.xml"/></sequential>\n'
    )
    assert planned.read(S1, "units/v1.xml") == (
        '<unit display_name="Unit"><xblock-include definition="html/h1"/></unit>\n'
    )
    assert planned.findings == ()


def test_only_the_origin_of_the_course_bundle_knows_the_run(tmp_path: Path) -> None:
    planned = plan_files(tmp_path, COURSE)
    assert planned.bundle(S1).origin == "olx:Org/C1/sequential/s1"
    assert planned.bundle(OWN).origin == "olx:Org/C1/course/run"


def test_the_navigation_lists_chapters_and_their_sequences(tmp_path: Path) -> None:
    planned = plan_files(tmp_path, COURSE)
    document = json.loads(planned.read(OWN, "navigation.json"))
    assert document["title"] == "A course"
    assert document["chapters"] == [
        {
            "id": "ch",
            "title": "A chapter",
            "sequences": [{"id": "s1", "title": "One", "link": "one", "file": "sequence.xml"}],
        }
    ]
    assert planned.links(OWN) == {"one": S1}


def test_deadlines_are_in_the_policy_and_not_in_the_sequence(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "course/run.xml": '<course start="2030" lang="en"><chapter url_name="ch"/></course>',
            "chapter/ch.xml": '<chapter start="2031"><sequential url_name="s1"/></chapter>',
            "sequential/s1.xml": '<sequential due="2032" graded="true" hide="x"/>',
        },
    )
    assert json.loads(planned.read(OWN, "policy.json"))["settings"] == {
        "chapter/ch": {"start": "2031"},
        "course/run": {"start": "2030"},
        S1: {"due": "2032", "graded": "true"},
    }
    assert planned.read(S1, "sequence.xml") == '<sequential hide="x"/>\n'
    assert planned.read(OWN, "course.xml") == '<course lang="en"/>\n'


def test_what_nothing_has_to_change_is_kept_byte_by_byte(tmp_path: Path) -> None:
    odd = '<?xml version="1.0"?>\n<problem  display_name = "P" ><p>é &#10; </p>\n\n</problem>'
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": '<vertical><problem url_name="p"/></vertical>',
            "problem/p.xml": odd,
        },
    )
    assert planned.read(S1, "problem/p/definition.xml") == odd


# Assets ------------------------------------------------------------------------------------------


def test_an_asset_of_one_sequence_is_in_its_bundle_and_a_shared_one_is_not(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **TWO_SEQUENTIALS,
            "html/h1.html": '<img src="/static/own.png"><img src="/static/both.png">',
            "html/h2.html": '<img src="/static/both.png">',
            "static/own.png": "1",
            "static/both.png": "2",
            "static/nobody.png": "3",
        },
    )
    assert planned.keys[:2] == ["assets/shared", "assets/unreferenced"]
    assert planned.place("static/own.png") == f"{S1}: static/own.png"
    assert planned.place("static/both.png") == "assets/shared: static/both.png"
    assert planned.place("static/nobody.png") == "assets/unreferenced: static/nobody.png"
    assert planned.links(S1) == planned.links(S2) == {"shared-assets": "assets/shared"}
    assert set(planned.links(OWN)) == {"one", "two", "shared-assets", "unreferenced-assets"}


def test_an_asset_is_called_as_the_blocks_call_it(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "html/h1.html": '<img src="/static/by_key.png"><img src="/static/by name.png">',
            "static/by key.png": "1",
            "static/by name.png": "2",
        },
    )
    assert planned.place("static/by key.png") == f"{S1}: static/by_key.png"
    assert planned.place("static/by name.png") == f"{S1}: static/by name.png"
    layout = json.loads(planned.read(OWN, "olx-layout.json"))
    assert layout["renamed"] == {"one:static/by_key.png": "static/by key.png"}


def test_what_pages_and_styles_in_static_name_goes_with_them(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "html/h1.html": '<iframe src="/static/page.html">',
            "static/page.html": '<link href="style.css">',
            "static/style.css": "a { background: url(deep.png) }",
            "static/deep.png": "1",
        },
    )
    assert {planned.place(f"static/{n}").split(":")[0] for n in ("style.css", "deep.png")} == {S1}


def test_assets_of_the_course_itself_are_in_its_bundle(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "course/run.xml": (
                '<course pdf_textbooks="[{&quot;url&quot;: &quot;/static/book.pdf&quot;}]">'
                '<chapter url_name="ch"/></course>'
            ),
            "policies/run/policy.json": '{"course/run": {"course_image": "image of it.png"}}',
            "policies/assets.json": '{"a": {"displayname": "x", "filename": "/static/loose.png"}}',
            "static/book.pdf": "1",
            "static/image of it.png": "2",
            "static/loose.png": "3",
        },
    )
    assert planned.place("static/book.pdf").startswith(OWN)
    assert planned.place("static/image of it.png") == f"{OWN}: static/image of it.png"
    assert planned.place("static/loose.png").startswith("assets/unreferenced")


def test_names_that_differ_only_in_case_get_a_stable_suffix(tmp_path: Path) -> None:
    files = {
        **COURSE,
        "vertical/v1.xml": '<vertical><html url_name="h1"/><html url_name="H1"/></vertical>',
        "html/H1.xml": "<html>other</html>",
        "static/logo.png": "1",
        "static/Logo.png": "2",
    }
    planned = plan_files(tmp_path / "a", files)
    again = plan_files(tmp_path / "b", files)
    for file in ("static/logo.png", "static/Logo.png", "html/H1.xml", "html/h1.xml"):
        assert planned.place(file) == again.place(file)
    for bundle in planned.plan.bundles:
        assert len({path.casefold() for path in bundle.files}) == len(bundle.files)
    assert planned.codes["name-clash"] == 2


@pytest.mark.parametrize(
    "name",
    [
        "e\u0301.png",
        "back\\slash.png",
        "line\nfeed.png",
        "x" * 240,
        "/".join(["folder" * 10] * 8),
        "quo'te,[@:·×].png",
    ],
    ids=["nfd", "backslash", "control", "long", "deep", "marks"],
)
def test_any_name_of_an_asset_finds_a_path(name: str, tmp_path: Path) -> None:
    planned = plan_files(tmp_path, {**COURSE, f"static/{name}": "1"})
    path = planned.place(f"static/{name}").split(": ")[1]
    assert path == unicodedata.normalize("NFC", path)
    assert "\\" not in path
    assert path.isprintable()
    assert len(path) < 200


# Videos ------------------------------------------------------------------------------------------


def test_a_video_with_transcripts_is_a_bundle_that_the_unit_includes(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": (
                '<vertical><html url_name="h1"/><video url_name="v"/>'
                '<video url_name="bare"/></vertical>'
            ),
            "video/v.xml": (
                '<video display_name="Talk" sub="abc"><handout src="/static/n.pdf"/></video>'
            ),
            "video/bare.xml": '<video youtube="1.00:x" sub="gone"/>',
            "static/subs_abc.srt.sjson": "{}",
            "static/n.pdf": "1",
        },
    )
    assert sorted(planned.bundle("video/v").files) == [
        "static/n.pdf",
        "static/subs_abc.srt.sjson",
        "video.xml",
    ]
    assert planned.bundle("video/v").type == "video"
    assert '<xblock-include definition="video.xml" source="talk" usage="v"/>' in planned.read(
        S1, "units/v1.xml"
    )
    assert planned.links(S1) == {"talk": "video/v"}
    assert planned.place("video/bare.xml") == f"{S1}: video/bare/definition.xml"
    assert planned.codes == {"missing-transcript": 1}


# Odd trees ---------------------------------------------------------------------------------------


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


# Limits ------------------------------------------------------------------------------------------


def test_a_sequence_that_is_too_large_is_split(tmp_path: Path) -> None:
    units = {
        f"vertical/u{n}.xml": f'<vertical><html url_name="x{n}"/></vertical>' for n in range(6)
    }
    pages = {f"html/x{n}.xml": "<html>x</html>" for n in range(6)}
    pointers = "".join(f'<vertical url_name="u{n}"/>' for n in range(6))
    planned = plan_files(
        tmp_path,
        {**COURSE, **units, **pages, "sequential/s1.xml": f"<sequential>{pointers}</sequential>"},
        max_files={"": 100, "course": 100, "assets": 100, "sequence": 6},
    )
    parts = [bundle for bundle in planned.plan.bundles if bundle.type == "sequence"]
    assert sum(len(part.files) for part in parts) == 13
    assert all(len(part.files) <= 6 for part in parts)
    assert planned.codes["large-sequence"] >= 1
    assert 'source="s1-part-2"' in planned.read(S1, "sequence.xml")


def test_assets_that_are_too_many_for_one_bundle_are_in_several(tmp_path: Path) -> None:
    assets = {f"static/{n}.png": str(n) for n in range(30)}
    limits = {"": 100, "course": 100, "sequence": 100, "assets": 10}
    planned = plan_files(tmp_path, {**COURSE, **assets}, max_files=limits)
    parts = [bundle for bundle in planned.plan.bundles if bundle.type == "assets"]
    assert len(parts) > 3
    assert sum(len(part.files) for part in parts) == 30


def test_a_library_with_too_many_components_keeps_some_inside(tmp_path: Path) -> None:
    problems = {f"problem/p{n}.xml": "<problem/>" for n in range(12)}
    pointers = "".join(f'<problem url_name="p{n}"/>' for n in range(12))
    planned = plan_files(
        tmp_path,
        {"library.xml": f'<library org="O" library="L">{pointers}</library>', **problems},
        max_bundles=25,
    )
    assert len(planned.plan.bundles) <= 25
    assert planned.codes == {"too-many-bundles": 1}
    assert "problem/p11/definition.xml" in planned.bundle("library/library").files


# Earlier imports ---------------------------------------------------------------------------------


def test_a_block_keeps_its_bundle_and_path(tmp_path: Path) -> None:
    moved = {
        **TWO_SEQUENTIALS,
        "vertical/v1.xml": "<vertical/>",
        "vertical/v2.xml": '<vertical><html url_name="h2"/><html url_name="h1"/></vertical>',
    }
    home = (BlockKey("sequential", "s1"), "html/h1/definition.xml")
    planned = plan_files(tmp_path, moved, previous=PreviousImport({BlockKey("html", "h1"): home}))
    assert planned.place("html/h1.xml") == f"{S1}: html/h1/definition.xml"
    assert planned.links(S2) == {"one": S1}
    assert 'definition="html/h1" source="one"' in planned.read(S2, "units/v2.xml")


def test_a_block_moves_where_staying_would_close_a_circle(tmp_path: Path) -> None:
    swapped = {
        **TWO_SEQUENTIALS,
        "vertical/v1.xml": '<vertical><html url_name="h2"/></vertical>',
        "vertical/v2.xml": '<vertical><html url_name="h1"/></vertical>',
    }
    homes = {
        BlockKey("html", f"h{n}"): (BlockKey("sequential", f"s{n}"), f"html/h{n}/definition.xml")
        for n in (1, 2)
    }
    planned = plan_files(tmp_path, swapped, previous=PreviousImport(homes))
    assert planned.codes == {"block-moved": 1}


def test_a_block_whose_bundle_is_gone_goes_to_its_parent(tmp_path: Path) -> None:
    home = (BlockKey("sequential", "gone"), "html/h1/definition.xml")
    planned = plan_files(tmp_path, COURSE, previous=PreviousImport({BlockKey("html", "h1"): home}))
    assert planned.place("html/h1.xml") == f"{S1}: html/h1/definition.xml"


# Libraries ---------------------------------------------------------------------------------------


def test_a_library_becomes_a_bundle_per_component(tmp_path: Path) -> None:
    planned = plan_files(
        tmp_path,
        {
            "library.xml": """<library xmlns:option="http://code.edx.org/xblock/option" org="O"
              library="L" display_name="Bank" url_name="library"><option:field>x</option:field>
              <problem url_name="p"/><poll url_name="inline" question="?"/></library>""",
            "problem/p.xml": '<problem display_name="P"><img src="/static/a.png"/></problem>',
            "static/a.png": "1",
        },
    )
    assert planned.keys == ["problem/p", "poll/inline", "library/library"]
    assert sorted(planned.bundle("problem/p").files) == ["problem.xml", "static/a.png"]
    assert list(planned.bundle("poll/inline").files) == ["poll.xml"]
    library = planned.bundle("library/library")
    assert (library.type, library.title) == ("library", "Bank")
    assert library.origin == "olx:O/L/library/library"
    text = planned.read("library/library", "library.xml")
    assert '<xblock-include definition="problem.xml" source="p" usage="p"/>' in text
    assert "<option:field>x</option:field>" in text


def test_many_nameless_blocks_are_named_quickly(tmp_path: Path) -> None:
    files = {**COURSE, "vertical/v1.xml": f"<vertical>{'<poll/>' * 20_000}</vertical>"}
    planned = plan_files(tmp_path / "1", files)
    names = json.loads(planned.read(OWN, "olx-layout.json"))["unnamed"]["vertical/v1"]
    assert len(names) == 20_000
    previous = PreviousImport(unnamed={BlockKey("vertical", "v1"): names})
    again = plan_files(tmp_path / "2", files, previous=previous)
    assert again.read(OWN, "olx-layout.json") == planned.read(OWN, "olx-layout.json")
