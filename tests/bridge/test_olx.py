"""OLX files are read as documents of blocks, and refused where that can not be."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.olx import Include, parse_document, parse_include, parse_olx


def is_container(block_type: str) -> bool:
    """As of classes, without any."""
    return block_type in {"unit", "vertical"}


def ids(olx: str) -> list[str]:
    """Return what the blocks of a document are called."""
    document = parse_document(olx.encode(), file="u.xml", is_container=is_container)
    return [block.inner_id for block in document]


def test_the_block_of_a_file_has_no_name_and_inline_ones_have_type_and_name() -> None:
    """Whatever is inside a block that holds no blocks is its own."""
    assert ids(
        '<unit><html url_name="a"><p url_name="x"/></html>'
        '<vertical url_name="v"><problem url_name="a"/></vertical></unit>'
    ) == ["", "html/a", "vertical/v", "problem/a"]


def test_inline_blocks_without_a_name_are_counted_by_type() -> None:
    """In the order in which they stand."""
    assert ids("<unit><html/><vertical><html/></vertical><problem/><html/></unit>") == [
        "",
        "html/~1",
        "vertical/~1",
        "html/~2",
        "problem/~1",
        "html/~3",
    ]


def test_includes_options_and_comments_are_no_blocks_of_the_file() -> None:
    """An include stands for another file; an option is a field."""
    option = '<o:f xmlns:o="http://code.edx.org/xblock/option">1</o:f>'
    olx = f'<unit><!-- c --><xblock-include definition="html/a"/>{option}<?pi x?></unit>'
    assert ids(olx) == [""]


def test_two_blocks_of_one_name_are_refused_by_name() -> None:
    """A learner's state could not be told apart."""
    with pytest.raises(BadOlx, match=r"u.xml:2 .* 'html/a'; give each a url_name"):
        ids('<unit><html url_name="a"/>\n<html url_name="a"/></unit>')


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><html>&b;</html>"
EXTERNAL = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><html>&a;</html>"


@pytest.mark.parametrize(
    ("olx", "reason"),
    [
        ("", "not well-formed"),
        ("<html>", "not well-formed"),
        ("<html>&nbsp;</html>", "not well-formed"),
        (BOMB, "document type"),
        (EXTERNAL, "document type"),
        ("<!DOCTYPE html><html/>", "document type"),
        ("<a>" * 101 + "</a>" * 101, "deep"),
        ("<a>" * 5_000 + "</a>" * 5_000, "not well-formed"),
        (f'<a x="{"y" * 10_000_001}"/>', "bytes"),
        ("x" * 9_000_000, "bytes"),
        ('<u:unit xmlns:u="urn:x"/>', "namespace"),
    ],
    ids=[
        "empty",
        "open",
        "entity",
        "bomb",
        "file",
        "doctype",
        "deep",
        "abyss",
        "wide",
        "big",
        "ns",
    ],
)
def test_olx_that_is_malformed_or_hostile_is_refused(olx: str, reason: str) -> None:
    """With an error that names the file."""
    with pytest.raises(BadOlx, match=reason) as caught:
        ids(olx)
    assert caught.value.file == "u.xml"


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(contents: bytes) -> None:
    """Whoever sent them."""
    with contextlib.suppress(BadOlx):
        parse_document(b"<unit>" + contents, file="u.xml", is_container=is_container)


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ("html/a", "html/a/definition.xml"),
        ("html/secret/a", "html/secret/a/definition.xml"),
        ("units/u1.xml", "units/u1.xml"),
        ("sequence.xml", "sequence.xml"),
    ],
)
def test_an_include_stands_for_a_file(definition: str, path: str) -> None:
    """``type/id`` is a folder with a definition; a path that ends in ``.xml`` is itself."""
    element = parse_olx(f'<xblock-include definition="{definition}"/>'.encode(), file="u.xml")
    assert parse_include(element, file="u.xml").path == path


def test_an_include_may_name_a_link_and_a_usage() -> None:
    """Both are optional."""
    element = parse_olx(b'<xblock-include definition="a/b" source="c" usage="d"/>', file="u.xml")
    assert parse_include(element, file="u.xml") == Include("a/b", "c", "d")


@pytest.mark.parametrize("definition", ["", "html", "/html/a", "html/../../a", "a//b", "./a", "a/"])
def test_an_include_that_leads_nowhere_is_refused(definition: str) -> None:
    """It could lead out of the bundle."""
    element = parse_olx(f'<xblock-include definition="{definition}"/>'.encode(), file="u.xml")
    with pytest.raises(BadOlx, match="definition"):
        parse_include(element, file="u.xml")
