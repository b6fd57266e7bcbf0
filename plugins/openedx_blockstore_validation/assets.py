"""Assets: whether they are what their names say, told by how they begin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import filetype
from attrs import frozen

#: How much of an asset is read.
HEAD_BYTES = 8_192

#: How much of an SVG picture is searched for scripts.
MAX_SVG_BYTES = 2 * 2**20

#: Files made of boxes: how they are called depends on the program that wrote them.
_ISO_MEDIA = ("iso-media",)
_BOXES = frozenset({b"ftyp", b"free", b"mdat", b"moov", b"skip", b"wide"})

#: Ending → the endings of the formats, as the library calls them, that are allowed behind it.
#: Formats without a mark of their own (text, scripts, old MP3) are not here, or allow for that.
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "avif": ("avif",),
    "bmp": ("bmp",),
    "gif": ("gif",),
    "ico": ("ico", "png"),
    "jpeg": ("jpg",),
    "jpg": ("jpg",),
    "png": ("png", "apng"),
    "tif": ("tif",),
    "tiff": ("tif",),
    "webp": ("webp",),
    "pdf": ("pdf",),
    **dict.fromkeys(("heic", "m4a", "m4v", "mov", "mp4"), _ISO_MEDIA),
    "mkv": ("mkv", "webm"),
    "ogg": ("ogg",),
    "ogv": ("ogg",),
    "oga": ("ogg",),
    "wav": ("wav",),
    "webm": ("webm", "mkv"),
    "flac": ("flac",),
    "docx": ("zip",),
    "epub": ("zip",),
    "jar": ("zip",),
    "odt": ("zip",),
    "pptx": ("zip",),
    "xlsx": ("zip",),
    "zip": ("zip",),
    "gz": ("gz",),
    "7z": ("7z",),
    "woff": ("woff",),
    "woff2": ("woff2",),
}

#: Formats that are not checked for how they begin, and yet never are a web page or a program.
_OTHERS = frozenset({"aac", "avi", "mp3", "mpeg", "mpg", "otf", "ttf", "wma"})

#: Endings of the formats that a machine runs.
_PROGRAMS = ("elf", "exe", "swf", "wasm")

#: How web pages, scripts and pictures made of markup begin, after white space.
_PAGES = re.compile(
    rb"(?:<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<script[\s>]|<iframe[\s>]|<svg[\s>]"
    rb"|<\?php|<\?xml|#!\s{0,8}/)",
    re.IGNORECASE,
)

# Every part is bounded, so that no text takes time that grows with its square.
_SVG_SCRIPTS = (
    (re.compile(rb"<\s{0,9}(?:[a-z]{1,20}:)?script[\s>/]", re.IGNORECASE), "a script"),
    (re.compile(rb"[\s\"'/]on[a-z]{2,30}\s{0,9}=\s{0,9}[\"']", re.IGNORECASE), "an event handler"),
    (re.compile(rb"=\s{0,9}[\"']?\s{0,9}javascript:", re.IGNORECASE), "a javascript: address"),
    (re.compile(rb"<\s{0,9}(?:[a-z]{1,20}:)?(?:iframe|embed|object)[\s>/]", re.IGNORECASE),
     "foreign markup"),
)  # fmt: skip

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@frozen
class AssetFault:
    """What is wrong with an asset."""

    code: str
    text: str
    line: int | None = None


def suffix_of(path: str) -> str:
    """Return a file's ending in lower case, without the dot."""
    return path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path else ""


def is_checked(path: str) -> bool:
    """Tell whether there is anything to know about a file with this name."""
    suffix = suffix_of(path)
    return suffix in _FORMATS or suffix in _OTHERS or suffix == "svg"


def bytes_needed(path: str) -> int:
    """Return how much of a file :func:`check_asset` wants to see."""
    return MAX_SVG_BYTES if suffix_of(path) == "svg" else HEAD_BYTES


def check_asset(path: str, head: bytes) -> Iterator[AssetFault]:
    """Find out whether a file is what its name says.

    Args:
        head: Its beginning, :func:`bytes_needed` of it.
    """
    suffix = suffix_of(path)
    if not head:
        yield AssetFault("empty-asset", "It is empty.")
    elif suffix == "svg":
        yield from _check_svg(head)
    elif disguise := _disguise(head):
        yield AssetFault("disguised-asset", f"It is named .{suffix}, but is {disguise}.")
    elif suffix in _FORMATS and not _is_any(head, _FORMATS[suffix]):
        guess = filetype.guess(head[:HEAD_BYTES])
        seems = f"; it seems to be .{guess.extension}" if guess is not None else ""
        yield AssetFault("asset-type", f"It does not begin as .{suffix} files do{seems}.")


def _disguise(head: bytes) -> str | None:
    """Return what a file is that should be a picture or the like, if that is plain."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    if match := _PAGES.match(head.replace(b"\0", b"").lstrip()):
        found = match[0].strip().lower()
        return "a script" if found.startswith((b"#!", b"<?php")) else "a web page or other markup"
    return "a program" if _is_any(head, _PROGRAMS) else None


def _is_any(head: bytes, extensions: tuple[str, ...]) -> bool:
    if extensions == _ISO_MEDIA:
        return head[4:8] in _BOXES
    buffer = bytearray(head[:HEAD_BYTES])
    return any(kind.match(buffer) for kind in filetype.types if kind.extension in extensions)


def _check_svg(contents: bytes) -> Iterator[AssetFault]:
    if b"<svg" not in contents.lower() and b":svg" not in contents.lower():
        yield AssetFault("asset-type", "It holds no <svg> element.")
        return
    for pattern, what in _SVG_SCRIPTS:
        if match := pattern.search(contents):
            line = contents.count(b"\n", 0, match.start()) + 1
            yield AssetFault("svg-script", f"It holds {what}.", line)
