"""The blocks of a course as a graph: what the loader makes and the planner places.

A block with a definition of its own is a :class:`Block`; inline blocks that stay inside their
parent's definition are part of it and have no node here.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import Factory, define, frozen
from lxml import etree

from openedx_blockstore.courses.identity import BlockKey


@frozen
class Attachment:
    """A file that belongs to one block's definition, such as the page of an ``html`` block.

    Attributes:
        name: Relative to the definition, in the bundle.
        file: The path in the export.
    """

    name: str
    file: str


@define(eq=False)
class Slot:
    """The place in a container where a child stood that has a definition of its own.

    Attributes:
        include: The element that now stands there; the planner fills it in.
        original: The element that stood there before, to be put back if the child is cut off.
    """

    include: etree._Element
    original: etree._Element
    child: Block


@define(eq=False)
class Block:
    """A block with a definition of its own.

    Attributes:
        key: Its identity within the course.
        url_name: The name in the OLX; differs from the key's only where two blocks share a name.
        source: The export file in which its definition stands.
        file: The export file that is its definition; None where it stood inline.
        element: The root of the definition; None where the file is kept as bytes only.
        children: Its slots, in document order.
        attachments: The files that belong to it alone.
        made_up: The OLX gives it no name.
    """

    key: BlockKey
    url_name: str
    source: str
    file: str | None
    element: etree._Element | None
    children: list[Slot] = Factory(list)
    attachments: list[Attachment] = Factory(list)
    made_up: bool = False

    @property
    def is_inline(self) -> bool:
        """The block stood inside its parent's file."""
        return self.file is None

    @property
    def title(self) -> str:
        """The title that its own OLX gives it, or an empty string."""
        return "" if self.element is None else self.element.get("display_name", "")


@define(eq=False)
class OutlineNode:
    """A chapter, or a child of the course or of a chapter, in the course's outline.

    Attributes:
        tag: ``chapter``, ``sequential`` or, for what stands there without one, any other.
        name: Its own among all chapters.
        url_name: The name in the OLX; differs only where two chapters share it.
        block: None for a chapter, and where there is no definition.
        file: The file of a chapter; None where it is inline.
        attributes: Those of a chapter.
        children: Those of a chapter.
        made_up: The OLX gives a chapter no name.
        markup: The comments of a chapter, and what else in it is neither a block nor a setting:
            how many children stand before it, and its text.
    """

    tag: str
    name: str
    url_name: str
    block: Block | None = None
    file: str | None = None
    attributes: dict[str, str] = Factory(dict)
    children: list[OutlineNode] = Factory(list)
    made_up: bool = False
    markup: list[tuple[int, str]] = Factory(list)

    @property
    def key(self) -> BlockKey:
        """Its key within the course."""
        return BlockKey(self.tag, self.name) if self.block is None else self.block.key

    @property
    def is_chapter(self) -> bool:
        """It is a chapter, even if its file can not be read."""
        return self.tag == "chapter" and self.block is None


@define(eq=False)
class Course:
    """Everything that was read of one export.

    Attributes:
        kind: ``course`` or ``library``.
        run: The ``url_name`` of the course; for a library that of the library.
        root_attributes: Those of the root element of ``course.xml``.
        course_file: The file of the ``course`` element: ``course.xml`` itself or what it points to.
        element: The ``course`` element without its outline.
        outline: The chapters, in order; empty for a library.
        leading: How many settings and comments stand before the outline.
        library: The root block of a library.
        blocks: All blocks with definitions that are reached, parents before children.
        consumed: The files whose content is in the outline.
        unnamed: Block → the names that were made up for blocks inside its definition, with the
            digests of those.
        titles: Block → its title by the policy of the run, where its OLX has none.
    """

    kind: str
    org: str
    course: str
    run: str
    root_attributes: dict[str, str]
    course_file: str
    element: etree._Element
    outline: list[OutlineNode] = Factory(list)
    leading: int = 0
    library: Block | None = None
    blocks: list[Block] = Factory(list)
    consumed: list[str] = Factory(list)
    unnamed: dict[BlockKey, dict[str, str]] = Factory(dict)
    titles: dict[BlockKey, str] = Factory(dict)

    @property
    def key(self) -> BlockKey:
        """The key of the course's own bundle."""
        return BlockKey(self.kind, self.run)

    @property
    def title(self) -> str:
        """The title of the course."""
        return (
            self.element.get("display_name")
            or self.titles.get(self.key)
            or f"{self.org} {self.course} {self.run}".strip()
        )

    def title_of(self, block: Block) -> str:
        """Return the title of a block, or an empty string."""
        return block.title.strip() or self.titles.get(block.key, "").strip()

    def tops(self) -> Iterator[Block]:
        """Yield the blocks that the outline or the library names, each time it names them."""
        if self.library is not None:
            yield self.library
        pending = list(reversed(self.outline))
        while pending:
            node = pending.pop()
            if node.block is not None:
                yield node.block
            pending.extend(reversed(node.children))
