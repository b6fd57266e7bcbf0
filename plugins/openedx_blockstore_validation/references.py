"""Finding what a text refers to: ``/static/…``, ``links/{alias}/…`` and ``./…``, with the lines.

Texts are searched, not trees: most references stand in HTML that is not well-formed, in JSON inside
an attribute, or in a script. Comments do not count. Every search takes time that grows with the
length of the text and no faster.
"""

from __future__ import annotations

import bisect
import codecs
import html
import re
from collections.abc import Iterator
from typing import Literal

from attrs import frozen

#: Texts that may refer to files, by their endings.
TEXT_SUFFIXES = (".css", ".htm", ".html", ".json", ".m3u8", ".md", ".xhtml", ".xml")

#: The settings of a course that name an asset by its plain name.
_ASSET_SETTINGS = "course_image|banner_image|hero_image|video_thumbnail_image"

# What a reference surely ends at: a quotation mark, as such, as an entity, or escaped in JSON.
_QUOTE = r"&(?:quot|apos|lt|gt|\#(?:0{0,5}(?:34|39|60|62|10)|[xX]0{0,5}(?:22|27|3[cCeE]|[aA])));"
# Or where the next one begins, as in a srcset, or in a style with several url(…).
_NEXT = r"(?<![\w.%~-])/static/|(?<![\w./%~-])links/|\burl\("
_LETTER = rf"""(?:(?!{_QUOTE}|\\["'nrt]|{_NEXT})[^"'<>`{{}}|\r\n])"""
# Where it may end, unless a file's name goes on: such names hold spaces and brackets, too.
_MAY_END = re.compile(r"[?#]|\s|[)\],;&\\]")

_STATIC = re.compile(rf"(?<![\w.%~-])/static/((?!\s){_LETTER}{{1,300}})")
_ASSET_SETTING = re.compile(
    rf"""(?:"(?:{_ASSET_SETTINGS})"\s{{0,9}}:\s{{0,9}}|\b(?:{_ASSET_SETTINGS})=)"""
    r"""["']([^"'\\/<>\r\n]{1,300})["']"""
)
_LINK = re.compile(rf"(?<![\w./%~-])links/((?!\s){_LETTER}{{1,300}})")
_RELATIVE = re.compile(
    rf"""(?:\b(?:src|href|poster|data|filename)\s{{0,9}}=\s{{0,9}}\\?(?:["']|&quot;)|url\(["']?)"""
    rf"""(\./{_LETTER}{{1,300}})"""
)

#: What only stands for a name that a program puts in.
_PLACEHOLDER = re.compile(r"^[/*+$%\s.:!)\]]*$")

#: Places at which a reference may end that are tried.
_MAX_ENDS = 20

Kind = Literal["static", "link", "relative"]


@frozen
class Reference:
    """Something that a text refers to.

    Attributes:
        names: What it may mean, the likeliest (the longest) first. The last one is what it means if
            there is none of them.
    """

    kind: Kind
    names: tuple[str, ...]
    line: int


def decode(contents: bytes) -> str:
    """Return a file as text that can be searched, whatever it is."""
    if contents.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return contents.decode("utf-16", "replace")
    return contents.decode("utf-8-sig", "replace")


def find_references(text: str) -> list[Reference]:
    """Return what a text refers to, in no particular order."""
    if not any(mark in text for mark in ("/static/", "links/", "./", "_image")):
        return []
    text = _without_comments(text)
    lines = _Lines(text)
    patterns: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("static", _STATIC),
        ("static", _ASSET_SETTING),
        ("link", _LINK),
        ("relative", _RELATIVE),
    )
    found = []
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            names = tuple(_names(match[1]))
            if names and not _PLACEHOLDER.match(names[-1]):
                found.append(Reference(kind, names, lines.at(match.start())))
    return found


def _names(raw: str) -> Iterator[str]:
    """Yield what a reference may mean: all of it, then less and less."""
    whole = html.unescape(raw)
    ends = [match.start() for match in _MAY_END.finditer(whole)]
    if len(ends) > _MAX_ENDS:
        ends = ends[:_MAX_ENDS]
    seen = set()
    for end in (len(whole), *reversed(ends)):
        name = whole[:end].rstrip()
        if name and name not in seen:
            seen.add(name)
            yield name


def _without_comments(text: str) -> str:
    """Return a text of as many lines, in which nothing is left of XML and HTML comments."""
    pieces, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        pieces += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end + 3
    return "".join([*pieces, text[at:]])


class _Lines:
    """The lines of positions in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [match.end() for match in re.finditer("\n", text)]

    def at(self, position: int) -> int:
        return bisect.bisect_right(self._starts, position) + 1
