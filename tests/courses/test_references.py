"""References are found in any text, by either name of an asset."""

from __future__ import annotations

import json
import time

import pytest

from openedx_blockstore.courses import olx, references
from openedx_blockstore.courses.assets import AssetIndex, asset_key

ASSETS = AssetIndex(
    [
        "static/Brain yellow.png",
        "static/photo (1).jpg",
        "static/été·×.pdf",
        "static/plain.css",
        "static/sub/inner.js",
        "static/subs_abc.srt.sjson",
        "static/uk_talk.srt",
        "static/talk.srt",
        "static/notes.pdf",
        "html/x.html",
    ],
    json.dumps({"old_name.pdf": {"displayname": "notes.pdf"}, "broken": 7}).encode(),
)


def found(text: str) -> list[str | None]:
    return [reference.asset for reference in references.find_asset_references(text, ASSETS)]


def test_the_key_of_an_asset_has_only_plain_characters() -> None:
    assert asset_key("Brain yellow (é)@1.png") == "Brain_yellow_____1.png"
    assert asset_key("a-b_c.d~e") == "a-b_c.d~e"
    assert asset_key("été·×.pdf") == "_t___.pdf"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Brain yellow.png", "static/Brain yellow.png"),
        ("Brain_yellow.png", "static/Brain yellow.png"),
        ("Brain%20yellow.png", "static/Brain yellow.png"),
        ("photo__1_.jpg", "static/photo (1).jpg"),
        ("sub/inner.js", "static/sub/inner.js"),
        ("sub_inner.js", "static/sub/inner.js"),
        ("e\u0301te\u0301·×.pdf", "static/été·×.pdf"),
        ("old_name.pdf", "static/notes.pdf"),
        ("x.html", None),
        ("", None),
    ],
)
def test_an_asset_is_found_by_its_name_and_by_its_key(name: str, path: str | None) -> None:
    assert ASSETS.find(name) == path


@pytest.mark.parametrize(
    "text",
    [
        '<img src="/static/Brain_yellow.png">',
        "<img src='/static/Brain yellow.png'>",
        '{"img": "/static/Brain_yellow.png"}',
        'answers="[{&quot;img&quot;: &quot;/static/Brain_yellow.png&quot;}]"',
        r'data="{\"img\": \"/static/Brain_yellow.png\"}"',
        "&#x3C;img src=&#x22;/static/Brain_yellow.png&#x22; /&#x3E;",
        "&#X3c;img src=&#X0027;/static/Brain_yellow.png&#X0027;&#X3e;",
        "&#60;img src=&#034;/static/Brain_yellow.png&#034;&#62;",
        "/static/Brain_yellow.png&#xA;and more",
        "background: url(/static/Brain_yellow.png) no-repeat",
        "/static/Brain_yellow.png?raw",
        "/static/Brain_yellow.png#part",
        "see /static/Brain_yellow.png, and",
        "asset-v1:Org+C+run+type@asset+block@Brain_yellow.png",
        "/c4x/Org/C/asset/Brain_yellow.png",
        '"course_image": "Brain yellow.png"',
    ],
)
def test_a_reference_is_found_in_any_dress(text: str) -> None:
    assert found(text) == ["static/Brain yellow.png"]


@pytest.mark.parametrize(
    "text",
    ["https://example.com/static/plain.css", "'/static/' + name", "/static/${name}", "nothing"],
)
def test_what_only_looks_like_a_reference_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("quote", ["&quot;", "&#34;", "&#034;", "&#x22;", "&#X0027;", "&apos;"])
def test_a_dangling_name_ends_at_a_quotation_mark_however_that_is_written(quote: str) -> None:
    text = f"&#x3C;link href={quote}/static/gone.css{quote} /&#x3E;"
    (reference,) = references.find_asset_references(text, ASSETS)
    assert (reference.name, reference.asset) == ("gone.css", None)


@pytest.mark.parametrize(
    "text",
    [
        '<img srcset="/static/plain.css 1x, /static/notes.pdf 2x">',
        "<p style='background: url(/static/plain.css), url(/static/notes.pdf)'>",
        "![one](/static/plain.css) and ![two](/static/notes.pdf)",
        "asset-v1:A+B+C+type@asset+block@plain.css asset-v1:A+B+C+type@asset+block@notes.pdf",
    ],
)
def test_all_references_of_an_attribute_are_found(text: str) -> None:
    assert found(text) == ["static/plain.css", "static/notes.pdf"]


def test_dangling_references_carry_their_name_and_line() -> None:
    (reference,) = references.find_asset_references('\n\n<a href="/static/gone.pdf">', ASSETS)
    assert (reference.name, reference.asset, reference.line) == ("gone.pdf", None, 3)


def test_links_and_keys_of_this_course_are_found() -> None:
    text = (
        '<a href="/jump_to_id/intro#part">\n"i4x://Org/C/problem/p1"\n'
        '"block-v1:Org+C+run+type@html+block@h1" "i4x://Other/C/problem/p2"'
    )
    blocks = list(references.find_block_references(text, "Org", "C"))
    assert [(block.tag, block.name, block.line) for block in blocks] == [
        (None, "intro", 1),
        ("problem", "p1", 2),
        ("html", "h1", 3),
    ]


def test_the_files_of_a_video_are_found_in_every_place() -> None:
    video = olx.parse_olx(
        b"""<video sub="abc" transcripts='{"uk": "talk.srt", "de": 3}'>
        <handout src="/static/notes.pdf"/><transcript language="fr" src="gone.srt"/></video>"""
    )
    assert references.find_video_assets(video, ASSETS) == {
        name: f"static/{name}"
        for name in ("subs_abc.srt.sjson", "talk.srt", "uk_talk.srt", "notes.pdf")
    }
    assert references.find_missing_transcripts(video, ASSETS) == ["gone.srt"]


def test_damaged_transcripts_do_no_harm() -> None:
    video = olx.parse_olx(b"""<video transcripts="{not json"/>""")
    assert references.find_video_assets(video, ASSETS) == {}


def test_pages_inside_static_name_their_neighbours() -> None:
    text = "import './inner.js'; url(../plain.css); 'https://example.com/plain.css'"
    assert references.find_relative_assets("static/sub/page.html", text, ASSETS) == {
        "static/sub/inner.js",
        "static/plain.css",
    }


@pytest.mark.parametrize(
    "unit",
    [
        "/static/ ",
        "block-v1:",
        "i4x://",
        "asset-v1:",
        "c4x/a",
        "('",
        "/jump_to_id/x",
        "&quot;",
        "&#0",
        "&#x0",
        "a,b ",
    ],
)
def test_no_text_takes_time_that_grows_with_its_square(unit: str) -> None:
    text = "/static/" + unit * (300_000 // len(unit))
    started = time.monotonic()
    list(references.find_asset_references(text, ASSETS))
    list(references.find_block_references(text, "Org", "C"))
    references.find_relative_assets("static/a.js", text, ASSETS)
    assert time.monotonic() - started < 10
