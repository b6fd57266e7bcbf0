"""Texts as they stand in XML, and start tags with other attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

#: What XML has no way to write.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ATTRIBUTE = re.compile(rb"""(\s+)([^\s=/>"']+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_TAG_NAME = re.compile(rb"<[^\s/>]+")

_WHITE = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def check_text(text: str) -> str:
    """Return a text that XML can hold.

    Raises:
        ValueError: It has a character that XML has no way to write.
    """
    if found := _ILLEGAL.search(text):
        raise ValueError(f"XML can not hold the character U+{ord(found[0]):04X}")
    return text


def text_in_element(text: str) -> str:
    """Return how a text stands in an element: readable where it is markup itself.

    Raises:
        ValueError: XML can not hold it.
    """
    check_text(text)
    if ("<" in text or "&" in text) and "]]>" not in text and "\r" not in text:
        return f"<![CDATA[{text}]]>"
    return escape(text, {"\r": _WHITE["\r"]})


def change_attributes(tag: bytes, values: Mapping[str, str | None]) -> bytes:
    """Return a start tag with other attributes; the rest of it stays as it is, to the byte.

    Args:
        values: The new values by name; None takes an attribute away.

    Raises:
        ValueError: XML can not hold a value.
    """
    left = dict(values)

    def change(match: re.Match[bytes]) -> bytes:
        name = match[2].decode()
        if name not in left:
            return match[0]
        value = left.pop(name)
        return b"" if value is None else match[1] + _attribute(name, value)

    changed = _ATTRIBUTE.sub(change, tag)
    added = b"".join(
        b" " + _attribute(name, value) for name, value in left.items() if value is not None
    )
    if not added:
        return changed
    end = re.search(rb"\s*/?>\Z", changed)
    if end is None:
        raise AssertionError("A start tag has an end.")
    return changed[: end.start()] + added + changed[end.start() :]


def with_end_tag(tag: bytes) -> bytes:
    """Return a start tag after which something may follow, though it was that of an empty one."""
    return re.sub(rb"\s*/>\Z", b">", tag)


def end_tag(tag: bytes) -> bytes:
    """Return the end tag to a start tag."""
    found = _TAG_NAME.match(tag)
    if found is None:
        raise AssertionError("A start tag has a name.")
    return b"</" + found[0][1:] + b">"


def _attribute(name: str, value: str) -> bytes:
    quoted = escape(check_text(value), {'"': "&quot;", **_WHITE})
    return f'{name}="{quoted}"'.encode()
