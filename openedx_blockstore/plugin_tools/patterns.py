"""Paths and patterns that something is said of, and which of them a file falls under."""

from __future__ import annotations

from collections.abc import Iterable


def find_pattern(path: str, patterns: Iterable[str]) -> str | None:
    """Return the pattern that a path falls under; None for none.

    The path itself wins, then the longest pattern: a folder that ends in a slash, or one in which
    ``*`` stands for any letters, slashes too, and ``?`` for one. Nothing else is special.

    Args:
        path: The path of a file.
        patterns: Paths and patterns, in any order.
    """
    known = set(patterns)
    if path in known:
        return path
    matching = [pattern for pattern in known if pattern and _matches(path, pattern)]
    return max(matching, key=lambda pattern: (len(pattern), pattern), default=None)


def _matches(path: str, pattern: str) -> bool:
    """Tell whether a path falls under a pattern, in time that both lengths bound."""
    if pattern.endswith("/"):
        pattern += "*"
    here = there = 0
    star = resume = -1
    while here < len(path):
        if there < len(pattern) and pattern[there] == "*":
            star, resume = there, here
            there += 1
        elif there < len(pattern) and pattern[there] in {"?", path[here]}:
            here, there = here + 1, there + 1
        elif star >= 0:
            # The last star takes one letter more.
            resume += 1
            here, there = resume, star + 1
        else:
            return False
    return pattern[there:].strip("*") == ""
