"""Writing one block's fields into the file that it stands in."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from lxml import etree
from xblock.core import XBlock
from xblock.fields import Field

from openedx_blockstore_xblock.authored import parse_block
from openedx_blockstore_xblock.block_classes import is_container
from openedx_blockstore_xblock.exceptions import BadOlx, UnwritableField
from openedx_blockstore_xblock.inherited_fields import fields_of
from openedx_blockstore_xblock.olx import BlockElement, OlxDocument, parse_document, parse_olx
from openedx_blockstore_xblock.plain import plain
from openedx_blockstore_xblock.serialising.classes import (
    is_rewritten_whole,
    spellings,
    write_element,
)
from openedx_blockstore_xblock.serialising.spans import in_utf8, span_of
from openedx_blockstore_xblock.serialising.texts import (
    change_attributes,
    check_text,
    end_tag,
    text_in_element,
    with_end_tag,
)


@frozen
class WrittenBlock:
    """What the files of a block are to hold.

    Attributes:
        olx: The whole file of its OLX, in which nothing but the block has changed.
        body: The file to which its element leaves its text (``filename``); None where it has none.
    """

    olx: bytes
    body: str | None


@frozen
class _Edit:
    """What is to change in an element; None of ``inner`` for nothing inside it."""

    attributes: Mapping[str, str | None] = field(factory=dict)
    inner: str | None = None
    body: str | None = None


def write_block(
    source: bytes,
    document: OlxDocument,
    block: BlockElement,
    block_class: type[XBlock],
    wanted: Mapping[str, Any],
    *,
    body: str | None = None,
) -> WrittenBlock:
    """Write fields of a block into its file.

    Args:
        source: The file that the document was parsed from.
        wanted: All authored fields that are to be set, as JSON has them.
        body: The text that the element leaves to another file; None where it has no such file.

    Raises:
        UnwritableField: OLX can not hold a value so that the class reads the same again.
        BadOlx: What is there now can not be read.
    """
    writer = _Writer(source, document, block, block_class, body)
    return writer.write({name: _plain(block, name, value) for name, value in wanted.items()})


class _Writer:
    """Tries changes of one element until the class reads what is wanted."""

    def __init__(
        self,
        source: bytes,
        document: OlxDocument,
        block: BlockElement,
        block_class: type[XBlock],
        body: str | None,
    ) -> None:
        self._source = source
        self._document = document
        self._block = block
        self._class = block_class
        self._body = body
        self._now = parse_block(document, block, block_class, body=body).values()

    def write(self, given: Mapping[str, Any]) -> WrittenBlock:
        typed = {name: self._typed(name, value) for name, value in given.items()}
        # Forms send all that they show: what is at its default need not be written for that.
        wanted = {
            name: value
            for name, value in typed.items()
            if name in self._now or not self._same(name, typed, {})
        }
        if not self._different(wanted, self._now):
            return WrittenBlock(self._source, self._body)
        edit = self._first_edit(wanted)
        read = self._read(edit, wanted)
        for name in self._different(wanted, read):
            edit, read = self._mended(edit, name, wanted)
        if lost := self._different(wanted, read):
            raise UnwritableField(
                self._block.block_type, lost[0], "its class does not read it again as it was"
            )
        return self._written(edit)

    def _typed(self, name: str, value: Any) -> Any:
        """Return a value as its field has it: forms leave numbers as texts."""
        known = fields_of(self._class).get(name)
        if known is None or not isinstance(value, str):
            return value
        try:
            typed = known.to_json(known.from_json(value))
        except Exception:  # noqa: BLE001 - another package's code; it will be refused as it is
            return value
        return value if isinstance(typed, str) else typed

    # What to change ------------------------------------------------------------------------------

    def _first_edit(self, wanted: Mapping[str, Any]) -> _Edit:
        """Return what the class itself would write differently now."""
        block_type = self._block.block_type
        try:
            new = write_element(self._class, block_type, wanted)
        except ValueError as error:
            names = ", ".join(self._different(wanted, self._now))
            raise UnwritableField(block_type, names, str(error)) from error
        try:
            old = write_element(self._class, block_type, self._now)
        except ValueError:
            # It can not write what it has read. Then all that it writes now is new.
            old = etree.Element(block_type)
        attributes = {
            name: new.get(name)
            for name in (*old.attrib, *new.attrib)
            if old.get(name) != new.get(name)
        }
        if _inner(old) == _inner(new):
            return _Edit(attributes, None, self._body)
        if self._body is not None:
            return _Edit(attributes, None, new.text or "")
        return _Edit(attributes, _inner(self._merged(old, new)), None)

    def _merged(self, old: etree._Element, new: etree._Element) -> etree._Element:
        """Return what the class writes, with what is in the file and it does not know."""
        if is_rewritten_whole(self._class, old) or is_rewritten_whole(self._class, new):
            return new
        known = {child.tag for child in (*old, *new)}
        merged = self._block.detached()
        if old.text or new.text:
            merged.text = new.text
        places = [i for i, child in enumerate(merged) if child.tag in known]
        place = places[0] if places else len(merged)
        for child in [child for child in merged if child.tag in known]:
            merged.remove(child)
        for child in reversed(new):
            merged.insert(place, copy.deepcopy(child))
        return merged

    def _mended(
        self, edit: _Edit, name: str, wanted: Mapping[str, Any]
    ) -> tuple[_Edit, dict[str, Any]]:
        """Write a field, which the class has not written so that it reads it, as an attribute."""
        tries: list[str | None] = [None]
        if name in wanted:
            known = fields_of(self._class).get(name)
            if known is None:
                raise UnwritableField(self._block.block_type, name, "its class has no such field")
            tries = list(spellings(known, wanted[name]))
        for text in dict.fromkeys(tries):
            changed = _Edit({**edit.attributes, name: text}, edit.inner, edit.body)
            try:
                read = self._read(changed, wanted)
            except UnwritableField:
                continue
            if name not in self._different(wanted, read):
                return changed, read
        raise UnwritableField(
            self._block.block_type, name, "its class can not read such a value out of OLX"
        )

    # Trying --------------------------------------------------------------------------------------

    def _read(self, edit: _Edit, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields that the class reads after an edit."""
        block_type = self._block.block_type
        changed = ", ".join(self._different(wanted, self._now))
        try:
            written = self._written(edit)
            document = parse_document(
                written.olx, file=self._document.file, is_container=is_container
            )
            block = document.find(self._block.inner_id)
            if block is None:
                raise AssertionError("Its name does not change.")
            return parse_block(document, block, self._class, body=written.body).values()
        except (BadOlx, ValueError) as error:
            raise UnwritableField(block_type, changed, str(error)) from error

    def _written(self, edit: _Edit) -> WrittenBlock:
        source = in_utf8(self._source, self._document.root.element)
        span = span_of(source, self._block)
        tag = change_attributes(source[span.start : span.tag_end], edit.attributes)
        rest = source[span.tag_end : span.end]
        if edit.inner is not None:
            opened = with_end_tag(tag)
            rest = edit.inner.encode() + end_tag(tag) if edit.inner else b""
            tag = opened if edit.inner else opened[:-1] + b"/>"
        return WrittenBlock(source[: span.start] + tag + rest + source[span.end :], edit.body)

    def _different(self, wanted: Mapping[str, Any], read: Mapping[str, Any]) -> list[str]:
        return [
            name
            for name in sorted(wanted.keys() | read.keys())
            if not self._same(name, wanted, read)
        ]

    def _same(self, name: str, wanted: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
        if name not in wanted or name not in read:
            # To have a field set to its default is the same as not to have it set.
            only = wanted if name in wanted else read
            known = fields_of(self._class).get(name)
            return known is not None and only[name] == _default(known)
        one, other = wanted[name], read[name]
        if one == other and type(one) is type(other):
            return True
        return _markup(one, self._block.block_type) == _markup(other, self._block.block_type) != ""


def _plain(block: BlockElement, name: str, value: Any) -> Any:
    try:
        # Half a character of those beyond 16 bits, which no file in UTF-8 can hold, is an error.
        json.dumps(value, ensure_ascii=False).encode()
        return plain(value)
    except (TypeError, ValueError) as error:
        raise UnwritableField(block.block_type, name, str(error)) from error


def _default(known: Field) -> Any:
    """Return the default of a field, as JSON has it."""
    try:
        return plain(known.to_json(known.default))
    except TypeError:
        # XBlock has a sign in place of values that each usage makes for itself (UNIQUE_ID).
        return known.default


def _inner(element: etree._Element) -> str:
    """Return what stands inside an element."""
    if not len(element):
        return text_in_element(element.text or "")
    if not element.text and not any(child.tail for child in element):
        element = copy.deepcopy(element)
        _one_a_line(element)
    parts = [text_in_element(element.text or "")]
    parts += [etree.tostring(child, encoding="unicode", with_tail=True) for child in element]
    return check_text("".join(parts))


def _one_a_line(element: etree._Element) -> None:
    element.text = "\n  "
    for child in element:
        child.tail = "\n  "
    element[-1].tail = "\n"


def _markup(value: Any, block_type: str) -> str:
    """Return what is inside a field that holds the block's own element; empty for other fields.

    Such fields repeat the attributes of the element. They are fields of their own, and so do not
    count here.
    """
    if not isinstance(value, str) or f"<{block_type}" not in value:
        return ""
    try:
        root = parse_olx(value.strip().encode(), file="field")
    except BadOlx:
        return ""
    if root.tag != block_type:
        return ""
    root.attrib.clear()
    return str(etree.tostring(root, pretty_print=True, encoding="unicode"))
