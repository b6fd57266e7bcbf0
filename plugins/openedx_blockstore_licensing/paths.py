"""Paths and patterns that licences are given to, and which of them a file falls under."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from openedx_blockstore_licensing.exceptions import InvalidLicensePath

_MAX_LENGTH = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def normalize_path(path: object) -> str:
    """Return a path or pattern in its one spelling; empty for the whole bundle.

    Raises:
        InvalidLicensePath: No file can be at it.
    """
    if not isinstance(path, str):
        raise InvalidLicensePath(path, f"it must be text, not {type(path).__name__}")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InvalidLicensePath(path, "it holds half of a surrogate pair") from error
    normal = unicodedata.normalize("NFC", path)
    if len(normal) > _MAX_LENGTH:
        raise InvalidLicensePath(path, f"it has more than {_MAX_LENGTH} characters")
    if _CONTROL.search(normal):
        raise InvalidLicensePath(path, "it holds a control character or a backslash")
    parts = normal.removesuffix("/").split("/") if normal else []
    if any(part in {"", ".", ".."} for part in parts):
        raise InvalidLicensePath(path, "it must be relative, without empty parts, . and ..")
    if parts and parts[0].casefold() in {"links", ".blockstore"}:
        raise InvalidLicensePath(path, f"{parts[0]}/ holds nothing of the bundle's own")
    return normal


def find_pattern(path: str, patterns: Iterable[str]) -> str | None:
    """Return the pattern that a path falls under; None for none.

    The path itself wins, then the longest pattern.
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
