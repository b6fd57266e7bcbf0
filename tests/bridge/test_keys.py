"""Keys of contexts, usages and definitions are texts and come back from them."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opaque_keys import InvalidKeyError

from openedx_blockstore_xblock.escaping import escape, unescape
from openedx_blockstore_xblock.keys import (
    BlockstoreContextKey,
    BlockstoreDefinitionKey,
    BlockstoreUsageKey,
)

BUNDLE = UUID("22222222-2222-4222-8222-222222222222")
DRAFT = UUID("33333333-3333-4333-8333-333333333333")
CONTEXT = BlockstoreContextKey("owls-2026")

texts = st.text(min_size=1)
paths = texts.filter(lambda text: not text.startswith("/"))
aliases = texts.filter(lambda text: "/" not in text)


@given(st.text())
def test_every_text_can_be_escaped_and_comes_back(text: str) -> None:
    """Whatever a path or a name holds."""
    assert unescape(escape(text)) == text


@given(st.text())
def test_an_escaped_text_needs_no_quoting_anywhere(text: str) -> None:
    """Neither in an address, nor between the colons of a key."""
    assert set(escape(text)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-+~"
    )


@given(path=paths, inner_id=st.text(), route=st.lists(aliases, min_size=1), place=st.text())
def test_a_usage_comes_back_from_its_text(
    path: str, inner_id: str, route: list[str], place: str
) -> None:
    """Equal, and with everything in it."""
    key = BlockstoreUsageKey(
        CONTEXT, "html", BUNDLE, path, inner_id, route=tuple(route), place=place
    )
    again = BlockstoreUsageKey.from_string(str(key))
    assert again == key
    assert hash(again) == hash(key)
    assert (again.path, again.inner_id, again.route, again.place) == (
        path,
        inner_id,
        tuple(route),
        place,
    )


@given(path=paths, inner_id=st.text(), version=st.integers(1, 10**9))
def test_a_definition_comes_back_from_its_text(path: str, inner_id: str, version: int) -> None:
    """Of a version, and of a draft."""
    for which in ({"version": version}, {"draft_uuid": DRAFT}):
        key = BlockstoreDefinitionKey(BUNDLE, "html", path, inner_id, **which)
        assert BlockstoreDefinitionKey.from_string(str(key)) == key


def test_a_context_comes_back_from_its_text() -> None:
    """By its namespace, which is registered."""
    assert BlockstoreContextKey.from_string("blockstore:owls-2026") == CONTEXT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "blockstore",
        "blockstore:",
        "blockstore:a b",
        "blockstore:a/b",
        "blockstore:owls\n",
        "blockstore:.hidden",
        "blockstore:" + "x" * 100,
        "blockstore:élan",
    ],
)
def test_a_malformed_context_is_refused(text: str) -> None:
    """With the error that everybody who parses keys expects."""
    with pytest.raises(InvalidKeyError):
        BlockstoreContextKey.from_string(text)


GOOD_USAGE = f"blockstore-usage:owls:html:{BUNDLE}:html+a+definition.xml::main:"


@pytest.mark.parametrize(
    "text",
    [
        GOOD_USAGE + ":",
        GOOD_USAGE + "\n",
        GOOD_USAGE.replace("::main", "::"),
        GOOD_USAGE.replace("::main", "::main++x"),
        GOOD_USAGE.replace("html+a", "html/a"),
        GOOD_USAGE.replace("html+a", "~41"),
        GOOD_USAGE.replace("html+a", "~zz"),
        GOOD_USAGE.replace("html+a", "~ff"),
        GOOD_USAGE.replace("html+a", "~C3~A9"),
        GOOD_USAGE.replace("html+a+definition.xml", ""),
        GOOD_USAGE.replace("html+a", "+html"),
        GOOD_USAGE.replace(str(BUNDLE), str(BUNDLE).replace("-", "")),
        GOOD_USAGE.replace(":html:", "::"),
        GOOD_USAGE.replace(":html:", ":a b:"),
    ],
)
def test_a_malformed_usage_is_refused(text: str) -> None:
    """There is one text for each usage: what means nothing, or what means the same, is none."""
    BlockstoreUsageKey.from_string(GOOD_USAGE)
    with pytest.raises(InvalidKeyError):
        BlockstoreUsageKey.from_string(text)


@pytest.mark.parametrize("version", ["v0", "v01", "7", "latest", "", "V7", "v7\n", str(DRAFT)[:-1]])
def test_a_malformed_definition_is_refused(version: str) -> None:
    """A version is a number without leading zeros, a draft is a UUID."""
    with pytest.raises(InvalidKeyError):
        BlockstoreDefinitionKey.from_string(f"blockstore-olx:{BUNDLE}:{version}:html:a.xml:")


def test_a_definition_is_of_a_version_or_a_draft() -> None:
    """Not of neither, and not of both."""
    with pytest.raises(InvalidKeyError):
        BlockstoreDefinitionKey(BUNDLE, "html", "a.xml")
    with pytest.raises(InvalidKeyError):
        BlockstoreDefinitionKey(BUNDLE, "html", "a.xml", version=1, draft_uuid=DRAFT)


def usage(**changes: object) -> BlockstoreUsageKey:
    """Return a usage that differs from others of this function only as told."""
    arguments: dict[str, object] = {
        "context_key": CONTEXT,
        "block_type": "problem",
        "bundle_uuid": BUNDLE,
        "path": "problem/p1/definition.xml",
        "inner_id": "",
        "route": ("main",),
        "place": "",
    }
    return BlockstoreUsageKey(**{**arguments, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"place": "again"},
        {"route": ("main", "other-way")},
        {"context_key": BlockstoreContextKey("another")},
    ],
)
def test_usages_of_one_block_name_one_block(changes: dict[str, object]) -> None:
    """State is kept under it, and problems keep answers under names that begin with the id."""
    assert usage(**changes) != usage()
    assert usage(**changes).block_digest == usage().block_digest
    assert usage(**changes).html_id() == usage().html_id()


@pytest.mark.parametrize(
    "changes", [{"bundle_uuid": DRAFT}, {"path": "problem/p2/definition.xml"}, {"inner_id": "x/y"}]
)
def test_other_blocks_are_named_otherwise(changes: dict[str, object]) -> None:
    """By bundle, path, and id in the file."""
    assert usage(**changes).block_digest != usage().block_digest
