"""The files that a text names: in OLX, pages, styles, scripts and JSON.

They are found as text, since most of them stand in HTML that is not well-formed, or in JSON in an
attribute. Each pattern is bounded, so that no text takes longer than in proportion to its length.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from openedx_blockstore_search.parts.vocabulary import ASSET_ATTRIBUTES, STATIC_FOLDER

#: Files with these endings may name others.
SCANNED_SUFFIXES = frozenset(
    {".css", ".htm", ".html", ".js", ".json", ".m3u8", ".md", ".mjs", ".mpd", ".svg", ".txt"}
    | {".vtt", ".xhtml", ".xml", ".yaml", ".yml"}
)

#: A larger file of those is not searched.
MAX_SCANNED_BYTES = 8 * 2**20

#: Names that are kept of one file; a file with more of them can not be known in full.
MAX_NAMES = 5_000

_MAX_LENGTH = 500
_ANYWHERE_ELSE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//|#|%%)", re.IGNORECASE)
_BEFORE_STATIC = re.compile(r"[\w.%-]")
_STOPS = {'"': re.compile(r'["<>\n\r\\]'), "'": re.compile(r"['<>\n\r\\]")}
_STOP = re.compile(r"[\"'<>\n\r\\`{}|]")
#: No path and no alias has these: controls, and halves of characters.
IMPOSSIBLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_CUT = re.compile(r"[?#]")
_FIRST_CUT = re.compile(r"[?#\s);,&]")
_KEY = re.compile(
    r"(?:asset-v1:[^\s\"'<>@]{1,300}@asset\+block@|\bc4x/[^/\s]{1,100}/[^/\s]{1,100}/asset/)"
    r"([^\s\"'<>?#&\\){}|]{1,300})"
)
_NAMED_ASSET = re.compile(
    rf"""["'](?:{"|".join(sorted(ASSET_ATTRIBUTES))})["']\s*:\s*["']([^"'\\/<>]{{1,300}})["']"""
)
_IN_ATTRIBUTE = re.compile(
    r"""\b(?:src|href|poster|data|data-src|background)\s*=\s*(?:"([^"<>]{1,300})"|'([^'<>]{1,300})')""",
    re.IGNORECASE,
)
_SOURCE_SET = re.compile(
    r"""\bsrcset\s*=\s*(?:"([^"<>]{1,2000})"|'([^'<>]{1,2000})')""", re.IGNORECASE
)
_IN_STYLE = re.compile(
    r"""\burl\(\s*(?:"([^"()<>\n]{1,300})"|'([^'()<>\n]{1,300})'|([^"'()\s<>]{1,300}))\s*\)"""
    r"""|@import\s+(?:"([^"\n]{1,300})"|'([^'\n]{1,300})')""",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"""["'`]([^"'`<>\n\\]{1,200}\.[A-Za-z0-9]{1,5})(?:[?#][^"'`\n]{0,100})?["'`]"""
)
_BUILT = re.compile(r"""/static/(?:["'`]|\$\{)""")
_IN_MARKDOWN = re.compile(r"\]\(\s*<?([^()<>\s]{1,300})")

#: Attributes of elements that hold an address.
ADDRESS_ATTRIBUTES = frozenset({"src", "href", "poster", "data", "data-src", "background"})


def as_name(text: str) -> str | None:
    """Return a relative name as a bundle's paths are written; None for what can be no path in it.

    Two dots stay, and mean what is above the file that has the name.
    """
    text = _CUT.split(html.unescape(text.strip()), maxsplit=1)[0].strip()
    if not text or _ANYWHERE_ELSE.match(text):
        return None
    if text.startswith("/"):
        if not text.startswith(f"/{STATIC_FOLDER}"):
            return None
        text = text[1:]
    plain = unicodedata.normalize("NFC", unquote(text, errors="replace"))
    plain = posixpath.normpath(plain)
    if len(plain) > _MAX_LENGTH or plain in {".", "..", "static"} or IMPOSSIBLE.search(plain):
        return None
    return plain


def static_names(text: str) -> Iterator[str]:
    """Yield the names of all ``/static/…``, ``asset-v1:…`` and ``c4x/…`` in a text.

    Where one ends is not always certain (a name may have blanks and parentheses in it); then both
    names are given.
    """
    yield from _after_static(text)
    if "asset" in text:
        for match in _KEY.finditer(text):
            if (name := as_name(f"/static/{match[1]}")) is not None:
                yield name
    if "_image" in text:
        for match in _NAMED_ASSET.finditer(text):
            if (name := as_name(f"/static/{match[1]}")) is not None:
                yield name


def _after_static(text: str) -> Iterator[str]:
    position = text.find("/static/")
    while position >= 0:
        before = text[position - 1 : position]
        position += 8
        if not _BEFORE_STATIC.match(before):
            raw = ""
            for raw in _ends(text[position : position + _MAX_LENGTH], before):
                if (name := as_name(f"/static/{raw}")) is not None:
                    yield name
            # The shorter one comes last: behind it there may be another.
            position += len(raw)
        position = text.find("/static/", position)


def _ends(rest: str, before: str) -> Iterator[str]:
    """Yield what a name that begins here may be."""
    stop = _STOPS.get(before, _STOP).search(rest)
    whole = rest[: stop.start()] if stop is not None else rest
    if before == "(":
        whole = _closed(whole)
    whole = _CUT.split(whole, maxsplit=1)[0].rstrip()
    if whole.strip("/*+$ "):
        yield whole
    cut = _FIRST_CUT.search(whole)
    shorter = (whole[: cut.start()] if cut is not None else whole).rstrip(".:!")
    if shorter != whole and shorter.strip("/*+$ "):
        yield shorter


def _closed(text: str) -> str:
    """Return the beginning of a text up to the parenthesis that closes one before it."""
    depth = 0
    for position, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return text[:position]
    return text


def page_names(text: str) -> Iterator[str]:
    """Yield the names of files in a page: of links, pictures, styles and all ``/static/…``."""
    yield from static_names(html.unescape(text))
    for match in _IN_ATTRIBUTE.finditer(text):
        yield from _relative(match[1] or match[2])
    for match in _SOURCE_SET.finditer(text):
        for each in (match[1] or match[2]).split(","):
            yield from _relative(each.split()[0] if each.split() else "")
    yield from style_names(text)


def style_names(text: str) -> Iterator[str]:
    """Yield the names of files in a style sheet."""
    for match in _IN_STYLE.finditer(text):
        yield from _relative(next(filter(None, match.groups())))


def script_names(text: str) -> Iterator[str]:
    """Yield what may be names of files in a script, or in JSON: quoted, and with an ending."""
    yield from static_names(text)
    for match in _QUOTED.finditer(text):
        yield from _relative(match[1])


def text_names(text: str) -> Iterator[str]:
    """Yield the names of files in a text, as Markdown has them, or as lines of a play list."""
    yield from static_names(text)
    for match in _IN_MARKDOWN.finditer(text):
        yield from _relative(match[1])
    for line in text.splitlines():
        if line and len(line) <= _MAX_LENGTH and not line.startswith("#") and " " not in line:
            yield from _relative(line)


def _relative(text: str) -> Iterator[str]:
    name = as_name(text)
    if name is not None and "." in posixpath.basename(name):
        yield name


def builds_names(text: str) -> bool:
    """Tell whether a script puts names together, so that nobody can know all of them."""
    return _BUILT.search(text) is not None


def file_names(path: str, text: str) -> Iterator[str]:
    """Yield the names of files in a file that is no OLX, by its ending."""
    suffix = posixpath.splitext(path)[1].lower()
    if suffix in {".htm", ".html", ".svg", ".xhtml", ".xml"}:
        yield from page_names(text)
    elif suffix == ".css":
        yield from static_names(text)
        yield from style_names(text)
    elif suffix in {".js", ".json", ".mjs"}:
        yield from script_names(text)
    else:
        yield from text_names(text)


def navigation_names(text: str) -> Iterator[str]:
    """Yield the definitions that the navigation document of a course names."""
    try:
        document: Any = json.loads(text)
        chapters = document["chapters"]
        items = [item for chapter in chapters for item in chapter["sequences"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("file"), str):
            link = item.get("link")
            if isinstance(link, str):
                yield posixpath.normpath(f"links/{link}/{item['file']}")


def bounded(names: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Return names, each once, sorted; and whether there were too many of them to keep."""
    found: set[str] = set()
    for name in names:
        found.add(name)
        if len(found) > MAX_NAMES:
            return tuple(sorted(found)[:MAX_NAMES]), True
    return tuple(sorted(found)), False
