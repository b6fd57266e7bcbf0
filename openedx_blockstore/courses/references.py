"""Finding what a piece of a course refers to: assets, other blocks.

References are found as text, not as XML: most of them stand in HTML that is not well-formed, or in
JSON inside an attribute, and they must be found in any of them with their line.
"""

from __future__ import annotations

import codecs
import html
import json
import posixpath
import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen
from lxml import etree

from openedx_blockstore.courses.assets import STATIC_FOLDER, AssetIndex
from openedx_blockstore.courses.olx import elements

#: Files with these endings may hold references.
TEXT_SUFFIXES = (".xml", ".html", ".htm", ".xhtml", ".json", ".css", ".js", ".svg", ".md", ".m3u8")

#: A file larger than this is data, and not searched: one of a block, and one in ``static/``.
MAX_SEARCHED_BYTES = 32 * 2**20
MAX_SEARCHED_ASSET_BYTES = 2 * 2**20

#: The settings that name an asset by its plain name.
ASSET_ATTRIBUTES = (
    "course_image",
    "banner_image",
    "hero_image",
    "video_thumbnail_image",
    "poster",
)

# What a reference surely ends at: a quotation mark, an angle bracket or the end of a line, as such,
# as an entity by name or by number, or escaped in JSON.
_MARK = r"&(?:quot|apos|lt|gt|\#(?:0{0,5}(?:34|39|60|62|10)|[xX]0{0,5}(?:22|27|3[cCeE]|[aA])));"
# Or where the next one begins, as in a srcset, or in a style with several url(…).
_NEXT = r"(?<![\w.%-])/static/|asset-v1:"
_END = rf"""(?:(?!{_MARK}|\\["'nt]|{_NEXT})[^"'<>\n\r`{{}}|])"""
_STATIC = re.compile(rf"(?<![\w.%-])/static/({_END}{{0,300}})")
# All parts are bounded, so that no text takes time that grows with the square of its length.
_ASSET_KEY = re.compile(
    rf"(?:asset-v1:[^\s\"'<>@]{{1,300}}@asset\+block@|/?c4x/[^/\s]{{1,100}}/[^/\s]{{1,100}}/asset/)"
    rf"({_END}{{0,300}})"
)
_JUMP = re.compile(r"/jump_to_id/([\w.:%~-]{1,300})")
_PART = r"[^/+\s\"'<>&]{1,100}"
_NAME = r"([\w.:%~-]{1,300})"
_I4X = re.compile(rf"i4x://({_PART})/({_PART})/([\w-]{{1,100}})/{_NAME}")
_BLOCK_V1 = re.compile(
    rf"block-v1:({_PART})\+({_PART})\+{_PART}\+type@([\w-]{{1,100}})\+block@{_NAME}"
)
# As a policy has it, and as an attribute of the course has it.
_NAMED_ASSET = re.compile(
    rf"""(?:"(?:{"|".join(ASSET_ATTRIBUTES)})"\s*:\s*|\b(?:{"|".join(ASSET_ATTRIBUTES)})=)"""
    r"""["']([^"'\\/<>]{1,300})["']"""
)
_PASSPORTS = re.compile(
    r"""lti_passports\s*=\s*(?:"[^"]*"|'[^']*')|"lti_passports"\s*:\s*\[[^\]]*\]"""
)
_QUOTED = re.compile(r"""["'(]\s*([^"'()\s<>,;][^"'()<>\n]{0,150}?)\s*["')]""")
_CUT = re.compile(r"[?#]|\s|[);,&\\]")


@frozen
class AssetReference:
    """An asset that a text names.

    Attributes:
        name: As the text has it, entities and escapes undone.
        asset: The path in the export, or None where there is no such asset.
    """

    name: str
    asset: str | None
    line: int


@frozen
class BlockReference:
    """A block that a text names; the tag is None where only the ``url_name`` is given."""

    tag: str | None
    name: str
    line: int


def hide_secrets(text: str) -> str:
    """Return a text of the same lines without LTI passports, which hold keys and secrets."""
    return _PASSPORTS.sub(lambda match: "\n" * match[0].count("\n"), text)


def is_text(path: str, size: int) -> bool:
    """Tell whether a file is one that may hold references."""
    limit = MAX_SEARCHED_ASSET_BYTES if path.startswith(STATIC_FOLDER) else MAX_SEARCHED_BYTES
    return size <= limit and path.lower().endswith(TEXT_SUFFIXES)


def decode_text(contents: bytes) -> str:
    """Return a file as text to be searched; what is no text in it is replaced."""
    is_utf_16 = contents.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return contents.decode("utf-16" if is_utf_16 else "utf-8", "replace")


