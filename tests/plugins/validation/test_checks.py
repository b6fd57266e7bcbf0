"""Every fault of OLX, caused once: found where it is, and not where it is not."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from openedx_blockstore.data import Severity
from openedx_blockstore_validation import vocabulary
from openedx_blockstore_validation.checking import check_contents
from tests.plugins.validation.helpers import Files, TextContents, check, codes, only, places

UNIT = '<unit><problem url_name="p1"><p>1 + 1</p></problem></unit>'


def test_a_good_unit_has_no_findings() -> None:
    files = {
        "unit.xml": '<unit><xblock-include definition="html/a"/><problem url_name="p"/>x</unit>',
        "html/a/definition.xml": '<html filename="a"/>',
        "html/a/a.html": '<img src="/static/a%20b.svg"><a href="./more.html">x</a>',
        "html/a/more.html": "<p>",
        "problem/p.xml": "<problem>1</problem>",
        "static/a b.svg": "<svg/>",
    }
    assert check(files, "unit") == ()


# Types -------------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with two types of blocks is installed; its modules are not there to be loaded."""
    folder = tmp_path / "site" / "some_blocks-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Name: some-blocks\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[xblock.v1]\nproblem = no_such_module:Problem\nsparkle = no_such_module:Sparkle\n"
    )
    # And no other one, whatever there is in this environment.
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])
    vocabulary.installed_types.cache_clear()
    importlib.invalidate_caches()
    yield
    monkeypatch.undo()
    vocabulary.installed_types.cache_clear()
    importlib.invalidate_caches()


TYPES = (
    '<unit>\n<problem url_name="a">x</problem>\n<sparkle url_name="b"/>\n<poll url_name="c"/>\n'
    '<poll url_name="d"/>\n<foo-bar url_name="e"/></unit>'
)


@pytest.mark.usefixtures("installed")
def test_types_that_are_not_installed_are_named_with_their_package() -> None:
    found = check({"unit.xml": TYPES}, "unit")
    assert places(found, "block-not-installed") == [("unit.xml", 4)]
    assert places(found, "unknown-block-type") == [("unit.xml", 6)]
    (poll,) = [finding for finding in found if finding.code == "block-not-installed"]
    assert "xblock-poll" in poll.message
    assert "2 blocks" in poll.message
    assert poll.severity is Severity.WARNING


def test_where_nothing_is_installed_known_types_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "installed_types", frozenset)
    found = check({"unit.xml": TYPES}, "unit")
    assert places(found, "unknown-block-type") == [("unit.xml", 3), ("unit.xml", 6)]


@pytest.mark.usefixtures("installed")
def test_types_that_an_app_of_the_host_brings_are_installed() -> None:
    """The runtime bridge brings containers that no package registers."""
    olx = '<unit><split_test url_name="a"/><library_content url_name="b"/></unit>'
    assert places(check({"unit.xml": olx}, "unit"), "block-not-installed") == []


@pytest.mark.usefixtures("installed")
def test_types_can_be_made_known_by_a_setting(settings: Settings) -> None:
    configure(settings, KNOWN_BLOCK_TYPES=["foo-bar", "poll"])
    assert check({"unit.xml": TYPES}, "unit") == ()


def configure(settings: Settings, **values: object) -> None:
    """Set settings of the plugin."""
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PLUGIN_SETTINGS": {"openedx_blockstore_validation": values},
    }


