"""What the classes of blocks write of themselves, and how far that can be used.

Classes bring two ways to be written. XBlock's own (``add_xml_to_node``) writes each field that is
set as an attribute, or as an element where that can not be. Those that come from the platform have
one for what is inside the element (``definition_to_xml``), and one for attributes that writes into
the folder of an exported course; of these the first is used here.

What they lose, and what is done about it:

``html``
    Writes its text into a second file. It is taken from there.
``problem``, ``annotatable``
    Keep a copy of their attributes in ``data``. Those of the fields count.
``video``
    Writes a part of its fields, and never ``edx_video_id``, which it does not read either. Other
    fields are written as attributes; what is in the file and unknown to it stays there.
All
    Do not know attributes and elements that are no fields. These stay in the file, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fs.memoryfs import MemoryFS
from lxml import etree
from xblock.core import XBlock
from xblock.fields import Field

from openedx_blockstore_xblock.authored import bare_block
from openedx_blockstore_xblock.olx import OPTION_NAMESPACE

#: Attributes that are no fields.
_NO_FIELDS = ("filename", "url_name", "xblock-family")


def write_element(
    block_class: type[XBlock], block_type: str, fields: Mapping[str, Any]
) -> etree._Element:
    """Return the element that a class makes of fields.

    Raises:
        ValueError: It can make none of them.
    """
    block = bare_block(block_class, block_type, fields)
    try:
        if hasattr(block, "definition_to_xml"):
            element = _definition(block, block_type)
        else:
            element = etree.Element(block_type, nsmap={"option": OPTION_NAMESPACE})
            block.add_xml_to_node(element)
    except Exception as error:
        # It is another package's code, with values that anybody may have set.
        raise ValueError(str(error)) from error
    for name in _NO_FIELDS:
        element.attrib.pop(name, "")
    return element


def is_rewritten_whole(block_class: type[XBlock], written: etree._Element) -> bool:
    """Tell whether a class writes all that is inside its element, as one text with markup."""
    has_text = any((text or "").strip() for text in (written.text, *(e.tail for e in written)))
    return has_text and hasattr(block_class, "definition_to_xml")


def spellings(field: Field, value: Any) -> Iterator[str]:
    """Return how the value of a field may be written as an attribute, the likely ones first."""
    try:
        text = field.to_string(field.from_json(value))
    except Exception:  # noqa: BLE001 - another package's code; there are other spellings
        text = None
    if isinstance(text, str):
        yield text
    if isinstance(value, str):
        yield value
    yield json.dumps(value, ensure_ascii=False)


def _definition(block: XBlock, block_type: str) -> etree._Element:
    with MemoryFS() as files:
        element: etree._Element | None = block.definition_to_xml(files)
        if element is None:
            return etree.Element(block_type)
        if element.get("filename") is not None:
            path = next(iter(files.walk.files()))
            element.text = files.readtext(path, encoding="utf-8")
    return element
