"""Authored fields as XBlock reads and writes them, each block's for itself."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from xblock.core import XBlock
from xblock.exceptions import InvalidScopeError
from xblock.field_data import FieldData

from openedx_blockstore_xblock.authored.parsed import ParsedBlock, is_authored

_DELETED = object()


@frozen
class GivenSettings:
    """What is set for a block outside of its own element, by name, as JSON has it.

    Attributes:
        own: Said of the block itself, in place of what its element has.
        inherited: In place of the defaults of its class.
    """

    own: Mapping[str, Any] = field(factory=dict)
    inherited: Mapping[str, Any] = field(factory=dict)


class AuthoredFieldData(FieldData):  # type: ignore[misc]
    """The authored fields of the blocks of one runtime, by usage.

    What is set stays here until the runtime saves it. No value is shared with anybody: neither with
    the block that has read or written it, nor with other runtimes that read the same file.
    """

    def __init__(self) -> None:
        self._parsed: dict[Any, ParsedBlock] = {}
        self._given: dict[Any, GivenSettings] = {}
        self._changes: dict[Any, dict[str, Any]] = {}
        self._saved: set[Any] = set()

    def add(self, usage_key: Any, parsed: ParsedBlock, given: GivenSettings | None = None) -> None:
        """Say what has been written of a block.

        Args:
            given: What is set elsewhere, in place of what is written, and of defaults.
        """
        if usage_key not in self._saved:
            self._parsed[usage_key] = parsed
        self._given[usage_key] = given or GivenSettings()

    def child_types(self, usage_key: Any) -> list[str]:
        """Return the types of a block's children, guessed by the names of their files."""
        parsed = self._parsed.get(usage_key)
        return [child.block_type for child in parsed.children] if parsed is not None else []

    def changed(self, block: XBlock) -> list[str]:
        """Return the fields that were set since the block was read, or since it was last saved."""
        return sorted(self._changes.get(block.scope_ids.usage_id, ()))

    def wanted(self, block: XBlock) -> dict[str, Any]:
        """Return all fields that are to be written; what is set elsewhere is not."""
        usage_key = block.scope_ids.usage_id
        values = self._parsed[usage_key].values()
        for name, value in self._changes.get(usage_key, {}).items():
            if value is _DELETED:
                values.pop(name, None)
            else:
                values[name] = copy.deepcopy(value)
        return values

    def saved(self, block: XBlock, parsed: ParsedBlock) -> None:
        """Take what was set for saved: this is what is written now, whatever was loaded before."""
        self._saved.add(block.scope_ids.usage_id)
        self._parsed[block.scope_ids.usage_id] = parsed
        self.forget_changes(block)

    def forget_changes(self, block: XBlock) -> None:
        """Take what was set for never meant."""
        self._changes.pop(block.scope_ids.usage_id, None)

    def knows(self, usage_key: Any) -> bool:
        """Tell whether it was said what has been written of a block."""
        return usage_key in self._parsed

    def get(self, block: XBlock, name: str) -> Any:
        """Return a field's value, as JSON has it.

        Raises:
            KeyError: Nobody has set it.
        """
        _check_scope(block, name)
        usage_key = block.scope_ids.usage_id
        changed = self._changes.get(usage_key, {})
        if name in changed:
            if changed[name] is _DELETED:
                raise KeyError(name)
            return copy.deepcopy(changed[name])
        if name in self._given[usage_key].own:
            return copy.deepcopy(self._given[usage_key].own[name])
        return self._parsed[usage_key].get(name)

    def default(self, block: XBlock, name: str) -> Any:
        """Return what a block has in a field that nobody has set for it: what it inherits.

        Raises:
            KeyError: It inherits nothing there.
        """
        return copy.deepcopy(self._given[block.scope_ids.usage_id].inherited[name])

    def set(self, block: XBlock, name: str, value: Any) -> None:
        """Set a field; a value that it has already is no change."""
        try:
            unchanged = self.get(block, name) == value
        except KeyError:
            unchanged = False
        if not unchanged:
            changes = self._changes.setdefault(block.scope_ids.usage_id, {})
            changes[name] = copy.deepcopy(value)

    def delete(self, block: XBlock, name: str) -> None:
        """Leave a field to its default."""
        _check_scope(block, name)
        self._changes.setdefault(block.scope_ids.usage_id, {})[name] = _DELETED


def _check_scope(block: XBlock, name: str) -> None:
    field = block.fields[name]
    if not is_authored(field):
        raise InvalidScopeError(field.scope)