# Definitions -------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[str, Files, dict[str, list[tuple[str, int | None]]]]] = {
    "no definition": ("problem", {"static/a.txt": "x"}, {"no-definition": [("", None)]}),
    "another definition": ("problem", {"other_name.xml": "<problem/>"}, {}),
    "nothing at all": ("problem", {}, {}),
    "wrong root": ("", {"problem.xml": "<html/>"}, {"wrong-definition": [("problem.xml", 1)]}),
    "wrong definition": (
        "",
        {"html/x/definition.xml": "<!-- -->\n<problem>x</problem>"},
        {"wrong-definition": [("html/x/definition.xml", 2)]},
    ),
    "a unit is a vertical": ("unit", {"unit.xml": "<vertical><html/></vertical>"}, {}),
    "no child": (
        "unit",
        {"unit.xml": '<unit>\n<xblock-include definition="html/x"/></unit>'},
        {"missing-block": [("unit.xml", 2)]},
    ),
    "include without anything": (
        "unit",
        {"unit.xml": "<unit>\n<xblock-include/></unit>"},
        {"missing-block": [("unit.xml", 2)]},
    ),
    "no such link": (
        "unit",
        {"unit.xml": '<unit>\n<xblock-include source="other" definition="a.xml"/></unit>'},
        {"broken-link": [("unit.xml", 2)]},
    ),
    "pointer to nothing": (
        "",
        {"vertical/v.xml": '<vertical>\n<problem url_name="x"/><done url_name="y"/></vertical>'},
        {"missing-block": [("vertical/v.xml", 2)]},
    ),
    "no page": (
        "",
        {"html/x/definition.xml": '<html filename="x"/>'},
        {"missing-page": [("html/x/definition.xml", 1)]},
    ),
    "page at the root": ("html", {"html.xml": '<html filename="x"/>', "x.html": "hi"}, {}),
    "a circle": (
        "",
        {
            "a.xml": '<unit><xblock-include definition="b.xml"/></unit>',
            "b.xml": '<unit>\n<xblock-include definition="a.xml"/></unit>',
        },
        {"include-cycle": [("b.xml", 2)]},
    ),
    "itself": (
        "",
        {"a.xml": '<unit><xblock-include definition="a.xml"/></unit>'},
        {"include-cycle": [("a.xml", 1)]},
    ),
    "twice is no circle": (
        "",
        {
            "a.xml": '<unit><xblock-include definition="b.xml"/>'
            '<xblock-include definition="c.xml"/></unit>',
            "b.xml": '<unit><xblock-include definition="c.xml"/></unit>',
            "c.xml": "<html>hi</html>",
        },
        {},
    ),
    "transcripts": (
        "video",
        {
            "video.xml": '<video sub="abc" transcripts=\'{"de": "de.srt"}\'>\n'
            '<transcript language="fr" src="fr.srt"/></video>',
            "static/de.srt": "",
        },
        {"missing-transcript": [("video.xml", 1), ("video.xml", 1)]},
    ),
    # Identifiers.
    "duplicate in a file": (
        "unit",
        {"unit.xml": '<unit><problem url_name="p">1</problem>\n'
                     '<problem url_name="p">1</problem></unit>'},
        {"duplicate-id": [("unit.xml", 2)]},
    ),
    "duplicate in another file": (
        "",
        {
            "units/a.xml": '<unit><problem url_name="p">1</problem></unit>',
            "units/b.xml": '<unit>\n<problem url_name="p">2</problem></unit>',
        },
        {"duplicate-id": [("units/b.xml", 2)]},
    ),
    "copy in another file": (
        "",
        {
            "units/a.xml": '<unit><problem url_name="p"><p> 1 </p></problem></unit>',
            "units/b.xml": '<unit>\n<problem url_name="p"><p>1</p></problem></unit>',
        },
        {"repeated-block": [("units/b.xml", 2)]},
    ),
    "two types": (
        "unit",
        {"unit.xml": '<unit><problem url_name="p">1</problem>\n<html url_name="p">1</html></unit>'},
        {"ambiguous-id": [("unit.xml", 2)]},
    ),
    "same definition twice": (
        "",
        {
            "problem/p/definition.xml": '<problem url_name="p">1</problem>',
            "units/a.xml": '<unit><xblock-include definition="problem/p"/></unit>',
            "units/b.xml": '<unit><xblock-include definition="problem/p"/></unit>',
        },
        {},
    ),
    "no id": (
        "unit",
        {"unit.xml": "<unit>\n<problem>1</problem><html>hi</html></unit>"},
        {"missing-id": [("unit.xml", 2)]},
    ),
    "a root needs no id": ("problem", {"problem.xml": "<problem>1</problem>"}, {}),
    "odd id": (
        "unit",
        {"unit.xml": '<unit>\n<html url_name="a b">x</html><poll url_name="ü:1.~-_"/></unit>'},
        {"malformed-id": [("unit.xml", 2)]},
    ),
    "long id": (
        "unit",
        {"unit.xml": f'<unit><html url_name="{"x" * 256}">x</html></unit>'},
        {"malformed-id": [("unit.xml", 1)]},
    ),
    "in a group": (
        "",
        {"x.xml": '<conditional><show>\n<problem url_name="p"><a/></problem>'
                  '<problem url_name="p"><b/></problem></show></conditional>'},
        {"duplicate-id": [("x.xml", 2)]},
    ),
    "an answer is no block": (
        "",
        {"problem.xml": '<problem><choice url_name="a"/><choice url_name="a"/></problem>'},
        {},
    ),
    "empty": ("unit", {"unit.xml": "<unit>\n</unit>"}, {"empty-container": [("unit.xml", 1)]}),
    # References.
    "asset": (
        "html",
        {"html.xml": '<html>\n<img src="/static/a.png"/></html>'},
        {"dangling-asset": [("html.xml", 2)]},
    ),
    "asset in JSON": (
        "",
        {"poll.xml": '<poll answers="[[&quot;R&quot;, {&quot;img&quot;:&#10; '
                     '&quot;/static/a.png&quot;}]]"/>'},
        {"dangling-asset": [("poll.xml", 1)]},
    ),
    "asset in a comment": (
        "html",
        {"html.xml": '<html><!-- <img src="/static/a.png"/> --></html>'},
        {},
    ),
    "asset beside the block": (
        "",
        {
            "html/a/definition.xml": '<html><img src="/static/x.svg"/></html>',
            "html/a/static/x.svg": "<svg/>",
        },
        {},
    ),
    "asset beside another block": (
        "",
        {
            "html/a/definition.xml": '<html><img src="/static/x.svg"/></html>',
            "html/b/definition.xml": "<html>x</html>",
            "html/b/static/x.svg": "<svg/>",
        },
        {"dangling-asset": [("html/a/definition.xml", 1)]},
    ),
    "asset with a query": (
        "html",
        {"html.xml": '<html><img src="/static/x.svg?a=1#b"/>url(/static/x.svg)</html>',
         "static/x.svg": "<svg/>"},
        {},
    ),
    "asset above the folder": (
        "html",
        {"html.xml": '<html><img src="/static/../html.xml"/></html>'},
        {"dangling-asset": [("html.xml", 1)]},
    ),
    "no asset": ("html", {"html.xml": "<html>Use /static/ or '/static/' + name</html>"}, {}),
    "link": (
        "html",
        {"html.xml": '<html>\n<img src="links/pics/static/a.svg"/></html>'},
        {"broken-link": [("html.xml", 2)]},
    ),
    "relative": (
        "html",
        {"html.xml": '<html>\n<img src="./a.svg"/><img src="./b.svg"/></html>', "b.svg": "<svg/>"},
        {"dangling-file": [("html.xml", 2)]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_found_where_they_are(name: str) -> None:
    bundle_type, files, expected = FAULTS[name]
    found = check(files, bundle_type)
    assert {code: places(found, code) for code in codes(found)} == expected, found


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ('<img srcset="/static/a.svg 1x, /static/b.svg 2x"/>', "/static/b.svg"),
        ('<p style="background: url(/static/a.svg), url(/static/b.svg)"/>', "/static/b.svg"),
        ('<p style="background: url(./a.html), url(./b.html)"/>', "./b.html"),
        ("[a](/static/a.svg) [b](links/b/c.svg)", "links/b/c.svg"),
        ("/static/b.svg /static/a.svg", "/static/b.svg"),
    ],
)
def test_each_of_several_references_is_looked_for(text: str, gone: str) -> None:
    finding = only(check({"a.html": text, "static/a.svg": "<svg/>"}))
    assert finding.message == f"There is no {gone!r}."


