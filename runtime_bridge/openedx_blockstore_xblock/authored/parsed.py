"""Blocks as values: what a block's class makes of its element, without any learning context.

Class and bytes decide about it and nothing else does, so it can be kept by the digest of the bytes.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any, NoReturn

from attrs import frozen
from lxml import etree
from xblock.core import XBlock
from xblock.field_data import DictFieldData
from xblock.fields import BlockScope, ScopeIds, UserScope
from xblock.runtime import MemoryIdManager, Runtime

from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.olx import (
    INCLUDE_TAG,
    BlockElement,
    Include,
    OlxDocument,
    is_child,
    line_of,
    parse_include,
)


@frozen
class InlineChild:
    """A child that stands in the same file as its parent."""

    inner_id: str
    block_type: str


@frozen(eq=False)
class ParsedBlock:
    """What authors have written of one block.

    Attributes:
        children: Those in other files, and those in this one, in their order.
    """

    block_type: str
    children: tuple[Include | InlineChild, ...]
    _fields: dict[str, Any]

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str) -> Any:
        """Return the value of a field, as JSON has it; the caller's own, to do with as it likes.

        Raises:
            KeyError: The authors have left it to its default.
        """
        return copy.deepcopy(self._fields[name])


def parse_block(
    document: OlxDocument, block: BlockElement, block_class: type[XBlock], *, body: str | None
) -> ParsedBlock:
    """Let a class read its element.

    Args:
        body: The text that the element leaves to another file (``filename``); None for none.

    Raises:
        BadOlx: The class can not make anything of it.
    """
    element = block.detached()
    children: tuple[Include | InlineChild, ...] = ()
    if block_class.has_children:
        children = tuple(_child(document, child) for child in document.children(block))
        for child in [child for child in element if is_child(child)]:
            element.remove(child)
    if body is not None:
        element.attrib.pop("filename", "")
        element.text = body
    # The name is the key's business; most classes would keep it as an unknown attribute.
    element.attrib.pop("url_name", "")
    element.attrib.pop("xblock-family", "")
    return ParsedBlock(
        block.block_type, children, _read_fields(document.file, block, block_class, element)
    )


def _child(document: OlxDocument, element: etree._Element) -> Include | InlineChild:
    if element.tag == INCLUDE_TAG:
        return parse_include(element, file=document.file)
    return InlineChild(document.inner_id(element), str(element.tag))


def _read_fields(
    file: str, block: BlockElement, block_class: type[XBlock], element: etree._Element
) -> dict[str, Any]:
    field_data = DictFieldData({})
    runtime = _ReadingRuntime(field_data)
    keys = ScopeIds(None, block.block_type, "definition", "usage")
    mixed = runtime.mixologist.mix(block_class)
    parse = getattr(mixed, "parse_xml_new_runtime", mixed.parse_xml)
    try:
        with warnings.catch_warnings():
            # Unknown attributes are normal in OLX, and classes warn about each.
            warnings.simplefilter("ignore")
            parsed = parse(element, runtime, keys)
            parsed.force_save_fields(parsed._get_fields_to_save())  # noqa: SLF001 - as save() does
    except Exception as error:
        # It is another package's code, on anybody's file: every kind of error comes out of it.
        line = line_of(block.element)
        raise BadOlx(file, f"{block.block_type!r} refuses it ({error})", line=line) from error
    return {
        name: value
        for name, value in field_data._data.items()  # noqa: SLF001 - it has no other way to list
        if _is_authored(block_class, name)
    }


def _is_authored(block_class: type[XBlock], name: str) -> bool:
    scope = block_class.fields[name].scope
    return scope.user == UserScope.NONE and scope.block in {BlockScope.DEFINITION, BlockScope.USAGE}


class _ReadingRuntime(Runtime):  # type: ignore[misc]
    """A runtime in which blocks can be read, and can do nothing else."""

    def __init__(self, field_data: DictFieldData) -> None:
        ids = MemoryIdManager()
        super().__init__(ids, ids, services={"field-data": field_data})

    def add_node_as_child(self, block: XBlock, node: etree._Element) -> None:
        """Pass over what a class takes for a child; children are read from the document."""

    def handler_url(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedError

    def resource_url(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedError

    def local_resource_url(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedError

    def publish(self, *_args: Any, **_kwargs: Any) -> None:
        """Nobody learns anything while a file is read."""
