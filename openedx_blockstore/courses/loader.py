"""Loading a course: from the files of an export to its graph of blocks.

Nothing but the outline's root must be readable: whatever else is missing or damaged becomes a
finding, and stays as it is.
"""

from __future__ import annotations

import copy
import json
from collections import Counter, deque
from typing import Any

from lxml import etree

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.blocks import Block, Course, OutlineNode, Slot
from openedx_blockstore.courses.definitions import (
    find_attachments,
    find_page,
    index_assets,
    read_definition,
)
from openedx_blockstore.courses.findings import FindingCollector, quoted
from openedx_blockstore.courses.identity import BlockKey, content_digest
from openedx_blockstore.courses.naming import is_outline_child, list_blocks, name_blocks
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.courses.reader import CourseExport
from openedx_blockstore.courses.references import find_video_assets
from openedx_blockstore.exceptions import InvalidArchive

#: Tags that the platform always writes as pointers: without their file they are broken.
FILE_TAGS = frozenset(
    {
        "chapter",
        "conditional",
        "html",
        "library_content",
        "problem",
        "randomize",
        "sequential",
        "split_test",
        "vertical",
        "video",
    }
)


def load_course(
    export: CourseExport, findings: FindingCollector, previous: PreviousImport
) -> Course:
    """Load a course or library.

    Args:
        previous: What earlier imports named the blocks that have no name.

    Raises:
        InvalidArchive: The root can not be read: there is nothing to import.
    """
    return _Loader(export, findings, previous).load()


def read_identity(export: CourseExport) -> tuple[str, str, str]:
    """Return the organisation, course and run of an export, without loading it.

    Raises:
        InvalidArchive: The root can not be read.
    """
    root = _read_root(export)
    return _identity(export, root)


def _read_root(export: CourseExport) -> etree._Element:
    kind = export.root_file.removesuffix(".xml")
    try:
        root = olx.parse_olx(export.read(export.root_file))
    except olx.OlxError as error:
        raise InvalidArchive(
            f"the course can not be read without it: {error}", entry=export.root_file
        ) from error
    if root.tag != kind:
        raise InvalidArchive(
            f"its root element must be <{kind}>, not <{root.tag}>", entry=export.root_file
        )
    return root


def _identity(export: CourseExport, root: etree._Element) -> tuple[str, str, str]:
    if root.tag == "library":
        return (
            root.get("org") or "unknown",
            root.get("library") or root.get("course") or root.get("url_name") or "library",
            root.get("url_name") or "library",
        )
    run = root.get("url_name")
    if not run:
        runs = sorted({path.split("/")[1] for path in export.files if path.startswith("course/")})
        run = runs[0].removesuffix(".xml") if len(runs) == 1 else "course"
    return root.get("org") or "unknown", root.get("course") or "course", run


