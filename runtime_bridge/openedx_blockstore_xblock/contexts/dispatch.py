"""All kinds of learning contexts together: each key goes to the kind that knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openedx_blockstore_xblock.contexts.base import LearningContextKind
from openedx_blockstore_xblock.contexts.everywhere import GLOBAL_CONTEXT, GlobalContexts
from openedx_blockstore_xblock.contexts.rows import StoredContexts
from openedx_blockstore_xblock.data import MountData
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey


class AllContexts(LearningContextKind):
    """The global context, and those that have rows."""

    def __init__(self) -> None:
        self._everywhere = GlobalContexts()
        self._rows = StoredContexts()

    def mount(self, context_key: BlockstoreContextKey, alias: str) -> MountData:
        """Return what the context has under the alias."""
        return self._kind(context_key).mount(context_key, alias)

    def settings(
        self,
        context_key: BlockstoreContextKey,
        usage_keys: Iterable[BlockstoreUsageKey],
    ) -> Mapping[BlockstoreUsageKey, Mapping[str, Any]]:
        """Return the values that the context sets."""
        return self._kind(context_key).settings(context_key, usage_keys)

    def _kind(self, context_key: BlockstoreContextKey) -> LearningContextKind:
        return self._everywhere if context_key == GLOBAL_CONTEXT else self._rows


#: The one of this process; it keeps nothing.
ALL_CONTEXTS = AllContexts()
