"""OLX files as documents: which blocks are in one, and what each is called there.

A file holds the block of its root, and those that stand inline inside it. The root's id is empty.
The id of an inline one is ``type/url_name``; one without a ``url_name`` is ``type/~n``, the n-th of
its type that has none.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping

from attrs import frozen
from lxml import etree

from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.olx.includes import INCLUDE_TAG, Include, parse_include
from openedx_blockstore_xblock.olx.parsing import line_of, parse_olx

#: Fields of blocks that stand in elements of their own, and are no blocks.
OPTION_NAMESPACE = "http://code.edx.org/xblock/option"

#: Blocks of a file, and includes in it.
MAX_BLOCKS = 10_000

#: Whether blocks of a type hold other blocks.
IsContainer = Callable[[str], bool]


@frozen(eq=False)
class BlockElement:
    """One block of a document.

    Attributes:
        inner_id: What it is called in the document; empty for the root.
        block_type: Its tag.
    """

    inner_id: str
    block_type: str
    element: etree._Element

    def detached(self) -> etree._Element:
        """Return a copy for block classes, which take apart what they are given."""
        clone = copy.deepcopy(self.element)
        clone.tail = None
        return clone


class OlxDocument:
    """The blocks of one file, in their order."""

    def __init__(self, file: str, blocks: Mapping[str, BlockElement]) -> None:
        self.file = file
        self._blocks = blocks
        self._ids = {block.element: inner_id for inner_id, block in blocks.items()}
        self._includes: tuple[tuple[str, Include], ...] | None = None

    @property
    def root(self) -> BlockElement:
        """The block of the whole file."""
        return self._blocks[""]

    def find(self, inner_id: str) -> BlockElement | None:
        """Return a block, or None where there is none of this id."""
        return self._blocks.get(inner_id)

    def __iter__(self) -> Iterator[BlockElement]:
        return iter(self._blocks.values())

    def children(self, block: BlockElement) -> list[etree._Element]:
        """Return the elements of a container that are blocks or includes, in their order."""
        return [child for child in block.element if is_child(child)]

    def holder(self, block: BlockElement) -> BlockElement | None:
        """Return the block of this document that holds another; None for the root."""
        above = block.element.getparent()
        return self._blocks[self._ids[above]] if above in self._ids else None

    def inner_id(self, element: etree._Element) -> str:
        """Return what the block of an element of this document is called in it."""
        return self._ids[element]

    def upwards(self, inner_id: str) -> Iterator[BlockElement]:
        """Return a block, and the containers around it, from the inside to the outside."""
        block = self._blocks.get(inner_id)
        while block is not None:
            yield block
            block = self.holder(block)

    def includes(self) -> tuple[tuple[str, Include], ...]:
        """Return the includes of all blocks, each with the id of its block; broken ones are not."""
        if self._includes is None:
            self._includes = tuple(self._read_includes())
        return self._includes

    def _read_includes(self) -> Iterator[tuple[str, Include]]:
        for block in self:
            for element in block.element.iterchildren(INCLUDE_TAG):
                try:
                    yield block.inner_id, parse_include(element, file=self.file)
                except BadOlx:
                    continue


def is_child(element: etree._Element) -> bool:
    """Tell whether an element inside a container is a block or an include."""
    if isinstance(element, etree._Comment):  # noqa: SLF001 - it has no public name
        return False
    return etree.QName(element).namespace != OPTION_NAMESPACE


def parse_document(contents: bytes, *, file: str, is_container: IsContainer) -> OlxDocument:
    """Return the blocks of an OLX file.

    Args:
        file: Its path, for errors.
        is_container: Whether blocks of a type hold others; what is inside the rest is their own.

    Raises:
        BadOlx: It is malformed or unsafe; or two blocks in it have the same name.
    """
    return read_document(parse_olx(contents, file=file), file=file, is_container=is_container)


def read_document(root: etree._Element, *, file: str, is_container: IsContainer) -> OlxDocument:
    """Return the blocks of an OLX file that was parsed; see :func:`parse_document`.

    Raises:
        BadOlx: Two blocks in it have the same name, or one is in a namespace.
    """
    nameless: dict[str, int] = {}
    blocks: dict[str, BlockElement] = {}
    for number, element in enumerate(_block_elements(root, is_container)):
        if number == MAX_BLOCKS:
            raise BadOlx(file, f"it holds more than {MAX_BLOCKS} blocks", line=line_of(element))
        if element.tag == INCLUDE_TAG:
            continue
        inner_id = _name(element, nameless) if element is not root else ""
        if inner_id in blocks:
            raise BadOlx(
                file,
                f"two blocks in it are {inner_id!r}; give each a url_name of its own",
                line=line_of(element),
            )
        blocks[inner_id] = BlockElement(inner_id, _tag(element, file), element)
    return OlxDocument(file, blocks)


def _block_elements(element: etree._Element, is_container: IsContainer) -> Iterator[etree._Element]:
    """Return an element, and the blocks and includes inside it, as they stand in the file."""
    yield element
    if is_container(str(element.tag)):
        for child in element:
            if is_child(child):
                yield from _block_elements(child, is_container)


def _tag(element: etree._Element, file: str) -> str:
    name = etree.QName(element)
    if name.namespace:
        raise BadOlx(
            file,
            f"{name.localname!r} is in the namespace {name.namespace!r}; blocks are in none",
            line=line_of(element),
        )
    return name.localname


def _name(element: etree._Element, nameless: dict[str, int]) -> str:
    tag = str(element.tag)
    if url_name := element.get("url_name"):
        return f"{tag}/{url_name}"
    nameless[tag] = nameless.get(tag, 0) + 1
    return f"{tag}/~{nameless[tag]}"