def test_references_are_followed_through_links() -> None:
    html = (
        '<html>\n<img src="/static/lent.svg"/><img src="links/pics/static/lent.svg"/>\n'
        '<img src="links/pics/static/gone.svg"/><img src="links/pics"/></html>'
    )
    unit = (
        '<unit><xblock-include source="pics" definition="problem/p"/>\n'
        '<xblock-include source="pics" definition="problem/q"/></unit>'
    )
    lenders: dict[str, Files] = {
        "pics": {"static/lent.svg": "<svg/>", "problem/p/definition.xml": "<problem/>"}
    }
    files = {"html.xml": html, "unit.xml": unit}
    expected = [("html.xml", 3), ("unit.xml", 2)]
    assert places(check(files, lenders=lenders), "broken-link") == expected
    # An import may be about to make the lender: then single files are asked for.
    unlisted = check(files, lenders=lenders, lender_files=lambda _target: None)
    assert places(unlisted, "broken-link") == expected


def test_every_file_is_read_once() -> None:
    files = {f"problem/p{n}/definition.xml": "<problem>1</problem>" for n in range(5)}
    contents = TextContents({**files, "static/a.png": b"\x89PNG\r\n\x1a\n", "static/big.bin": b"x"})
    check_contents(contents)
    assert set(contents.reads.values()) == {1}
    assert "static/big.bin" not in contents.reads


