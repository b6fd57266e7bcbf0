"""Loading a course: from the files of an export to its graph of blocks.

Nothing but the outline's root must be readable: whatever else is missing or damaged becomes a
finding, and stays as it is.
"""

from __future__ import annotations

import copy
import json
from collections import deque
from typing import Any

from lxml import etree

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.assets import ASSETS_POLICY, AssetIndex
from openedx_blockstore.courses.blocks import Attachment, Block, Course, OutlineNode, Slot
from openedx_blockstore.courses.findings import FindingCollector, quoted
from openedx_blockstore.courses.identity import (
    BlockKey,
    content_digest,
    name_unnamed,
    short_digest,
)
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.courses.reader import CourseExport
from openedx_blockstore.courses.references import find_missing_transcripts, find_video_assets
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

#: Elements below a container that are no blocks.
NOT_BLOCKS = olx.SETTING_TAGS | {"show", "group", olx.INCLUDE_TAG}


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
        self._pending: deque[Block] = deque()
        policy = export.read(ASSETS_POLICY) if ASSETS_POLICY in export.files else b""
        self.assets = AssetIndex(export.files, policy)

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
            root_attributes=dict(root.attrib),
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
        library = Block(course.key, course.run, course.course_file, course.course_file, course.element)
        self._blocks[library.key] = library
        course.library = library
        self._pending.append(library)

    def _load_outline(self, course: Course) -> None:
        file = f"course/{course.run}.xml"
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
            course.course_file = file
            course.consumed.append(file)
        course.outline = self._outline_nodes(course, course.element, course.course_file, course.run)

    def _outline_nodes(
        self, course: Course, parent: etree._Element, source: str, parent_name: str
    ) -> list[OutlineNode]:
        """Take the children that are chapters or blocks out of a course or chapter."""
        names = self._names_in(parent, BlockKey(str(parent.tag), parent_name))
        nodes = []
        for child in list(olx.elements(parent)):
            if not self._is_outline_child(child):
                continue
            parent.remove(child)
            child.tail = None
            name, made_up = names[child]
            is_chapter = child.tag == "chapter" and parent.tag == "course"
            node = self._outline_node(course, child, source, name, is_chapter=is_chapter)
            node.made_up = made_up
            if node.block is not None:
                node.block.made_up = made_up
            nodes.append(node)
        return nodes

    def _outline_node(
        self, course: Course, child: etree._Element, source: str, name: str, *, is_chapter: bool
    ) -> OutlineNode:
        tag = str(child.tag)
        if not is_chapter:
            block = self._child_block(child, source, name)
            if block is None:
                return OutlineNode(tag, name)
            return OutlineNode(tag, name, block=block)
        file: str | None = None
        if olx.is_pointer(child):
            file = olx.file_of(tag, name)
            loaded = self._read(file, child.sourceline, source)
            if loaded is None:
                return OutlineNode(tag, name)
            child, source = loaded, file
            course.consumed.append(file)
        attributes = dict(child.attrib)
        if file is None:
            attributes.pop("url_name", None)
        node = OutlineNode(tag, name, file=file, attributes=attributes)
        node.children = self._outline_nodes(course, child, source, name)
        return node

    def _is_outline_child(self, child: etree._Element) -> bool:
        tag = str(child.tag)
        if tag in NOT_BLOCKS or not olx.is_block_name(tag):
            return False
        return tag in olx.KNOWN_TAGS or child.get("url_name") is not None

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
                self._read(file, child.sourceline, source)
                return None
            return self._add(Block(self._free_key(key), name, file, file, self._parsed(file)))
        element = copy.deepcopy(child)
        element.tail = None
        element.attrib.pop("url_name", None)
        known = self._blocks.get(key)
        if known is not None and known.is_inline and _is_same(known, element):
            return known
        return self._add(Block(self._free_key(key), name, source, None, element))

    def _add(self, block: Block) -> Block:
        self._blocks[block.key] = block
        if block.file is not None:
            self._by_file[block.file] = block
        self._attach_files(block)
        self._pending.append(block)
        return block

    def _free_key(self, key: BlockKey) -> BlockKey:
        """Return the key, or a similar one where another block has it already."""
        number, free = 1, key
        while free in self._blocks:
            number += 1
            free = BlockKey(key.tag, f"{key.name}~{number}")
        if free != key:
            self._findings.warning(
                "duplicate-name",
                self._blocks[key].source,
                f"Two different blocks are called {quoted(key)}; the second is kept as {free.name}.",
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
        if block.element is child.getparent():
            if block.key.tag == "library":
                return True
            if tag == "vertical" and block.key.tag == "sequential":
                return True
        if tag == "html":
            return bool(self._html_pages(child))
        return tag in olx.VIDEO_TAGS and bool(find_video_assets(child, self.assets))

    def _names_in(
        self, element: etree._Element, key: BlockKey
    ) -> dict[etree._Element, tuple[str, bool]]:
        """Name every block below a container that stands in the same file.

        Returns:
            Child → its name, and whether that was made up; in document order.
        """
        children = list(self._inline_blocks(element))
        named = {child: child.get("url_name", "") for child in children}
        taken = {name.casefold() for name in named.values() if name}
        nameless = [child for child, name in named.items() if not name]
        before = dict(self._previous.unnamed.get(key, {}))
        digests = {child: content_digest(child) for child in nameless}
        known: dict[etree._Element, str] = {}
        # First the ones that did not change, then, in their order, the ones that did.
        for exact in (True, False):
            for child in nameless:
                for name, digest in list(before.items()):
                    fits = digest == digests[child] if exact else name.startswith(f"{child.tag}-")
                    if child not in known and fits and name.casefold() not in taken:
                        known[child] = name
                        taken.add(name.casefold())
                        del before[name]
        for child in nameless:
            if child not in known:
                known[child] = name_unnamed(child, key.name, taken)
                taken.add(known[child].casefold())
        if known:
            self._unnamed[key] = {known[child]: digests[child] for child in nameless}
        return {
            child: (name, False) if name else (known[child], True) for child, name in named.items()
        }

    def _inline_blocks(self, element: etree._Element) -> list[etree._Element]:
        """List the blocks below a container that stand in the same file, outermost first."""
        found: list[etree._Element] = []
        in_outline = element.tag in {"course", "chapter"}
        pending = [element]
        while pending:
            parent = pending.pop()
            is_container = parent.tag in olx.CONTAINER_TAGS
            below = []
            for child in olx.elements(parent):
                tag = str(child.tag)
                if tag in NOT_BLOCKS or not olx.is_block_name(tag):
                    if tag in {"show", "group"}:
                        below.append(child)
                    continue
                if in_outline and not self._is_outline_child(child):
                    continue
                if is_container or parent.tag in {"show", "group"}:
                    found.append(child)
                elif olx.is_pointer(child) and self._has_file(child):
                    found.append(child)
                if tag not in olx.LEAF_TAGS and not self._moves_out(parent, child):
                    below.append(child)
            if not in_outline:
                pending.extend(reversed(below))
        return found

    def _moves_out(self, parent: etree._Element, child: etree._Element) -> bool:
        """Tell whether an inline child will be named by its own definition's walk."""
        if parent.getparent() is not None:
            return False
        return parent.tag == "library" or (parent.tag == "sequential" and child.tag == "vertical")

    def _has_file(self, child: etree._Element) -> bool:
        return olx.file_of(str(child.tag), child.get("url_name", "")) in self._export.files

    # Files ---------------------------------------------------------------------------------------

    def _read(self, file: str, line: int | None, source: str) -> etree._Element | None:
        if file not in self._export.files:
            self._findings.warning(
                "missing-block", source, f"It points to {quoted(file)}, which is not there.", line
            )
            return None
        return self._parsed(file)

    def _parsed(self, file: str) -> etree._Element | None:
        contents = self._export.read(file)
        try:
            element = olx.parse_olx(contents)
        except olx.OlxError as error:
            self._findings.error(
                error.code, file, f"Kept as it is, but not understood: {error}.", error.line
            )
            return None
        if (encoding := olx.declared_encoding(contents)) not in {"utf-8", "us-ascii", "ascii"}:
            self._findings.info("not-utf-8", file, f"It is encoded in {quoted(encoding)}.")
        return element

    def _attach_files(self, block: Block) -> None:
        if block.key.tag == "html" or (block.element is not None and block.element.tag == "html"):
            pages = self._html_pages(block.element, block.url_name, block.source)
            block.attachments = [Attachment(page.removeprefix("html/"), page) for page in pages]
        elif block.key.tag in olx.VIDEO_TAGS and block.element is not None:
            for name in find_missing_transcripts(block.element, self.assets):
                self._findings.warning(
                    "missing-transcript",
                    block.source,
                    f"The transcript {quoted(name)} is not in static/.",
                    block.element.sourceline if block.is_inline else None,
                )
        elif block.element is not None and (name := block.element.get("filename")):
            file = f"{block.key.tag}/{name}.xml"
            if file in self._export.files and file != block.file:
                block.attachments = [Attachment(f"{name}.xml", file)]

    def _html_pages(
        self, element: etree._Element | None, name: str = "", source: str = ""
    ) -> list[str]:
        """Return the files with the contents of an ``html`` block; more than one is unusual."""
        filename = name if element is None else element.get("filename", "")
        if not filename:
            return []
        plain = filename.replace(":", "/")
        candidates = (f"html/{filename}.html", f"html/{plain}.html", f"html/{plain}")
        for candidate in candidates:
            if candidate in self._export.files and candidate.endswith((".html", ".htm")):
                return [candidate]
        if source:
            self._findings.warning(
                "missing-page", source, f"Its page {quoted(candidates[0])} is not there."
            )
        return []

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
            f"{quoted(slot.child.key)} would contain itself; the reference is kept, but not followed.",
        )


def _is_same(known: Block, element: etree._Element) -> bool:
    """Compare an inline block with one that was loaded before, whose children may be slots."""
    if known.element is None or known.children:
        return False
    return short_digest(content_digest(known.element)) == short_digest(content_digest(element))


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
