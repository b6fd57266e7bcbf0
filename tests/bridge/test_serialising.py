"""Fields of blocks are written back into OLX, and nothing gets lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from openedx_blockstore_xblock.authored import parse_block
from openedx_blockstore_xblock.block_classes import find_class, is_container
from openedx_blockstore_xblock.exceptions import UnwritableField
from openedx_blockstore_xblock.olx import parse_document
from openedx_blockstore_xblock.serialising import WrittenBlock, write_block


def read(olx: bytes, inner_id: str = "", *, body: str | None = None) -> dict[str, Any]:
    """Return the fields of a block."""
    document = parse_document(olx, file="block.xml", is_container=is_container)
    block = document.find(inner_id)
    assert block is not None
    block_class = find_class(block.block_type)
    assert block_class is not None
    return parse_block(document, block, block_class, body=body).values()


def write(
    olx: str | bytes, fields: Mapping[str, Any], inner_id: str = "", *, body: str | None = None
) -> WrittenBlock:
    """Write all fields of a block."""
    source = olx.encode() if isinstance(olx, str) else olx
    document = parse_document(source, file="block.xml", is_container=is_container)
    block = document.find(inner_id)
    assert block is not None
    block_class = find_class(block.block_type)
    assert block_class is not None
    return write_block(source, document, block, block_class, fields, body=body)


def change(olx: str, inner_id: str = "", *, drop: tuple[str, ...] = (), **fields: Any) -> str:
    """Return a file after some fields of a block were set, and others left to their defaults."""
    now = {name: each for name, each in read(olx.encode(), inner_id).items() if name not in drop}
    return write(olx, {**now, **fields}, inner_id).olx.decode()


# What does not change -----------------------------------------------------------------------------

UNIT = """<?xml version='1.0'?>
<!-- By owls. -->
<unit  display_name = 'At night'>
  <!-- Read this first -->
  <html url_name="a"   editor='raw'><![CDATA[<p>&nbsp;</p>]]></html>
  <xblock-include definition="b/c"/><problem max_attempts="1" url_name="c" x="y"><p/></problem>