# Courses -----------------------------------------------------------------------------------------


def test_documents_of_a_course_are_checked() -> None:
    navigation = {
        "chapters": [
            {
                "id": "c",
                "title": "C",
                "sequences": [
                    {"id": "s1", "title": "S 1", "link": "s-1", "file": "sequence.xml"},
                    {"id": "s2", "title": "S 2", "link": "s-2", "file": "sequence.xml"},
                    {"id": "s3", "title": "S 3", "link": None},
                ],
            },
            7,
        ]
    }
    found = check(
        {"course.xml": "<course/>", "navigation.json": json.dumps(navigation),
         "policy.json": '{\n"settings": '},
        "course",
        lenders={"s-1": {"sequence.xml": "<sequential/>"}},
    )  # fmt: skip
    assert codes(found) == {"broken-link": 1, "malformed-json": 2, "missing-block": 1}
    assert places(found, "malformed-json") == [("navigation.json", None), ("policy.json", 2)]


@pytest.mark.parametrize(
    "document",
    ["[]", "7", '"x"', '{"chapters": 7}', '{"chapters": [{"sequences": 7}]}', "[" * 9999],
)
@pytest.mark.parametrize("name", ["navigation.json", "policy.json", "olx-layout.json"])
def test_documents_of_a_course_may_be_anything(name: str, document: str) -> None:
    check({"course.xml": "<course/>", name: document}, "course")


# Policy ------------------------------------------------------------------------------------------


def test_severities_are_settings(settings: Settings) -> None:
    files = {"html.xml": '<html><img src="/static/a.png"/><img src="./a.png"/></html>'}
    configure(settings, SEVERITIES={"dangling-asset": "error", "dangling-file": "off"})
    assert only(check(files, "html")).severity is Severity.ERROR


def test_of_too_many_findings_the_gravest_are_kept(settings: Settings) -> None:
    configure(settings, MAX_FINDINGS=3)
    images = "".join(f'<img src="/static/{n}.png"/>' for n in range(10))
    found = check({"html.xml": f"<html>{images}</html>", "x.xml": "<p>"}, "html")
    assert codes(found) == {"dangling-asset": 2, "malformed-xml": 1, "too-many-findings": 1}
    assert "8 more" in found[0].message
