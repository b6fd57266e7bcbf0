"""The children of a runtime's blocks: found when they are asked for, a whole level at a time.

All that is shown together is found together, so that it costs a few statements for each level and
not for each block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import evolve, frozen
from xblock.core import XBlock

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore_xblock.authored import ParsedBlock
from openedx_blockstore_xblock.block_classes import find_class
from openedx_blockstore_xblock.blocks.choosing import ChoosingBlock
from openedx_blockstore_xblock.choosing.pools import Pool, PoolBlock, answered_by, gather
from openedx_blockstore_xblock.exceptions import BadOlx, BlockTypeNotInstalled
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.loading import BlockLoader, FoundBlock, Holder

#: What names a block in one state of its bundle.
Identity = tuple[object, ...]


@frozen(eq=False)
class Node:
    """A block that can be made."""

    found: FoundBlock
    block_class: type[XBlock]
    parsed: ParsedBlock

    @property
    def usage_key(self) -> BlockstoreUsageKey:
        """Where it stands."""
        return self.found.usage_key

    @property
    def identity(self) -> Identity:
        """Which block it is, by whatever way one gets there."""
        contents, key = self.found.contents, self.found.usage_key
        state = (contents.version, contents.draft_uuid)
        return contents.bundle_uuid, *state, key.path, key.inner_id


class BlockTree:
    """The blocks of one runtime, and what each of them shows.

    Args:
        prefetch: Reads what else is kept about usages, for many at a time.
        make: Makes a block of a node.
        show_all: Show everything where there is a choice.
    """

    def __init__(
        self,
        loader: BlockLoader,
        *,
        prefetch: Callable[[Iterable[BlockstoreUsageKey]], None],
        make: Callable[[Node], XBlock],
        show_all: bool,
    ) -> None:
        self._loader = loader
        self._prefetch = prefetch
        self._make = make
        self._show_all = show_all
        self._nodes: dict[BlockstoreUsageKey, Node] = {}
        self._children: dict[BlockstoreUsageKey, list[BlockstoreUsageKey]] = {}
        self._above: dict[BlockstoreUsageKey, frozenset[Identity]] = {}

    def node(self, usage_key: BlockstoreUsageKey) -> Node:
        """Return what a block can be made of.

        Raises:
            BlockTypeNotInstalled: No package has blocks of its type.
            BlockstoreError: As :meth:`BlockLoader.find` and :meth:`BlockLoader.parse` have it.
        """
        if usage_key not in self._nodes:
            found = self._loader.find(usage_key)
            block_class = find_class(found.element.block_type)
            if block_class is None:
                raise BlockTypeNotInstalled(found.element.block_type)
            parsed = self._loader.parse(found, block_class)
            self._nodes[usage_key] = Node(found, block_class, parsed)
        return self._nodes[usage_key]

    def check_no_circle(self, node: Node, parent: XBlock | None) -> None:
        """Make sure that a block is not inside itself.

        Raises:
            BadOlx: It is.
        """
        files = [node.usage_key.path]
        while parent is not None:
            above = self._nodes.get(parent.scope_ids.usage_id)
            if above is not None:
                files.append(above.usage_key.path)
                if above.identity == node.identity:
                    way = " > ".join(reversed(files))
                    raise BadOlx(node.usage_key.path, f"it contains itself: {way}")
            parent = parent._parent_block  # noqa: SLF001 - XBlock's, and asking it loads nothing

    def children(self, usage_key: BlockstoreUsageKey) -> list[BlockstoreUsageKey]:
        """Return the usages of a block's children, as they are shown to this user."""
        if usage_key not in self._children:
            self.descend(usage_key)
        return list(self._children.get(usage_key, []))

    def descend(self, usage_key: BlockstoreUsageKey) -> None:
        """Find the children of a block, and theirs, as far as they are shown together with it."""
        level = [usage_key]
        while nodes := [node for key in level if (node := self._unknown(key)) is not None]:
            self._find_children(nodes)
            level = [
                child
                for node in nodes
                if getattr(node.block_class, "shows_all_children", True)
                for child in self._children[node.usage_key]
                if self._below(node, child)
            ]
        self._prefetch([usage_key])

    def _unknown(self, usage_key: BlockstoreUsageKey) -> Node | None:
        """Return a block whose children are not known yet, if it can have any."""
        if usage_key in self._children:
            return None
        try:
            node = self.node(usage_key)
        except BlockstoreError:
            return None  # whoever asks for it is told
        return node if node.block_class.has_children else None

    def _below(self, node: Node, child: BlockstoreUsageKey) -> bool:
        """Tell whether to go on with a child: not in circles, which drafts can make endless."""
        above = self._above.get(node.usage_key, frozenset()) | {node.identity}
        self._above.setdefault(child, above)
        try:
            return self.node(child).identity not in above
        except BlockstoreError:
            return False

    def _find_children(self, nodes: Sequence[Node]) -> None:
        choosing = [node for node in nodes if issubclass(node.block_class, ChoosingBlock)]
        plain = [node for node in nodes if node not in choosing]
        # What is chosen depends on the learner's state, which a parent's level has read mostly.
        choices = self._choose(choosing) if choosing else []
        holders: list[Holder] = [(node.found, node.parsed.children) for node in plain]
        drawn: list[Holder] = [
            (each.holder, [each.child]) for choice in choices for each in choice.shown
        ]
        usages = iter(self._loader.children([*holders, *drawn]))
        for node in plain:
            self._children[node.usage_key] = next(usages)
        for node, choice in zip(choosing, choices, strict=True):
            self._children[node.usage_key] = [next(usages)[0] for _each in choice.shown]
        self._prefetch(
            [key for node in nodes for key in (node.usage_key, *self._children[node.usage_key])]
        )
        for node, choice in zip(choosing, choices, strict=True):
            if not self._show_all:
                choice.block.settle(choice.pool, choice.shown, self._children[node.usage_key])

    # Choices -------------------------------------------------------------------------------------

    def _choose(self, nodes: Sequence[Node]) -> list[_Choice]:
        """Let blocks choose; of what they choose nothing is read but whether it is there."""
        self._prefetch([node.usage_key for node in nodes])
        choices = []
        for node in nodes:
            block = self._make(node)
            pool = gather(self._loader, node.found, node.parsed)
            if block.response_type and not self._show_all:
                pool = answered_by(self._loader, pool, block.response_type)
            shown = pool.blocks[: block.shown_to_authors] if self._show_all else block.choose(pool)
            choices.append(_Choice(block, pool, shown))
        if self._show_all:
            return choices
        while broken := self._broken([each for choice in choices for each in choice.shown]):
            choices = [choice.again_without(broken) for choice in choices]
        return choices

    def _broken(self, blocks: Sequence[PoolBlock]) -> list[PoolBlock]:
        found = self._loader.digests([(each.holder, [each.child]) for each in blocks])
        return [each for each, (digest,) in zip(blocks, found, strict=True) if digest is None]


@frozen(eq=False)
class _Choice:
    """What a block has chosen.

    Attributes:
        pool: What it has chosen from.
    """

    block: ChoosingBlock
    pool: Pool
    shown: tuple[PoolBlock, ...]

    def again_without(self, broken: Sequence[PoolBlock]) -> _Choice:
        """Return what it chooses if some blocks are not there, which it had chosen."""
        if not any(each in broken for each in self.shown):
            return self
        pool = self.pool.without(broken)
        return evolve(self, pool=pool, shown=self.block.choose(pool))