</unit>
"""


@pytest.mark.parametrize("inner_id", ["", "html/a", "problem/c"])
def test_what_is_read_and_not_changed_is_the_same_to_the_byte(inner_id: str) -> None:
    """Nobody would see why the file is another one."""
    assert change(UNIT, inner_id) == UNIT


def test_a_change_of_one_block_leaves_the_others_as_they_are() -> None:
    """With their quotes, blanks and comments."""
    assert change(UNIT, "problem/c", max_attempts=2) == UNIT.replace(
        'max_attempts="1"', 'max_attempts="2"'
    )
    assert change(UNIT, "html/a", data="<b>x</b>") == UNIT.replace("<p>&nbsp;</p>", "<b>x</b>")
    assert change(UNIT, display_name='"Day" & <more>') == UNIT.replace(
        "'At night'", '"&quot;Day&quot; &amp; &lt;more&gt;"'
    ).replace("display_name = ", "display_name=")


def test_a_field_that_is_left_to_its_default_goes_away() -> None:
    """With the blank before it."""
    assert change(UNIT, "html/a", drop=("editor",)) == UNIT.replace("   editor='raw'", "")


def test_attributes_that_are_no_fields_stay() -> None:
    """And elements that a class does not know: they may be meant for somebody else."""
    olx = '<video foo="b" youtube="1.00:a"><source src="a"/><!-- c --><video_asset x="1"/></video>'
    written = change(olx, html5_sources=["b", "c"])
    for part in ('foo="b"', "<!-- c -->", '<video_asset x="1"/>', '<source src="c"/>'):
        assert part in written
    assert '<source src="a"/>' not in written


def test_a_file_in_another_encoding_is_in_utf_8_after_a_change() -> None:
    """And as it was before one."""
    olx = '<?xml version="1.0" encoding="ISO-8859-1"?><html display_name="Käuze">ü</html>'
    source = olx.encode("iso-8859-1")
    assert write(source, read(source)).olx == source
    written = write(source, {**read(source), "display_name": "Eulen 🦉"}).olx
    assert written.decode() == olx.replace("ISO-8859-1", "UTF-8").replace("Käuze", "Eulen 🦉")


# What the classes keep ----------------------------------------------------------------------------


def test_html_is_written_as_people_write_it() -> None:
    """Markup in markup is not escaped where it need not be."""
    assert change("<html/>", data="<p>a &amp; b</p>") == "<html><![CDATA[<p>a &amp; b</p>]]></html>"
    for data in ("]]> & <b>", "a\r\nb", "", "\n", "<!-- c -->", "<![CDATA[x]]>", "🦉"):
        assert read(change("<html>x</html>", data=data).encode()).get("data", "") == data


def test_html_in_a_file_of_its_own_is_written_there() -> None:
    """The element stays as it is."""
    olx = '<html filename="a" display_name="A"/>'
    fields = read(olx.encode(), body="<p>old<br>")
    assert write(olx, {**fields, "data": "<p>new<br>"}, body="<p>old<br>") == WrittenBlock(
        olx.encode(), "<p>new<br>"
    )


def test_a_problem_keeps_its_comments_and_its_settings() -> None:
    """It has a copy of its attributes among its text, which may be an old one."""
    olx = '<problem max_attempts="2" foo="x"><!-- c --><p>a</p></problem>'
    written = change(olx, max_attempts=5)
    assert written == olx.replace('"2"', '"5"')
    data = read(written.encode())["data"].replace("<p>a</p>", "<p>b</p>").replace('"5"', '"7"')
    again = change(written, data=data)
    assert read(again.encode())["max_attempts"] == 5
    for part in ("<p>b</p>", "<!-- c -->", 'foo="x"', 'max_attempts="5"'):
        assert part in again


def test_a_video_is_written_in_its_own_way() -> None:
    """What it has elements or names of its own for stands there and nowhere else."""
    olx = '<video youtube="1.00:abc"/>'
    fields: dict[str, Any] = {
        "youtube_id_1_0": "xyz",
        "start_time": "00:01:00",
        "transcripts": {"de": "a.srt"},
    }
    written = change(olx, **fields)
    assert 'youtube="1.00:xyz"' in written
    assert "youtube_id_1_0" not in written
    assert fields.items() <= read(written.encode()).items()


def test_annotations_and_poll_questions_are_read_and_written() -> None:
    """Their classes would read nothing but attributes in this way."""
    olx = "<annotatable><instructions>I</instructions>a <annotation>b</annotation></annotatable>"
    assert "<annotation>b</annotation>" in read(olx.encode())["data"]
    assert change(olx, display_name="A") == olx.replace(
        "<annotatable>", '<annotatable display_name="A">'
    )
    olx = '<poll_question><p>What?</p><answer id="y">Yes</answer></poll_question>'
    assert read(olx.encode())["answers"] == [{"id": "y", "text": "Yes"}]
    written = change(olx, answers=[{"id": "n", "text": "No"}])
    assert read(written.encode())["answers"] == [{"id": "n", "text": "No"}]
    assert "What?" in read(written.encode())["question"]


def test_a_field_of_nothing_is_told_from_one_that_is_not_set() -> None:
    """As far as a class can: it is an element then."""
    written = change("<poll question='x'/>", feedback=None)
    assert 'none="true"' in written
    assert read(written.encode())["feedback"] is None
    assert "feedback" not in read(change(written, drop=("feedback",)).encode())


def test_characters_beyond_16_bits_come_back_whole() -> None:
    """XBlock itself writes them in two halves, and leaves them apart when it reads."""
    olx = '<poll answers="[[&quot;\\ud83e\\udd89&quot;, {&quot;label&quot;: &quot;Hoot&quot;}]]"/>'
    answers = read(olx.encode())["answers"]
    assert answers == [["🦉", {"label": "Hoot"}]]
    assert read(change("<poll/>", answers=answers).encode())["answers"] == answers


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "control": ("<html/>", {"data": "\x01"}),
    "nothing": ("<html/>", {"display_name": None}),
    "malformed": ("<problem/>", {"data": "<problem"}),
    "bomb": ("<problem/>", {"data": "<!DOCTYPE x [<!ENTITY a 'a'>]><problem>&a;</problem>"}),
    "other": ("<problem/>", {"data": "<html/>"}),
    "no-json": ("<poll/>", {"answers": object()}),
    "half a character": ("<poll/>", {"answers": [["\ud83e", {}]]}),
    "type": ("<problem/>", {"max_attempts": "many"}),
    "unknown": ("<html/>", {"no_such_field": 1}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_read_again_is_not_written(name: str) -> None:
    """The error names the field."""
    olx, fields = REFUSED[name]
    with pytest.raises(UnwritableField, match=next(iter(fields))):
        change(olx, **fields)


# Whatever the values are --------------------------------------------------------------------------

texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("<>&\"'\n\t]{}[]%;\\")
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={"data": texts, "display_name": texts}))
def test_any_text_of_html_is_read_again(fields: dict[str, Any]) -> None:
    """Into a block that has other ones, an unknown attribute and a comment beside it."""
    olx = '<unit><!-- c --><html url_name="a" x="y" display_name="d">z<p>z</p></html></unit>'
    written = write(olx, fields, "html/a").olx
    assert {"data": "", **read(written, "html/a")} == {"data": "", **fields}
    assert b'x="y"' in written
    assert b"<!-- c -->" in written


@given(texts, texts, st.none() | st.integers(0, 10**6))
def test_any_problem_is_read_again(text: str, name: str, attempts: int | None) -> None:
    """With its text, its comments and its settings."""
    paragraph = etree.Element("p")
    paragraph.text = text
    inner = etree.tostring(paragraph, encoding="unicode")
    fields: dict[str, Any] = {"data": f"<problem>{inner}<!-- c --></problem>", "display_name": name}
    if attempts is not None:
        fields["max_attempts"] = attempts
    found = read(write('<problem x="y" max_attempts="3"><p/></problem>', fields).olx)
    again = read(write("<problem/>", found).olx)
    for each in (found, again):
        root = etree.fromstring(each["data"])
        assert (root.findtext("p") or "") == text
        assert "<!-- c -->" in each["data"]
        assert each["display_name"] == name
        assert each.get("max_attempts") == attempts


@given(st.dictionaries(texts, values, max_size=4), st.none() | texts, st.booleans())
def test_any_values_of_a_block_without_ways_of_its_own_are_read_again(
    data: dict[str, Any], name: str | None, show: bool
) -> None:
    """Or refused; never changed."""
    fields = {"data": data, "display_name": name, "show_title": show}
    olx = '<drag-and-drop-v2 x="y" max_attempts="3"><!-- c --></drag-and-drop-v2>'
    try:
        written = write(olx, fields).olx
    except UnwritableField:
        return
    defaults = {"show_title": True, "display_name": "Drag and Drop"}
    assert {**defaults, **read(written)} == fields
    assert b'x="y"' in written
    assert b"<!-- c -->" in written
