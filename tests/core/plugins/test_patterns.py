"""Which pattern a file falls under."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore.plugin_tools import find_pattern


@pytest.mark.parametrize(
    ("path", "patterns", "expected"),
    [
        ("a.png", ["a.png", "*.png", "*"], "a.png"),
        ("static/a.png", ["*.png", "static/"], "static/"),
        ("static/b/a.png", ["static/", "static/b/", "*"], "static/b/"),
        ("static/b/a.png", ["static/*.png", "static/b/"], "static/*.png"),
        ("b.png", ["?.png"], "?.png"),
        ("bb.png", ["?.png"], None),
        ("staticx/a", ["static/"], None),
        ("A.png", ["a.png"], None),
        ("a[1].png", ["a[1].png", "*"], "a[1].png"),
        ("a1.png", ["a[1].png"], None),
        ("a", ["", "b"], None),
    ],
)
def test_the_nearest_pattern_counts(path: str, patterns: list[str], expected: str | None) -> None:
    assert find_pattern(path, patterns) == expected


@given(st.text("ab/*?.", max_size=12), st.lists(st.text("ab/*?.", max_size=8), max_size=5))
def test_the_order_of_patterns_says_nothing(path: str, patterns: list[str]) -> None:
    assert find_pattern(path, patterns) == find_pattern(path, reversed(patterns))


def test_a_hostile_pattern_takes_no_long_time() -> None:
    began = time.monotonic()
    find_pattern("a" * 500, ["*a" * 12 + "b", "*" * 400 + "b"])
    assert time.monotonic() - began < 5
