"""OLX is parsed without resolving, loading or losing anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_blockstore.courses import olx


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<a><b></a>", "malformed-xml"),
        ("", "malformed-xml"),
        ("just text", "malformed-xml"),
        ("<a>&nbsp;</a>", "malformed-xml"),
        ("<!DOCTYPE a><a/>", "doctype"),
        ('<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>', "doctype"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "doctype"),
        ("<a>" * 400 + "</a>" * 400, "malformed-xml"),
    ],
)
def test_what_is_damaged_or_dangerous_is_refused(text: str, code: str) -> None:
    with pytest.raises(olx.OlxError) as caught:
        olx.parse_olx(text.encode())
    assert caught.value.code == code


def test_no_file_is_read_for_an_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    with pytest.raises(olx.OlxError):
        olx.parse_olx(f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{secret}">]><a>&e;</a>'.encode())


def test_a_billion_laughs_are_refused_at_once() -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    with pytest.raises(olx.OlxError):
        olx.parse_olx(f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e12;</a>'.encode())


def test_other_encodings_are_understood() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><a title="café"/>'.encode("latin-1")
    assert olx.parse_olx(text).get("title") == "café"
    assert olx.declared_encoding(text) == "iso-8859-1"
    with pytest.raises(olx.OlxError):
        olx.parse_olx('<a title="café"/>'.encode("latin-1"))


def test_comments_character_data_and_white_space_are_kept() -> None:
    text = "<!-- before -->\n<a>\n  <![CDATA[1 < 2]]> <!-- in -->\n  <b/></a>\n<!-- after -->\n"
    assert olx.dump_olx(olx.parse_olx(text.encode())) == text.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<html url_name="a"/>', True),
        ('<html url_name="a"> </html>', True),
        ('<html url_name="a" display_name="A"/>', False),
        ('<html url_name="a">text</html>', False),
        ("<html/>", False),
        ('<course url_name="a" org="O" course="C"/>', True),
        ('<html url_name="a" org="O"/>', False),
    ],
)
def test_a_pointer_has_a_name_and_nothing_else(text: str, *, expected: bool) -> None:
    assert olx.is_pointer(olx.parse_olx(text.encode())) is expected


def test_a_colon_in_a_name_is_a_folder() -> None:
    assert olx.file_of("html", "secret:toylab") == "html/secret/toylab.xml"