def find_asset_references(text: str, assets: AssetIndex) -> Iterator[AssetReference]:
    """Find every ``/static/…``, ``asset-v1:…`` and ``c4x/…`` in a text."""
    if "/static/" not in text and "asset" not in text and "_image" not in text:
        return
    lines = _Lines(text)
    for match in _STATIC.finditer(text):
        if reference := _static_reference(match[1], assets, lines.at(match.start())):
            yield reference
    for pattern in (_ASSET_KEY, _NAMED_ASSET):
        for match in pattern.finditer(text):
            if reference := _static_reference(match[1], assets, lines.at(match.start())):
                yield reference


def find_block_references(text: str, org: str, course: str) -> Iterator[BlockReference]:
    """Find the blocks of the course itself that a text names by link or key."""
    lines = _Lines(text)
    for match in _JUMP.finditer(text):
        yield BlockReference(None, match[1].rstrip(".:"), lines.at(match.start()))
    for pattern in (_I4X, _BLOCK_V1):
        for match in pattern.finditer(text):
            if (match[1], match[2]) == (org, course):
                yield BlockReference(match[3], match[4].rstrip(".:"), lines.at(match.start()))


def find_relative_assets(path: str, text: str, assets: AssetIndex) -> set[str]:
    """Find the assets that a page, style or script inside ``static/`` names by relative path.

    Only what exists counts: a script's texts look like anything.
    """
    folder = posixpath.dirname(path.removeprefix(STATIC_FOLDER))
    found = set()
    for match in _QUOTED.finditer(text):
        name = re.split(r"[?#]", html.unescape(match[1]), maxsplit=1)[0]
        if not name or "://" in name or name.startswith(("data:", "/")):
            continue
        for candidate in {
            posixpath.normpath(posixpath.join(folder, name)),
            name.removeprefix("./"),
        }:
            if asset := assets.find(candidate):
                found.add(asset)
    return found - {path}


def find_video_assets(video: etree._Element, assets: AssetIndex) -> dict[str, str]:
    """Find the transcripts, handouts and other files that travel with a video.

    Returns:
        The name by which the video calls a file → the file.
    """
    names = set()
    if sub := video.get("sub"):
        names.add(f"subs_{sub}.srt.sjson")
    for language, name in _transcripts(video).items():
        names |= {name, f"{language}_{name}"}
        if sub := video.get("sub"):
            names.add(f"{language}_subs_{sub}.srt.sjson")
    for child in elements(video):
        if src := child.get("src"):
            names.add(src)
    text = etree.tostring(video, encoding="unicode", with_tail=False)
    found = {ref.name: ref.asset for ref in find_asset_references(text, assets) if ref.asset}
    for name in names:
        plain = name.removeprefix("/").removeprefix(STATIC_FOLDER)
        if asset := assets.find(plain):
            found[plain] = asset
    return found


def find_missing_transcripts(video: etree._Element, assets: AssetIndex) -> list[str]:
    """Return the transcripts that a video names and the export does not hold."""
    names = list(_transcripts(video).values())
    if sub := video.get("sub"):
        names.append(f"subs_{sub}.srt.sjson")
    return sorted({name for name in names if name and assets.find(name) is None})


def _transcripts(video: etree._Element) -> dict[str, str]:
    """Read language → file name from the ``transcripts`` attribute and the transcript children."""
    try:
        given: Any = json.loads(video.get("transcripts") or "{}")
    except (ValueError, RecursionError):
        given = {}
    found = {
        str(language): name
        for language, name in (given.items() if isinstance(given, dict) else ())
        if isinstance(name, str)
    }
    for child in video.iterchildren("transcript"):
        if (src := child.get("src")) and "/" not in src:
            found.setdefault(child.get("language", ""), src)
    return found


def _static_reference(raw: str, assets: AssetIndex, line: int) -> AssetReference | None:
    """Find the longest beginning of what follows ``/static/`` that names an asset."""
    whole = html.unescape(raw)
    cuts = [match.start() for match in _CUT.finditer(whole)]
    for end in (len(whole), *reversed(cuts)):
        name = whole[:end].rstrip()
        if name and (asset := assets.find(name)):
            return AssetReference(name, asset, line)
    shortest = whole[: cuts[0]] if cuts else whole
    shortest = shortest.rstrip(".:!")
    # "/static/" alone is where a script puts a name together.
    return AssetReference(shortest, None, line) if shortest.strip("/* +$") else None


class _Lines:
    """Line numbers of positions that are asked for in ascending order, mostly."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._line = 1

    def at(self, position: int) -> int:
        if position < self._position:
            self._position, self._line = 0, 1
        self._line += self._text.count("\n", self._position, position)
        self._position = position
        return self._line
