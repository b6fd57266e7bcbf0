"""Which paths and aliases a version may hold."""

from __future__ import annotations

import unicodedata
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openedx_blockstore.exceptions import InvalidPath, LimitExceeded
from openedx_blockstore.store import (
    case_clashes,
    link_path,
    normalize_alias,
    normalize_path,
    split_link_path,
)

GOOD = [
    "a",
    "problem/definition.xml",
    "static/ünïcödé 🎉.png",
    ".hidden",
    "a..b.png",
    "...",
    "-rf",
    "a b/ c",
    "what?*<>|:\"'.txt",
    "static/links/a",
    "a/.blockstore/b",
    "linksx/a",
    "x" * 500,
]
BAD = {
    "": "empty",
    "/": "slash",
    "/absolute": "slash",
    "folder/": "slash",
    "a//b": "slash",
    ".": "\\. or \\.\\.",
    "..": "\\. or \\.\\.",
    "a/./b": "\\. or \\.\\.",
    "./a": "\\. or \\.\\.",
    "../a": "\\. or \\.\\.",
    "a/..": "\\. or \\.\\.",
    "a\\b": "backslash",
    "C:\\a": "backslash",
    "nul\0": "control character",
    "line\nbreak": "control character",
    "del\x7f": "control character",
    "next line\x85": "control character",
    "half a pair \ud800": "control character",
    "links": "reserved",
    "links/a/b": "reserved",
    "Links/a": "reserved",
    "LINKS/a": "reserved",
    ".blockstore": "reserved",
    ".blockstore/info.json": "reserved",
    ".BlockStore/x": "reserved",
}

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=30) | st.lists(
    st.sampled_from(["a", "é", "e\u0301", ".", "..", "", "links", ".blockstore", "b\\", "\ud800"]),
    max_size=4,
).map("/".join)


@pytest.mark.parametrize("path", GOOD, ids=ascii)
def test_a_relative_path_is_kept_as_it_is(path: str) -> None:
    assert normalize_path(path) == path


@pytest.mark.parametrize(("path", "reason"), BAD.items(), ids=map(ascii, BAD))
def test_a_path_that_breaks_a_rule_is_refused_with_the_rule(path: str, reason: str) -> None:
    with pytest.raises(InvalidPath, match=reason) as caught:
        normalize_path(path)
    assert caught.value.path == path


@pytest.mark.parametrize("value", [None, 5, b"a", ["a"]])
def test_what_is_no_text_is_no_path(value: object) -> None:
    for normalize in (normalize_path, normalize_alias):
        with pytest.raises(InvalidPath, match="must be text"):
            normalize(cast(str, value))


def test_a_path_has_at_most_500_characters_unless_it_is_said_otherwise() -> None:
    assert len(normalize_path("x" * 500)) == 500
    with pytest.raises(LimitExceeded) as caught:
        normalize_path("x" * 501)
    assert (caught.value.actual, caught.value.limit) == (501, 500)
    assert caught.value.setting == "MAX_PATH_LENGTH"
    with pytest.raises(LimitExceeded):
        normalize_path("x" * 11, max_length=10)


def test_the_length_is_that_of_the_composed_spelling() -> None:
    assert len(normalize_path("e\u0301" * 500)) == 500


def test_a_decomposed_spelling_means_the_same_path() -> None:
    assert normalize_path("caf\u0065\u0301/a") == normalize_path("caf\u00e9/a") == "caf\u00e9/a"
    assert normalize_alias("e\u0301") == "\u00e9"


@given(anything)
@example("\u0344")  # NFC takes it apart
@example("\u2126/\u212b")  # singletons
def test_any_text_is_either_refused_or_kept_up_to_nfc(text: str) -> None:
    try:
        path = normalize_path(text)
    except (InvalidPath, LimitExceeded) as error:
        message = str(error)
        message.encode()
        return
    assert path == unicodedata.normalize("NFC", text)
    assert normalize_path(path) == path
    assert path.encode().decode() == path
    assert not {"", ".", ".."} & set(path.split("/"))
    assert split_link_path(path) is None


@given(anything)
def test_any_alias_is_either_refused_or_one_segment(text: str) -> None:
    try:
        alias = normalize_alias(text)
    except InvalidPath:
        return
    assert "/" not in alias
    assert alias == unicodedata.normalize("NFC", text) == normalize_alias(alias)
    assert split_link_path(f"{link_path(alias)}/x/y") == (alias, "x/y")


@pytest.mark.parametrize("alias", ["", "a/b", "/", ".", "..", "a\\b", "a\0", "\ud800", "x" * 181])
def test_an_alias_that_is_not_one_path_segment_is_refused(alias: str) -> None:
    with pytest.raises(InvalidPath):
        normalize_alias(alias)


def test_an_alias_has_at_most_180_characters() -> None:
    assert normalize_alias("x" * 180) == "x" * 180


@pytest.mark.parametrize("path", ["links", "links/", "links/a", "links//a", "links/a/", "a/b/c"])
def test_only_a_path_below_an_alias_leads_through_a_link(path: str) -> None:
    assert split_link_path(path) is None


def test_a_path_through_several_links_is_followed_one_by_one() -> None:
    assert split_link_path("links/a/links/b/c") == ("a", "links/b/c")
    assert split_link_path("links/e\u0301/c") == ("\u00e9", "c")


def test_paths_that_are_equal_but_for_case_clash() -> None:
    assert case_clashes(["a", "b", "c/d"]) == []
    assert case_clashes(["b.txt", "A.txt", "a.txt"]) == [("A.txt", "a.txt")]
    assert case_clashes(["Static/a", "static/A"]) == [("Static/a", "static/A")]
    assert case_clashes(["ÉTÉ", "été"]) == [("ÉTÉ", "été")]
    assert case_clashes(["straße", "STRASSE"]) == [("STRASSE", "straße")]


def test_a_file_can_not_stand_where_another_one_has_a_folder() -> None:
    assert case_clashes(["a", "a/b"]) == [("a", "a/b")]
    assert case_clashes(["a/b", "A"]) == [("A", "a/b")]
    assert case_clashes(["a/b/c/d", "a/b"]) == [("a/b", "a/b/c/d")]
    assert case_clashes(["a-b", "a/b", "ab"]) == []


def test_folders_of_one_spelling_each_do_not_clash() -> None:
    assert case_clashes(["a/x", "a/y"]) == []
