"""From markup to words: what is left of HTML, OLX and JSON when everything but language goes.

Nothing here fails, whatever it is given, and all of it takes time in proportion to its length.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Container, Iterator
from typing import Any

from lxml import etree

#: Characters of one part's text that are kept; a book is not one part.
MAX_TEXT = 100_000

#: JSON that is nested deeper is no data of a block.
_MAX_DEPTH = 30

#: Elements that stand inside words: "H<sub>2</sub>O" is one.
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i"}
    | {"ins", "kbd", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "tt"}
    | {"u", "var"}
)
#: Elements in which nothing is for reading.
_SILENT = frozenset({"script", "style", "template"})

_TOKEN = re.compile(
    r"<!--|<!\[CDATA\[|\]\]>|<[!?][^<>]{0,2000}>|</?([A-Za-z][^\s/<>]{0,80})([^<>]{0,20000})>"
)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]{1,1000})"|'([^']{1,1000})')""", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
#: What databases and engines do not take, and nobody reads: controls, halves of characters.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ADDRESS = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|/|\.{1,2}/|#[0-9a-f]{3,8}$)", re.IGNORECASE)


def tidy(text: str, limit: int = MAX_TEXT) -> str:
    """Return text on one line, in NFC, without what can not be read, and not too long."""
    plain = _UNREADABLE.sub(" ", text[: limit * 4])
    plain = unicodedata.normalize("NFC", _BLANKS.sub(" ", plain).strip())
    return plain[:limit].rstrip()


def words_of_html(text: str) -> str:
    """Return the words of HTML, or of anything that looks a bit like it."""
    return tidy(html.unescape("".join(_html_pieces(text))))


def _html_pieces(text: str) -> Iterator[str]:
    position = 0
    while (token := _TOKEN.search(text, position)) is not None:
        yield text[position : token.start()]
        position = token.end()
        tag = (token[1] or "").lower()
        if token[0] == "<!--":
            end = text.find("-->", position)
            position = len(text) if end < 0 else end + 3
        elif tag in _SILENT and not token[0].startswith("</") and not token[0].endswith("/>"):
            position = _end_of(tag, text, position)
        if tag not in _INLINE:
            yield " "
        if token[2] and (alt := _ALT.search(token[2])):
            yield f" {alt[1] or alt[2]} "
    yield text[position:]


def _end_of(tag: str, text: str, position: int) -> int:
    """Return where an element ends in which nothing is for reading; the end, if it never does."""
    end = re.compile(rf"</{tag}\s*>", re.IGNORECASE).search(text, position)
    return end.end() if end is not None else len(text)


def words_of_element(
    root: etree._Element, *, without: Container[Any] = (), is_html: bool = False
) -> str:
    """Return the words in an element.

    Args:
        without: Elements to leave out, with all that is in them.
        is_html: Text may itself be HTML, as in a character data section.
    """
    pieces: list[str] = []
    pending: list[Any] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            pieces.append(words_of_html(f"{node} ") + " " if is_html and "<" in node else node)
        elif isinstance(node.tag, str) and node not in without:
            name = node.tag.rpartition("}")[2].lower()
            if name in _SILENT:
                continue
            gap = "" if name in _INLINE else " "
            pending.append(gap)
            for child in reversed(node):
                pending += [child.tail or "", child]
            pending += [node.text or "", f"{gap}{node.get('alt') or ''}{gap}"]
    return tidy("".join(pieces))


def words_of_value(value: str) -> str:
    """Return the words of an attribute, which may hold JSON, and HTML."""
    if value.lstrip()[:1] in {"[", "{"}:
        try:
            data = json.loads(value)
        except (ValueError, RecursionError):
            data = value
        return tidy(" ".join(_texts_in(data)))
    return words_of_html(value)


def _texts_in(data: Any) -> Iterator[str]:
    """Yield the words of all texts in what JSON holds; addresses and colours are none."""
    pending: list[tuple[Any, int]] = [(data, 0)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            if value and not _ADDRESS.match(value):
                yield words_of_html(value)
        elif depth < _MAX_DEPTH:
            inner = value.values() if isinstance(value, dict) else value
            if isinstance(value, (dict, list)):
                pending += [(item, depth + 1) for item in reversed(list(inner))]


def decode(contents: bytes) -> str:
    """Return bytes as text: as their first bytes say, else as UTF-8; the rest is replaced."""
    if contents.startswith((b"\xff\xfe", b"\xfe\xff")):
        return contents.decode("utf-16", "replace")
    return contents.decode("utf-8-sig", "replace")
