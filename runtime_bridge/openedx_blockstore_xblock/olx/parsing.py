"""Making a tree of the bytes of an OLX file, whoever wrote them."""

from __future__ import annotations

from typing import Any, cast

from lxml import etree

from openedx_blockstore_xblock.exceptions import BadOlx, MalformedOlx

#: Bytes of an OLX file.
MAX_BYTES = 8 * 2**20

#: Elements inside one another, elements in all, and attributes of one.
MAX_DEPTH = 100
MAX_ELEMENTS = 100_000
MAX_ATTRIBUTES = 500

#: Bytes that are parsed before it is looked whether there are too many of anything.
_PIECE_BYTES = 64 * 2**10


def parse_olx(contents: bytes, *, file: str) -> etree._Element:
    """Return the root of an OLX file.

    There is no document type, no entity but XML's own, and nothing is fetched from anywhere.

    Args:
        file: Its path, for errors.

    Raises:
        MalformedOlx: It is no XML, or not safe.
        BadOlx: It is too large.
    """
    check_size(len(contents), file=file)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
    )
    try:
        root = _feed(parser, contents, file)
    except etree.XMLSyntaxError as error:
        # Of an entity that is not defined only the log says where it is.
        log = [(each.message, each.line) for each in parser.feed_error_log]
        message, line = log[0] if log else (error.msg, error.lineno or None)
        raise MalformedOlx(file, f"it is not well-formed XML ({message})", line=line) from error
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        reason = "it has a document type declaration, which OLX must not have"
        raise MalformedOlx(file, reason, line=1)
    for entity in root.iter(etree.Entity):
        raise MalformedOlx(file, f"it uses the entity {entity.text}", line=line_of(entity))
    return root


def check_size(size: int, *, file: str) -> None:
    """Refuse a file that is larger than any that is read.

    Raises:
        BadOlx: It is.
    """
    if size > MAX_BYTES:
        raise BadOlx(file, f"it has {size:,} bytes, and may have {MAX_BYTES:,}")


def line_of(element: etree._Element) -> int | None:
    """Return the line on which an element begins, from 1; None where that is not known."""
    return cast(int | None, element.sourceline)


def _feed(parser: etree.XMLPullParser, contents: bytes, file: str) -> etree._Element:
    """Parse bytes, as long as they are within the limits."""
    elements = depth = 0
    for start in range(0, len(contents), _PIECE_BYTES):
        parser.feed(contents[start : start + _PIECE_BYTES])
        # What all kinds of events bring is declared; of the others nobody asked for any.
        events: Any = parser.read_events()
        for event, element in events:
            if event == "end":
                depth -= 1
                continue
            elements += 1
            depth += 1
            if too_much := _too_much(elements, depth, len(element.attrib)):
                raise BadOlx(file, too_much, line=line_of(element))
    root: etree._Element = parser.close()
    return root


def _too_much(elements: int, depth: int, attributes: int) -> str:
    """Return of what there is too much, as a part of a sentence; empty for nothing."""
    if elements > MAX_ELEMENTS:
        return f"it has more than {MAX_ELEMENTS:,} elements"
    if depth > MAX_DEPTH:
        return f"its elements are more than {MAX_DEPTH} deep inside one another"
    if attributes > MAX_ATTRIBUTES:
        return f"an element has more than {MAX_ATTRIBUTES} attributes"
    return ""
