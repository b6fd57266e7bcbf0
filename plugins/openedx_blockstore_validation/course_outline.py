"""The outline of a course: its blocks without their content, put together from many files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from openedx_blockstore_validation.blocks import Block
from openedx_blockstore_validation.places import Places

#: Blocks of a course that are looked at.
_MAX_BLOCKS = 50_000


@define(eq=False)
class Node:
    """A block of the outline."""

    tag: str
    name: str
    path: str
    line: int | None
    settings: dict[str, Any]
    children: list[Node] = field(factory=list)


class Outline:
    """Puts the files of an export together; each file once, however many name it."""

    def __init__(self, roots: Mapping[str, Block | None], places: Places) -> None:
        self._roots = roots
        self._places = places
        self._used: set[str] = set()
        self._count = 0

    def of(self, top: Block) -> Node:
        """Return the outline of a course."""
        node, children = self._resolve(top)
        pending = [(node, children)]
        while pending:
            parent, blocks = pending.pop()
            for block in blocks:
                self._count += 1
                if self._count > _MAX_BLOCKS:
                    return node
                made, below = self._resolve(block)
                parent.children.append(made)
                pending.append((made, below))
        return node

    def _resolve(self, block: Block) -> tuple[Node, list[Block]]:
        name, settings = block.name, dict(block.settings)
        if block.is_pointer or (block.tag == "course" and block.is_empty):
            path = self._places.find_pointed(block.tag, block.name)
            target = self._roots.get(path) if path is not None else None
            if path is not None and target is not None and path not in self._used:
                self._used.add(path)
                settings.update(target.settings)
                return Node(block.tag, name, path, target.line, settings), target.children
            return Node(block.tag, name, block.path, block.line, settings), []
        return Node(block.tag, name, block.path, block.line, settings), block.children


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, in their order."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(current.children))
