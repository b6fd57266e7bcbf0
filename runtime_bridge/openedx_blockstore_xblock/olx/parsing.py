"""Making a tree of the bytes of an OLX file, whoever wrote them."""

from __future__ import annotations

from typing import Any, cast

from lxml import etree

from openedx_blockstore_xblock.exceptions import BadOlx

#: Bytes of an OLX file.
MAX_BYTES = 8 * 2**20

#: Elements inside one another.
MAX_DEPTH = 100


def parse_olx(contents: bytes, *, file: str) -> etree._Element:
    """Return the root of an OLX file.

    There is no document type, no entity but XML's own, and nothing is fetched from anywhere.

    Args:
        file: Its path, for errors.

    Raises:
        BadOlx: It is malformed, unsafe or too large.
    """
    if len(contents) > MAX_BYTES:
        raise BadOlx(file, f"it has {len(contents)} bytes, and may have {MAX_BYTES}")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(contents, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or None
        raise BadOlx(file, f"it is not well-formed XML ({error.msg})", line=line) from error
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise BadOlx(file, "it has a document type declaration, which OLX must not have", line=1)
    for entity in root.iter(etree.Entity):
        raise BadOlx(file, f"it uses the entity {entity.text}", line=line_of(entity))
    _check_depth(root, file)
    return root


def line_of(element: etree._Element) -> int | None:
    """Return the line on which an element begins, from 1; None where that is not known."""
    return cast(int | None, element.sourceline)


def _check_depth(root: etree._Element, file: str) -> None:
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise BadOlx(
                file,
                f"its elements are more than {MAX_DEPTH} deep inside one another",
                line=line_of(element),
            )
