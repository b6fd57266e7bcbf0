"""Where in the bytes of a file its elements stand, so that one can be replaced alone."""

from __future__ import annotations

import re
from xml.parsers import expat

from attrs import frozen
from lxml import etree

from openedx_blockstore_xblock.olx import BlockElement

#: A start tag in well-formed XML: its name, its attributes, its end.
START_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=/>"']+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")

_DECLARATION = re.compile(r"""(<\?xml[^>]*?\sencoding\s*=\s*)(?:"[^"]*"|'[^']*')""")
_BOM = "\ufeff"


@frozen
class Span:
    """Where an element stands; each is an offset in bytes.

    Attributes:
        tag_end: Behind its start tag. If that is the end, it has no end tag.
        inner_end: Before its end tag.
    """

    start: int
    tag_end: int
    inner_end: int
    end: int


def in_utf8(source: bytes, root: etree._Element) -> bytes:
    """Return a file as it is in UTF-8; one that is already comes back as it is.

    Args:
        root: What was parsed of it.
    """
    encoding = str(root.getroottree().docinfo.encoding or "UTF-8")
    if encoding.upper() in {"UTF-8", "UTF8", "ASCII", "US-ASCII"}:
        return source
    try:
        text = source.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        # The parser knows encodings that Python does not.
        return bytes(etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True))
    return _DECLARATION.sub(r'\1"UTF-8"', text.removeprefix(_BOM), count=1).encode()


def span_of(source: bytes, block: BlockElement) -> Span:
    """Return where a block stands in the bytes, in UTF-8, that its document was parsed from."""
    root = block.element.getroottree().getroot()
    number = next(i for i, each in enumerate(root.iter("*")) if each is block.element)
    return _spans(source)[number]


def block_source(source: bytes, block: BlockElement) -> bytes:
    """Return the OLX of a block; that of the root is the whole file."""
    if not block.inner_id:
        return source
    span = span_of(source, block)
    return source[span.start : span.end]


def replace_block(source: bytes, block: BlockElement, olx: bytes) -> bytes:
    """Return a file in which a block's OLX is another; that of the root is the whole file."""
    if not block.inner_id:
        return olx
    span = span_of(source, block)
    return source[: span.start] + olx + source[span.end :]


def _spans(source: bytes) -> list[Span]:
    """Return where all elements stand, in the order of their start tags."""
    found: list[Span | None] = []
    opened: list[tuple[int, int]] = []
    parser = expat.ParserCreate("UTF-8")

    def start(_name: str, _attributes: object) -> None:
        opened.append((len(found), parser.CurrentByteIndex))
        found.append(None)

    def end(_name: str) -> None:
        number, begin = opened.pop()
        tag = START_TAG.match(source, begin)
        if tag is None:
            raise AssertionError("What was parsed has start tags.")
        here = parser.CurrentByteIndex
        # The end of an element without an end tag is reported right behind its start tag.
        is_empty = source[tag.end() - 2 : tag.end()] == b"/>"
        last = tag.end() if is_empty else source.index(b">", here) + 1
        found[number] = Span(begin, tag.end(), tag.end() if is_empty else here, last)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(source, True)
    return [each for each in found if each is not None]
