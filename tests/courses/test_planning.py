"""Which bundles a course becomes, and what is in them."""

from __future__ import annotations

import json
from pathlib import Path

from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.previous import PreviousImport
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
        '<sequential display_name="One"><xblock-include definition="units/v1.xml"/></sequential>'
    )
    assert planned.read(S1, "units/v1.xml") == (
        '<unit display_name="Unit"><xblock-include definition="html/h1"/></unit>'
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
    assert planned.read(S1, "sequence.xml") == '<sequential hide="x"/>'
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


def test_a_block_with_more_children_than_a_bundle_holds_is_split(tmp_path: Path) -> None:
    bank = "".join(f'<problem url_name="p{number}"/>' for number in range(12))
    planned = plan_files(
        tmp_path,
        {
            **COURSE,
            "vertical/v1.xml": '<vertical><library_content url_name="b"/></vertical>',
            "library_content/b.xml": f"<library_content>{bank}</library_content>",
            **{f"problem/p{number}.xml": "<problem/>" for number in range(12)},
        },
        max_files={"": 10, "sequence": 7, "course": 100},
    )
    sizes = {bundle.type: len(bundle.files) for bundle in planned.plan.bundles}
    assert sizes["sequence"] <= 7
    assert planned.keys[-2:] == [S1, OWN]
    assert planned.codes["large-sequence"] == 1


def test_units_that_come_first_push_others_out_with_all_that_is_in_them(tmp_path: Path) -> None:
    def course(names: list[str]) -> dict[str, str | bytes]:
        units = "".join(f'<vertical url_name="{name}"/>' for name in names)
        files: dict[str, str | bytes] = {
            **COURSE,
            "sequential/s1.xml": f"<sequential>{units}</sequential>",
        }
        for name in names:
            files[f"vertical/{name}.xml"] = f'<vertical><problem url_name="{name}"/></vertical>'
            files[f"problem/{name}.xml"] = "<problem/>"
        return files

    limits = {"": 10, "sequence": 10, "course": 100}
    first = plan_files(tmp_path / "a", course(["a", "b", "c", "d"]), max_files=limits)
    assert first.keys == [S1, OWN]
    homes = {
        BlockKey(tag, name): (BlockKey.parse(S1), path)
        for name in "abcd"
        for tag, path in (
            ("vertical", f"units/{name}.xml"),
            ("problem", f"problem/{name}/definition.xml"),
        )
    }
    second = plan_files(
        tmp_path / "b",
        course(["x", "y", "a", "b", "c", "d"]),
        previous=PreviousImport(homes, {}),
        max_files=limits,
    )
    assert second.keys == [f"{S1}~part-2", S1, OWN]
    assert second.links(f"{S1}~part-2") == {}
    assert second.codes["block-moved"] == 0


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
