"""Texts of people (paths, names) as they stand in keys, so that no address has to quote them.

A slash is ``+``, and every character but letters of ASCII, digits, ``_``, ``-`` and ``.`` is ``~``
and two hexadecimal digits for each of its bytes.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z0-9_.\-]")
_ESCAPED = re.compile(r"(?:[A-Za-z0-9_.\-+]|~[0-9a-f]{2})*")


def escape(text: str) -> str:
    """Return a text as it stands in a key."""
    return "".join(
        "+"
        if character == "/"
        else character
        if _PLAIN.fullmatch(character)
        else "".join(f"~{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
        for character in text
    )


def unescape(escaped: str) -> str:
    """Return the text that :func:`escape` made this of.

    Raises:
        ValueError: It made this of nothing.
    """
    if not _ESCAPED.fullmatch(escaped):
        raise ValueError(f"{escaped!r} is not escaped as keys are.")
    parts = re.split(r"((?:~[0-9a-f]{2})+)", escaped.replace("+", "/"))
    text = "".join(
        bytes.fromhex(part.replace("~", "")).decode("utf-8", "surrogatepass")
        if part.startswith("~")
        else part
        for part in parts
    )
    if escape(text) != escaped:
        raise ValueError(f"{escaped!r} is not escaped as keys are.")
    return text
