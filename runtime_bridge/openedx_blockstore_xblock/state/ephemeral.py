"""The state of whoever has no account, or only tries something out: in a cache, for a time."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.cache import cache
from xblock.runtime import KeyValueStore

from openedx_blockstore_xblock.plain import plain

#: Seconds that it is kept after it was last written.
_SECONDS = 24 * 3600

_PREFIX = "blockstore-ephemeral"


class EphemeralStore(KeyValueStore):  # type: ignore[misc]
    """The fields of one visitor.

    What learners share (the counts of a poll) is the visitor's own here: whoever has no account can
    not change what others see.
    """

    def __init__(self, visitor: str) -> None:
        self._visitor = visitor

    def get(self, key: KeyValueStore.Key) -> Any:
        """Return the value of a field.

        Raises:
            KeyError: It was never set, or long ago.
        """
        found = cache.get(self._name(key))
        if found is None:
            raise KeyError(key.field_name)
        return found[0]

    def has(self, key: KeyValueStore.Key) -> bool:
        """Tell whether a field was set."""
        return cache.get(self._name(key)) is not None

    def set(self, key: KeyValueStore.Key, value: Any) -> None:
        """Write one field."""
        # In a tuple, so that None is a value like others.
        cache.set(self._name(key), (plain(value),), _SECONDS)

    def set_many(self, update_dict: dict[KeyValueStore.Key, Any]) -> None:
        """Write fields."""
        values = {self._name(key): (plain(value),) for key, value in update_dict.items()}
        cache.set_many(values, _SECONDS)

    def delete(self, key: KeyValueStore.Key) -> None:
        """Leave a field to its default again."""
        cache.delete(self._name(key))

    def _name(self, key: KeyValueStore.Key) -> str:
        block = key.block_scope_id
        if hasattr(block, "block_digest"):
            block = f"{block.context_key}/{block.block_digest}"
        text = repr((self._visitor, str(key.scope), str(block), key.field_name, key.block_family))
        return f"{_PREFIX}:{hashlib.sha256(text.encode()).hexdigest()}"
