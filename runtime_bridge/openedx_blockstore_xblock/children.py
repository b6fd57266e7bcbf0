"""What XBlock asks about keys, children and parents, answered by the tree of a runtime."""

from __future__ import annotations

from typing import Any, NoReturn

from xblock.core import XBlock
from xblock.field_data import FieldData
from xblock.runtime import IdReader

from openedx_blockstore_xblock.exceptions import ReadOnlyBlock
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.tree import BlockTree


class KeyReader(IdReader):  # type: ignore[misc]
    """What XBlock asks about keys, as far as anybody can answer."""

    def get_definition_id(self, usage_id: BlockstoreUsageKey) -> BlockstoreUsageKey:
        """Return a key that tells the type of a usage's block."""
        return usage_id

    def get_block_type(self, def_id: Any) -> str:
        """Return the type of a block."""
        return str(def_id.block_type)

    def get_usage_id_from_aside(self, aside_id: Any) -> NoReturn:
        """There are no asides."""
        raise NotImplementedError

    def get_definition_id_from_aside(self, aside_id: Any) -> NoReturn:
        """There are no asides."""
        raise NotImplementedError

    def get_aside_type_from_usage(self, aside_id: Any) -> NoReturn:
        """There are no asides."""
        raise NotImplementedError

    def get_aside_type_from_definition(self, aside_id: Any) -> NoReturn:
        """There are no asides."""
        raise NotImplementedError


class ChildrenFieldData(FieldData):  # type: ignore[misc]
    """The usages of children, found when they are asked for, and of the parent.

    The parent is the block that has asked for this one, else the one that the tree knows.
    """

    def __init__(self, tree: BlockTree) -> None:
        self._tree = tree

    def get(self, block: XBlock, name: str) -> Any:
        """Return the children, or the parent.

        Raises:
            KeyError: There is no parent, as far as anybody knows.
        """
        usage_key = block.scope_ids.usage_id
        if name == "children":
            return self._tree.children(usage_key)
        parent = block._parent_block_id or self._tree.parent(usage_key)  # noqa: SLF001 - XBlock keeps it there and nowhere else
        if parent is None:
            raise KeyError(name)
        return parent

    def set(self, block: XBlock, name: str, _value: Any) -> NoReturn:
        """Refuse: children stand in the OLX of their parent, and are changed there."""
        raise ReadOnlyBlock(block.scope_ids.usage_id, [name])

    def delete(self, block: XBlock, name: str) -> NoReturn:
        """Refuse, likewise."""
        raise ReadOnlyBlock(block.scope_ids.usage_id, [name])
