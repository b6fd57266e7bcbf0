"""Reading OLX that may come from a stranger, and may be broken.

Nothing is resolved, loaded or fetched while it is read. What is not well-formed is read as far as
possible, and what may not be read as XML at all is still text.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from attrs import frozen
from lxml import etree

#: A larger file of OLX is not read.
MAX_OLX_BYTES = 4 * 2**20

#: Why a file is known in part only.
Flaw = Literal["malformed-xml", "doctype", "too-large", "unreadable"]

_ENTITY = re.compile(rb"<!\s*(?:ENTITY|\x00)", re.IGNORECASE)


@frozen
class ReadXml:
    """A file of XML, as far as it could be read.

    Attributes:
        root: None where it is nothing but text.
        flaw: None where it was read in full.
    """

    root: etree._Element | None
    flaw: Flaw | None = None


def read_xml(contents: bytes) -> ReadXml:
    """Read a file of XML; it never raises."""
    if len(contents) > MAX_OLX_BYTES:
        return ReadXml(None, "too-large")
    if _ENTITY.search(contents.replace(b"\0", b"")):
        return ReadXml(None, "doctype")
    flaw: Flaw | None = None
    root = _parse(contents, recover=False)
    if root is None:
        flaw = "malformed-xml"
        root = _parse(contents, recover=True)
    if root is None:
        return ReadXml(None, "malformed-xml")
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        return ReadXml(None, "doctype")
    return ReadXml(root, flaw)


def _parse(contents: bytes, *, recover: bool) -> etree._Element | None:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        strip_cdata=False,
        recover=recover,
    )
    try:
        return etree.fromstring(contents, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
