"""Patterns for paths, as shells have them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return a function that tells whether a path matches one of some patterns; all, if none.

    ``*`` and ``?`` match within a folder, ``**`` any number of folders, ``[…]`` one of some
    letters. A pattern without a slash is for the names of files, in whichever folder.
    """
    expressions = [_expression(pattern) for pattern in patterns]
    if not expressions:
        return lambda _path: True
    return lambda path: any(expression.fullmatch(path) for expression in expressions)


def _expression(pattern: str) -> re.Pattern[str]:
    text = unicodedata.normalize("NFC", pattern).removeprefix("./")
    if text.endswith("/"):
        text += "**"
    if "/" not in text:
        text = f"**/{text}"
    parts: list[str] = []
    position = 0
    while position < len(text):
        if text.startswith("**/", position):
            parts.append("(?:.*/)?")
            position += 3
        elif text.startswith("**", position):
            parts.append(".*")
            position += 2
        elif text[position] == "[" and (end := text.find("]", position + 2)) > 0:
            inside = text[position + 1 : end]
            negated = inside[0] in "!^"
            letters = inside[1:] if negated else inside
            escaped = letters.replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
            parts.append(f"[{'^' if negated else ''}{escaped}]")
            position = end + 1
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(text[position], re.escape(text[position])))
            position += 1
    try:
        return re.compile("".join(parts))
    except re.error:
        return re.compile(re.escape(text))
