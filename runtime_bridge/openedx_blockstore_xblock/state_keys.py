"""Keys under which the platform's tables keep the state of blocks."""

from __future__ import annotations

import re
from typing import Any, Self

from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKeyV2

from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey

_BLOCK_TYPE = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
_BLOCK_ID = re.compile(r"[0-9a-f]{32}")


class BlockstoreStateKey(UsageKeyV2):
    """A block in a context, whatever its version and place.

    ``blockstore-state:{context}:{block_type}:{block_id}``. Usages of the same block have the same,
    and it fits into the platform's columns of 255 characters, which usages need not.
    """

    CANONICAL_NAMESPACE = "blockstore-state"
    KEY_FIELDS = ("context_key", "block_type", "block_id")
    __slots__ = KEY_FIELDS
    CHECKED_INIT = False

    context_key: BlockstoreContextKey
    block_type: str
    block_id: str

    def __init__(self, context_key: BlockstoreContextKey, block_type: str, block_id: str) -> None:
        if not (_BLOCK_TYPE.fullmatch(block_type) and _BLOCK_ID.fullmatch(block_id)):
            raise InvalidKeyError(type(self), f"{block_type}:{block_id}")
        super().__init__(  # type: ignore[no-untyped-call]
            context_key=context_key, block_type=block_type, block_id=block_id
        )

    @classmethod
    def of(cls, usage_key: BlockstoreUsageKey) -> Self:
        """Return the key of the block of a usage."""
        return cls(usage_key.context_key, usage_key.block_type, usage_key.block_id)

    @property
    def course_key(self) -> BlockstoreContextKey:  # type: ignore[override]
        """Return the context, for whoever knows no other than courses."""
        return self.context_key

    def map_into_course(self, course_key: Any) -> Self:
        """Return this key; it is of one context only.

        Raises:
            ValueError: The other context is not this one.
        """
        if course_key == self.context_key:
            return self
        raise ValueError(f"{self} is not of {course_key}.")

    def _to_string(self) -> str:
        return f"{self.context_key.context_id}:{self.block_type}:{self.block_id}"

    @classmethod
    def _from_string(cls, serialized: str) -> Self:
        try:
            context_id, block_type, block_id = serialized.split(":")
            return cls(BlockstoreContextKey(context_id), block_type, block_id)
        except ValueError as error:
            raise InvalidKeyError(cls, serialized) from error