class _Loader:
    """Reads one export; every block is read once, however many parents it has."""

    def __init__(
        self, export: CourseExport, findings: FindingCollector, previous: PreviousImport
    ) -> None:
        self._export = export
        self._findings = findings
        self._previous = previous
        self._blocks: dict[BlockKey, Block] = {}
        self._by_file: dict[str, Block] = {}
        self._unnamed: dict[BlockKey, dict[str, str]] = {}
        self._chapters: set[str] = set()
        self._chapter_files: dict[str, OutlineNode] = {}
        self._pending: deque[Block] = deque()
        #: A name that several blocks have → how many were made of it.
        self._numbers: Counter[BlockKey] = Counter()
        self._assets = index_assets(export)

    def load(self) -> Course:
        root = _read_root(self._export)
        org, name, run = _identity(self._export, root)
        if "org" not in root.attrib:
            self._findings.warning(
                "no-organization",
                self._export.root_file,
                f"The root names no org; {quoted(org)} is used instead.",
            )
        course = Course(
            kind=str(root.tag),
            org=org,
            course=name,
            run=run,
            root_attributes=olx.attributes_of(root),
            course_file=self._export.root_file,
            element=root,
            titles=_read_titles(self._export, run),
        )
        if course.kind == "library":
            self._load_library(course)
        else:
            self._load_outline(course)
        while self._pending:
            self._load_children(self._pending.popleft())
        course.blocks = self._in_order(course)
        course.unnamed = self._unnamed
        return course

    # The outline ---------------------------------------------------------------------------------

    def _load_library(self, course: Course) -> None:
        library = Block(
            course.key, course.run, course.course_file, course.course_file, course.element
        )
        self._blocks[library.key] = library
        course.library = library
        self._pending.append(library)

    def _load_outline(self, course: Course) -> None:
        file = f"course/{course.run}.xml"
        root = course.element
        course.consumed.append(course.course_file)
        is_empty = next(olx.elements(course.element), None) is None
        if olx.is_pointer(course.element) or (is_empty and file in self._export.files):
            if file not in self._export.files:
                raise InvalidArchive(
                    f"the course can not be read without it: course.xml points to {file}",
                    entry=file,
                )
            try:
                course.element = olx.parse_olx(self._export.read(file))
            except olx.OlxError as error:
                raise InvalidArchive(
                    f"the course can not be read without it: {error}", entry=file
                ) from error
            for comment in olx.outer_nodes(root)[0]:
                course.element.addprevious(comment)
            course.course_file = file
            course.consumed.append(file)
        for node in course.element:
            if olx.is_element(node) and is_outline_child(node):
                break
            course.leading += 1
        course.outline = self._outline_nodes(course, course.element, course.course_file, course.run)

    def _outline_nodes(
        self, course: Course, parent: etree._Element, source: str, parent_name: str
    ) -> list[OutlineNode]:
        """Take the children that are chapters or blocks out of a course or chapter."""
        names = self._names_in(parent, BlockKey(str(parent.tag), parent_name))
        nodes = []
        for child, (name, made_up) in names.items():
            parent.remove(child)
            child.tail = None
            if child.tag == "chapter" and parent.tag == "course":
                node = self._chapter(course, child, source, name)
            else:
                block = self._child_block(child, source, name)
                node = OutlineNode(str(child.tag), name, name, block=block)
            node.made_up = made_up
            if node.block is not None:
                node.block.made_up = made_up
            nodes.append(node)
        return nodes

    def _chapter(
        self, course: Course, child: etree._Element, source: str, url_name: str
    ) -> OutlineNode:
        file: str | None = None
        if olx.is_pointer(child):
            file = olx.file_of("chapter", url_name)
            if file in self._chapter_files:
                return self._chapter_files[file]
            loaded = self._read(file, olx.line_of(child), source)
            if loaded is None:
                file = None
            else:
                child, source = loaded, file
                course.consumed.append(file)
        name, number = url_name, 1
        while name in self._chapters:
            number += 1
            name = f"{url_name}~{number}"
        attributes = olx.attributes_of(child)
        if file is None:
            attributes.pop("url_name", None)
        node = OutlineNode("chapter", name, url_name, file=file, attributes=attributes)
        self._chapters.add(name)
        if file is not None:
            self._chapter_files[file] = node
        node.markup = _read_markup(child, is_file=file is not None)
        node.children = self._outline_nodes(course, child, source, name)
        return node

    # Blocks --------------------------------------------------------------------------------------

    def _child_block(self, child: etree._Element, source: str, name: str) -> Block | None:
        """Return the block for a child that has, or gets, a definition of its own."""
        tag = str(child.tag)
        key = BlockKey(tag, name)
        file = olx.file_of(tag, name)
        if olx.is_pointer(child) and (file in self._export.files or tag in FILE_TAGS):
            if file in self._by_file:
                return self._by_file[file]
            if file not in self._export.files:
                self._read(file, olx.line_of(child), source)
                return None
            return self._add(
                Block(
                    self._free_key(key),
                    name,
                    file,
                    file,
                    read_definition(self._export, file, self._findings),
                )
            )
        element = copy.deepcopy(child)
        element.tail = None
        olx.drop_attribute(element, "url_name")
        known = self._blocks.get(key)
        if known is not None and known.is_inline and _is_same(known, element):
            return known
        return self._add(Block(self._free_key(key), name, source, None, element))

    def _add(self, block: Block) -> Block:
        self._blocks[block.key] = block
        if block.file is not None:
            self._by_file[block.file] = block
        block.attachments = find_attachments(self._export, block, self._assets, self._findings)
        self._pending.append(block)
        return block

    def _free_key(self, key: BlockKey) -> BlockKey:
        """Return the key, or a similar one where another block has it already."""
        free = key
        while free in self._blocks:
            self._numbers[key] += 1
            free = BlockKey(key.tag, f"{key.name}~{self._numbers[key] + 1}")
        if free != key:
            self._findings.warning(
                "duplicate-name",
                self._blocks[key].source,
                f"Two different blocks are called {quoted(key)}; one is kept as {free.name}.",
            )
        return free

    def _load_children(self, block: Block) -> None:
        """Give every child that has, or needs, a definition of its own its slot."""
        element = block.element
        if element is None or str(element.tag) in olx.LEAF_TAGS:
            return
        names = self._names_in(element, block.key)
        for child, (name, made_up) in names.items():
            if self._needs_definition(block, child):
                self._give_slot(block, child, name, made_up=made_up)
            elif made_up:
                olx.set_first(child, "url_name", name)

    def _give_slot(self, block: Block, child: etree._Element, name: str, *, made_up: bool) -> None:
        definition = self._child_block(child, block.source, name)
        if definition is None:
            return
        definition.made_up = made_up
        include = etree.Element(olx.INCLUDE_TAG)
        olx.replace_element(child, include)
        block.children.append(Slot(include, child, definition))

    def _needs_definition(self, block: Block, child: etree._Element) -> bool:
        tag = str(child.tag)
        if olx.is_pointer(child):
            file = olx.file_of(tag, child.get("url_name", ""))
            return file in self._export.files or tag in FILE_TAGS
        if child.getparent() is block.element:
            if block.key.tag == "library":
                return True
            if tag == "vertical" and block.key.tag == "sequential":
                return True
        if tag == "html":
            return find_page(self._export, child) is not None
        return tag in olx.VIDEO_TAGS and bool(find_video_assets(child, self._assets))

    def _names_in(
        self, element: etree._Element, key: BlockKey
    ) -> dict[etree._Element, tuple[str, bool]]:
        """Return the blocks in a definition: child → its name, and whether that is made up."""
        children = list_blocks(element, self._export.files)
        made_up, digests = name_blocks(children, key, self._previous.unnamed.get(key, {}))
        if digests:
            self._unnamed[key] = digests
        return {
            child: (made_up.get(child, child.get("url_name", "")), child in made_up)
            for child in children
        }

    def _read(self, file: str, line: int | None, source: str) -> etree._Element | None:
        if file not in self._export.files:
            self._findings.warning(
                "missing-block", source, f"It points to {quoted(file)}, which is not there.", line
            )
            return None
        return read_definition(self._export, file, self._findings)

    # Order ---------------------------------------------------------------------------------------

    def _in_order(self, course: Course) -> list[Block]:
        """Return all reached blocks, parents before children; cut what closes a circle."""
        order: list[Block] = []
        state: dict[Block, int] = {}
        # Backwards, because the order in which blocks are left is reversed in the end.
        for top in reversed(list(course.tops())):
            if top in state:
                continue
            state[top] = 1
            stack = [(top, iter(top.children[::-1]))]
            while stack:
                block, children = stack[-1]
                slot = next(children, None)
                if slot is None:
                    state[block] = 2
                    order.append(block)
                    stack.pop()
                elif slot.child not in state:
                    state[slot.child] = 1
                    stack.append((slot.child, iter(slot.child.children[::-1])))
                elif state[slot.child] == 1:
                    self._cut(block, slot)
        return order[::-1]

    def _cut(self, block: Block, slot: Slot) -> None:
        olx.replace_element(slot.include, slot.original)
        block.children.remove(slot)
        self._findings.error(
            "reference-cycle",
            block.source,
            f"{quoted(slot.child.key)} would contain itself; the reference is not followed.",
        )


