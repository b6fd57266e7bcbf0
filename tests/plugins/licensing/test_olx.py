"""Licences as OLX has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.exceptions import InvalidLicense
from openedx_blockstore_licensing.olx import read_policy_license, read_root_license


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("", ""),
        ("all-rights-reserved", api.ALL_RIGHTS_RESERVED),
        ("creative-commons: ver=4.0 BY NC SA", "CC-BY-NC-SA-4.0"),
        ("creative-commons: ver=4.0 BY SA NC", "CC-BY-NC-SA-4.0"),
        ("creative-commons: ver=3.0 BY ND", "CC-BY-ND-3.0"),
        ("creative-commons: ver=4.0 by", "CC-BY-4.0"),
        ("creative-commons: BY", "CC-BY-4.0"),
        ("creative-commons", "CC-BY-4.0"),
        ("creative-commons: ver=1.0 ZERO", "CC0-1.0"),
        ("Creative-Commons:ver=4.0 BY", "CC-BY-4.0"),
    ],
)
def test_open_edx_words_are_understood(text: str, expression: str) -> None:
    assert api.parse_olx_license(text) == expression


@pytest.mark.parametrize(
    "text",
    [
        "public-domain",
        "creative-commons: ver=9.9 BY",
        "creative-commons: ver= BY",
        "creative-commons: ver=4.0 BY SA ND",
        "creative-commons: ver=4.0 XX",
        "creative-commons: ver=4.0) OR MIT",
        "CC-BY-4.0",
        "x" * 5000,
    ],
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(InvalidLicense):
        api.parse_olx_license(text)


@given(st.text(max_size=80))
def test_any_words_are_understood_or_refused(text: str) -> None:
    for words in (text, f"creative-commons: {text}"):
        try:
            expression = api.parse_olx_license(words)
        except InvalidLicense:
            continue
        assert expression == "" or api.normalize(expression) == expression


@pytest.mark.parametrize(
    "expression",
    ["CC-BY-4.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-ND-4.0", "CC0-1.0", api.ALL_RIGHTS_RESERVED],
)
def test_licences_are_written_so_that_they_are_understood_again(expression: str) -> None:
    words = api.format_olx_license(expression)
    assert words is not None
    assert api.parse_olx_license(words) == expression


def test_what_open_edx_has_no_words_for_is_not_written() -> None:
    assert api.format_olx_license("MIT") is None
    assert api.format_olx_license("CC-BY-4.0 AND MIT") is None


@pytest.mark.parametrize(
    ("head", "license"),
    [
        (b'<video license="all-rights-reserved"/>', "all-rights-reserved"),
        (b'<?xml version="1.0"?>\n<!-- c --><course license=" x "><a/>', "x"),
        (b'<video><source license="x"/></video>', ""),
        (b"<video/>", ""),
        (b"", ""),
        (b"no XML", ""),
        (b"<video license=", ""),
        (b'<!DOCTYPE v [<!ENTITY e "x">]><video license="&e;"/>', ""),
        (b"\xff\xfe\x00", ""),
        (b'<video license="a"><transcript src="a.srt"/', "a"),
        (b'<video license="a"/><broken', ""),
    ],
)
def test_the_attribute_of_the_first_element_counts(head: bytes, license: str) -> None:
    assert read_root_license(head) == license


@pytest.mark.parametrize(
    ("policy", "license"),
    [
        (b'{"course/run": {"license": "all-rights-reserved"}}', "all-rights-reserved"),
        (b'{"chapter/x": {"license": "a"}, "course/run": {}}', ""),
        (b'{"course/run": {"license": 4}}', ""),
        (b'{"course/run": 4}', ""),
        (b"[]", ""),
        (b"{", ""),
        (b"[" * 100_000, ""),
        (b"\xff", ""),
    ],
)
def test_the_policy_of_a_course_may_say_it(policy: bytes, license: str) -> None:
    assert read_policy_license(policy) == license
