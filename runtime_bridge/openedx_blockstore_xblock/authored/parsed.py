"""Blocks as values: what a block's class makes of its element, without any learning context.

Class and bytes decide about it and nothing else does, so it can be kept by the digest of the bytes.
"""

from __future__ import annotations

import copy
import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn
from uuid import UUID

from attrs import frozen
from lxml import etree
from xblock.core import XBlock
from xblock.field_data import DictFieldData
from xblock.fields import BlockScope, FailingEnforceTypeWarning, Field, ScopeIds, UserScope
from xblock.runtime import MemoryIdManager, Runtime

from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.inherited_fields import take_inherited_fields
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.olx import (
    INCLUDE_TAG,
    BlockElement,
    Include,
    OlxDocument,
    is_child,
    line_of,
    parse_include,
)
from openedx_blockstore_xblock.plain import plain

_filtering = threading.Lock()

_NOWHERE = BlockstoreContextKey("none")


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

    def values(self) -> dict[str, Any]:
        """Return all fields that the authors have set, as JSON has them; the caller's own."""
        return copy.deepcopy(self._fields)


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
    inherited = take_inherited_fields(element, block_class)
    own = _read_fields(document.file, block, block_class, element)
    return ParsedBlock(block.block_type, children, {**own, **inherited})


def _child(document: OlxDocument, element: etree._Element) -> Include | InlineChild:
    if element.tag == INCLUDE_TAG:
        return parse_include(element, file=document.file)
    return InlineChild(document.inner_id(element), str(element.tag))


def bare_block(
    block_class: type[XBlock], block_type: str, fields: Mapping[str, Any] | None = None
) -> XBlock:
    """Return a block that stands nowhere, which can be read and written and nothing else.

    Args:
        fields: Values of its fields, as JSON has them; it keeps them.
    """
    runtime = _BareRuntime(DictFieldData(dict(fields or {})))
    return runtime.construct_xblock_from_class(
        runtime.mixologist.mix(block_class), _keys(block_type)
    )


def _read_fields(
    file: str, block: BlockElement, block_class: type[XBlock], element: etree._Element
) -> dict[str, Any]:
    field_data = DictFieldData({})
    runtime = _BareRuntime(field_data)
    mixed = _quiet(runtime.mixologist.mix(block_class))
    parse = getattr(mixed, "parse_xml_new_runtime", mixed.parse_xml)
    contents = copy.deepcopy(element) if _loses_contents(block_class) else None
    try:
        with _bearing_odd_values():
            parsed = parse(element, runtime, _keys(block.block_type), *_outdated(parse))
            if contents is not None and (len(contents) or (contents.text or "").strip()):
                definition, _children = mixed.definition_from_xml(contents, runtime)
                for name in definition.keys() & mixed.fields.keys():
                    setattr(parsed, name, definition[name])
            parsed.force_save_fields(parsed._get_fields_to_save())  # noqa: SLF001 - as save() does
    except Exception as error:
        # It is another package's code, on anybody's file: every kind of error comes out of it.
        line = line_of(block.element)
        raise BadOlx(file, f"{block.block_type!r} refuses it ({error})", line=line) from error
    return {
        name: _repaired(value)
        for name, value in field_data._data.items()  # noqa: SLF001 - it has no other way to list
        if is_authored(block_class.fields[name])
    }


def _outdated(parse: Callable[..., XBlock]) -> tuple[None, ...]:
    """Return what a way to be read wants beside what XBlock gives it today.

    Once there was a maker of keys as well. Some classes still demand it, and none needs it.
    """
    given = 3
    wanted = [
        each
        for each in inspect.signature(parse).parameters.values()
        if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}
        and each.default is each.empty
    ]
    return (None,) * (len(wanted) - given)


@contextmanager
def _bearing_odd_values() -> Iterator[None]:
    """Let XBlock take values that are not of a field's type without a warning about each.

    The filters of warnings are the whole process's: of two threads that change them at a time, one
    would leave the other's behind.
    """
    with _filtering, warnings.catch_warnings():
        warnings.simplefilter("ignore", FailingEnforceTypeWarning)
        yield


@functools.cache
def _quiet(block_class: type[XBlock]) -> type[XBlock]:
    """Return a class that passes over attributes which it does not know.

    They are normal in OLX; XBlock logs a warning about each, whenever a file is read.
    """

    def set_field_if_present(
        block: XBlock, name: str, value: str, attributes: Mapping[str, str]
    ) -> None:
        if name in block.fields:
            block_class._set_field_if_present(block, name, value, attributes)  # noqa: SLF001

    namespace = {
        "_set_field_if_present": staticmethod(set_field_if_present),
        "__module__": block_class.__module__,
    }
    return type(block_class.__name__, (block_class,), namespace)


def _repaired(value: Any) -> Any:
    """Return a value with its characters beyond 16 bits whole.

    XBlock writes lists and dictionaries as JSON, with such characters in two halves, and reads them
    as YAML, which leaves the halves apart.
    """
    try:
        return plain(value)
    except (TypeError, ValueError):
        return value


def _loses_contents(block_class: type[XBlock]) -> bool:
    """Tell whether a class reads nothing but attributes, though it knows what is in its element.

    Such are those of ``xblocks-contrib`` that have the common base class's way to be read, and not
    one of their own: ``annotatable`` and ``poll_question``.
    """

    def origin(name: str) -> type | None:
        return next((each for each in block_class.__mro__ if name in vars(each)), None)

    base = origin("load_definition_xml")
    return base is not None and origin("parse_xml_new_runtime") is base


def _keys(block_type: str) -> ScopeIds:
    # Classes take parts of their key for names of files.
    key = BlockstoreUsageKey(_NOWHERE, block_type, UUID(int=0), "block.xml", route=("none",))
    return ScopeIds(None, block_type, key, key)


def is_authored(field: Field) -> bool:
    """Tell whether a field belongs to authors, and not to learners."""
    scope = field.scope
    return scope.user == UserScope.NONE and scope.block in {BlockScope.DEFINITION, BlockScope.USAGE}


class _BareRuntime(Runtime):  # type: ignore[misc]
    """A runtime in which blocks can be read and written, and can do nothing else."""

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