def _is_same(known: Block, element: etree._Element) -> bool:
    """Compare an inline block with one that was loaded before, whose children may be slots."""
    if known.element is None or known.children:
        return False
    return content_digest(known.element) == content_digest(element)


def _read_markup(chapter: etree._Element, *, is_file: bool) -> list[tuple[int, str]]:
    """Read what is in a chapter, or around it in its file, besides its children."""
    blocks = set(list_blocks(chapter, ()))
    before, after = olx.outer_nodes(chapter) if is_file else ([], [])
    markup = [(0, olx.to_text(node)) for node in before]
    position = 0
    for node in chapter:
        if node in blocks:
            position += 1
        else:
            markup.append((position, olx.to_text(node)))
    return [*markup, *((position, olx.to_text(node)) for node in after)]


def _read_titles(export: CourseExport, run: str) -> dict[BlockKey, str]:
    """Read the titles that the policy of a run gives; its other settings stay where they are."""
    for path in (f"policies/{run}/policy.json", f"policies/{run}.json"):
        if path in export.files:
            try:
                policy: Any = json.loads(export.read(path))
            except (ValueError, RecursionError):
                continue
            return {
                BlockKey.parse(key): settings["display_name"]
                for key, settings in (policy.items() if isinstance(policy, dict) else ())
                if isinstance(settings, dict) and isinstance(settings.get("display_name"), str)
            }
    return {}
