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
from openedx_blockstore_xblock.block_classes import find_class, why_no_class
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
        is_hidden: Tells of a usage that was prefetched whether it is not there for this user.
    """

    def __init__(
        self,
        loader: BlockLoader,
        *,
        prefetch: Callable[[Iterable[BlockstoreUsageKey]], None],
        make: Callable[[Node], XBlock],
        show_all: bool,
        is_hidden: Callable[[BlockstoreUsageKey], bool],
    ) -> None:
        self._loader = loader
        self._prefetch = prefetch
        self._make = make
        self._show_all = show_all
        self._is_hidden = is_hidden
        self._nodes: dict[BlockstoreUsageKey, Node] = {}
        self._children: dict[BlockstoreUsageKey, list[BlockstoreUsageKey]] = {}
        self._parents: dict[BlockstoreUsageKey, BlockstoreUsageKey] = {}
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
                block_type = found.element.block_type
                cause = why_no_class(block_type)
                raise BlockTypeNotInstalled(block_type, file=usage_key.path, cause=cause)
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

    def parent(self, usage_key: BlockstoreUsageKey) -> BlockstoreUsageKey | None:
        """Return the usage of the block that holds another, as far as that can be told.

        Who has shown the children of a block knows. Otherwise the file tells, if both stand in it:
        no file says who includes it.
        """
        if usage_key in self._parents or not usage_key.inner_id:
            return self._parents.get(usage_key)
        try:
            found = self.node(usage_key).found
        except BlockstoreError:
            return None
        holder = found.document.holder(found.element)
        if holder is None:
            return None
        return usage_key.replace(block_type=holder.block_type, inner_id=holder.inner_id)

    def descend(self, usage_key: BlockstoreUsageKey) -> None:
        """Find the children of a block, and theirs, as far as they are shown together with it."""
        level, found = [usage_key], [usage_key]
        held: list[Node] = []
        choices: list[_Choice] = []
        while True:
            nodes = [node for key in level if (node := self._unknown(key)) is not None]
            done = [node for node in nodes if not issubclass(node.block_class, ChoosingBlock)]
            if done:
                self._hold(done, [(node.found, node.parsed.children) for node in done])
            else:
                # What is chosen depends on the learner's state, and what is hidden on settings; all
                # else is found without them.
                self._prefetch(found)
                done = self._settle(choices)
            if not done:
                if not nodes:
                    break
                choices = self._choose(nodes)
                done = nodes
            held += done
            level = [node.usage_key for node in nodes if node not in done]
            for node in done:
                children = self._children[node.usage_key]
                found += children
                if getattr(node.block_class, "shows_all_children", True):
                    level += [child for child in children if self._is_below(node, child)]
        for node in held:
            self._children[node.usage_key] = [
                child for child in self._children[node.usage_key] if not self._is_hidden(child)
            ]

    def _unknown(self, usage_key: BlockstoreUsageKey) -> Node | None:
        """Return a block whose children are not known yet, if it can have any."""
        if usage_key in self._children:
            return None
        try:
            node = self.node(usage_key)
        except BlockstoreError:
            return None  # whoever asks for it is told
        return node if node.block_class.has_children else None

    def _is_below(self, node: Node, child: BlockstoreUsageKey) -> bool:
        """Tell whether to go on with a child: not in circles, which drafts can make endless."""
        above = self._above.get(node.usage_key, frozenset()) | {node.identity}
        self._above.setdefault(child, above)
        try:
            return self.node(child).identity not in above
        except BlockstoreError:
            return False

    def _hold(self, nodes: Sequence[Node], holders: Sequence[Holder]) -> None:
        """Find the usages of blocks' children."""
        for node, usage_keys in zip(nodes, self._loader.children(holders), strict=True):
            self._keep(node, usage_keys)

    def _keep(self, node: Node, usage_keys: list[BlockstoreUsageKey]) -> None:
        self._children[node.usage_key] = usage_keys
        for usage_key in usage_keys:
            self._parents.setdefault(usage_key, node.usage_key)

    # Choices -------------------------------------------------------------------------------------

    def _choose(self, nodes: Sequence[Node]) -> list[_Choice]:
        """Let blocks choose, but not those that are hidden; nothing is kept of it yet."""
        for node in nodes:
            self._keep(node, [])
        shown = [node for node in nodes if not self._is_hidden(node.usage_key)]
        return self._hold_chosen([self._first_choice(node) for node in shown])

    def _hold_chosen(self, choices: list[_Choice]) -> list[_Choice]:
        """Find what was chosen; nothing of it is read until all of it is known."""
        while broken := self._broken([each for choice in choices for each in choice.shown]):
            choices = [choice.again_without(broken) for choice in choices]
        usage_keys = iter(self._usages([each for choice in choices for each in choice.shown]))
        for choice in choices:
            self._keep(choice.node, [next(usage_keys) for _each in choice.shown])
        return choices

    def _settle(self, choices: list[_Choice]) -> list[Node]:
        """Keep what was chosen; but if some of it is hidden, choose again, and return who has."""
        chosen = [self._children[choice.node.usage_key] for choice in choices]
        if any(self._is_hidden(key) for keys in chosen for key in keys):
            # All of a library may be: its blocks are not to be tried one by one.
            blocks = [each for choice in choices for each in choice.pool.blocks]
            usage_keys = self._usages(blocks)
            self._prefetch(usage_keys)
            found = zip(blocks, usage_keys, strict=True)
            hidden = [each for each, key in found if self._is_hidden(key)]
            choices[:] = self._hold_chosen([each.again_without(hidden) for each in choices])
            return [choice.node for choice in choices]
        if not self._show_all:
            for choice, keys in zip(choices, chosen, strict=True):
                choice.block.settle(choice.pool, choice.shown, keys)
        choices.clear()
        return []

    def _usages(self, blocks: Sequence[PoolBlock]) -> list[BlockstoreUsageKey]:
        found = self._loader.children([(each.holder, [each.child]) for each in blocks])
        return [usage_key for (usage_key,) in found]

    def _first_choice(self, node: Node) -> _Choice:
        block: ChoosingBlock = self._make(node)
        pool = gather(self._loader, node.found, node.parsed)
        if self._show_all:
            return _Choice(node, block, pool, pool.blocks[: block.shown_to_authors])
        if block.response_type:
            pool = answered_by(self._loader, pool, block.response_type)
        return _Choice(node, block, pool, block.choose(pool))

    def _broken(self, blocks: Sequence[PoolBlock]) -> list[PoolBlock]:
        """Return those that are not there; authors are shown that they are not."""
        if self._show_all:
            return []
        found = self._loader.digests([(each.holder, [each.child]) for each in blocks])
        return [each for each, (digest,) in zip(blocks, found, strict=True) if digest is None]


@frozen(eq=False)
class _Choice:
    """What a block has chosen.

    Attributes:
        pool: What it has chosen from.
    """

    node: Node
    block: ChoosingBlock
    pool: Pool
    shown: tuple[PoolBlock, ...]

    def again_without(self, broken: Sequence[PoolBlock]) -> _Choice:
        """Return what it chooses if some blocks are not there, which it had chosen."""
        if not any(each in broken for each in self.shown):
            return self
        pool = self.pool.without(broken)
        return evolve(self, pool=pool, shown=self.block.choose(pool))
