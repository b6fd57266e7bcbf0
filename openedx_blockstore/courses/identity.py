"""The names that an import gives: origin keys, names for unnamed blocks, paths, aliases.

All are pure functions of the course, so that the next import of the course comes to the same.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from attrs import frozen
from lxml import etree

from openedx_blockstore.api import digest_of

#: What every origin key of a course's bundle begins with.
ORIGIN_SCHEME = "olx"

#: The longest origin key that a bundle can hold.
MAX_ORIGIN_LENGTH = 500

#: The longest path part that is kept as it is; beyond, a digest stands for the rest.
MAX_PART_LENGTH = 150

#: The longest path that is kept; of a longer one only the last part is. Folders come before it.
MAX_SAFE_LENGTH = 300

#: Characters that no path of a bundle may hold: controls, backslash, and bytes that are no text.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")

_NOT_SLUG = re.compile(r"[^\w-]+|_+")
_SUFFIX_LENGTH = 6
_ORIGIN_PARTS = 4
_MAX_EXTENSION_LENGTH = 10


@frozen(order=True)
class BlockKey:
    """A block within a course: its tag and its ``url_name``."""

    tag: str
    name: str

    def __str__(self) -> str:
        return f"{self.tag}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> BlockKey:
        """Read what :meth:`__str__` wrote."""
        tag, _, name = text.partition("/")
        return cls(tag, name)


def make_origin(org: str, course: str, key: BlockKey) -> str:
    """Return the origin key of a bundle: where it came from, and its key there.

    A course's bundle has the tag ``course`` and its run as the name; nothing else knows the run.
    """
    parts = [
        quote(part, safe=":.~+@ ", errors="replace") for part in (org, course, key.tag, key.name)
    ]
    origin = f"{ORIGIN_SCHEME}:{'/'.join(parts)}"
    if len(origin) <= MAX_ORIGIN_LENGTH:
        return origin
    return f"{origin[: MAX_ORIGIN_LENGTH - 65]}~{digest_of(origin)}"


def read_origin(origin: str | None) -> BlockKey | None:
    """Return the key in an origin that :func:`make_origin` made; None for any other."""
    scheme, _, rest = (origin or "").partition(":")
    parts = [unquote(part) for part in rest.split("/")]
    if scheme != ORIGIN_SCHEME or len(parts) != _ORIGIN_PARTS:
        return None
    return BlockKey(parts[2], parts[3])


def short_digest(text: str) -> str:
    """Return the beginning of a text's digest, enough to tell a few names apart."""
    return digest_of(text.encode("utf-8", "surrogatepass"))[:_SUFFIX_LENGTH]


def make_slug(text: str, *, max_length: int = 60) -> str:
    """Return lower-case words joined by hyphens, letters of all scripts kept; may be empty."""
    folded = unicodedata.normalize("NFKC", text).lower()
    slug = _NOT_SLUG.sub("-", folded).strip("-")
    return re.sub("-{2,}", "-", slug)[:max_length].strip("-")


def name_unnamed(element: etree._Element, parent: BlockKey) -> str:
    """Make up the name of an inline block that has none.

    From its title if it has one, else from its parent's name, so that it says something and does
    not depend on how many blocks stand before it, as long as titles differ.
    """
    title = make_slug(element.get("display_name", ""), max_length=40)
    above = make_slug(parent.name.removeprefix(f"{parent.tag}-"), max_length=40)
    return f"{element.tag}-{title or above or 'block'}"


def content_digest(element: etree._Element) -> str:
    """Return a digest of an unnamed block, by which the next import knows it again.

    White space between elements does not count: an export may set it differently.
    """
    plain = copy.deepcopy(element)
    plain.tail = None
    for node in plain.iter():
        if not (node.text or "").strip():
            node.text = None
        if not (node.tail or "").strip():
            node.tail = None
    return digest_of(etree.tostring(plain, method="c14n"))[:12]


def safe_path(path: str) -> str:
    """Return a path that a bundle can hold: as it is, if that is possible.

    NFC; what no path may hold is replaced; a part that is too long is cut. Where more than the
    normal form changed, a short digest of the original is added, so that two never become one.
    """
    parts = []
    for original in path.split("/"):
        part = unicodedata.normalize("NFC", original)
        clean = _FORBIDDEN.sub("_", part)
        if clean != part or len(clean) > MAX_PART_LENGTH or clean in {".", "..", ""}:
            clean = with_suffix(clean.strip(".") or "_", original)
        parts.append(clean)
    safe = "/".join(parts)
    return safe if len(safe) <= MAX_SAFE_LENGTH else with_suffix(parts[-1], path)


def with_suffix(path: str, original: str) -> str:
    """Return a path with a short digest of its original name before its extension."""
    folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _MAX_EXTENSION_LENGTH:
        stem, dot, extension = name, "", ""
    named = f"{stem[:MAX_PART_LENGTH]}~{short_digest(original)}{dot}{extension}"
    return named if folder == "." else f"{folder}/{named}"
