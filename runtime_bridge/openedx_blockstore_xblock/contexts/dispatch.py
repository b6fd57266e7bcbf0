"""All kinds of learning contexts together: each key goes to the kind that knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from openedx_blockstore.exceptions import BlockstoreError, PluginFailed
from openedx_blockstore.plugin_rest import User
from openedx_blockstore.plugin_tools import plugins_of
from openedx_blockstore_xblock.contexts.base import GROUP, LearningContextKind
from openedx_blockstore_xblock.contexts.everywhere import GLOBAL_CONTEXT, GlobalContexts
from openedx_blockstore_xblock.contexts.rows import StoredContexts
from openedx_blockstore_xblock.data import LearningContextData, MountData
from openedx_blockstore_xblock.exceptions import LearningContextNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey

T = TypeVar("T")


class AllContexts(LearningContextKind):
    """The global context, those that have rows, and those of other packages' kinds.

    Whatever another package raises that is no error of Blockstore's is a failure of that plugin.
    """

    def __init__(self) -> None:
        self._everywhere = GlobalContexts()
        self._rows = StoredContexts()

    def describe(self, context_key: BlockstoreContextKey) -> LearningContextData:
        """Return the context."""
        return self._ask(context_key, lambda kind: kind.describe(context_key))

    def mount(self, context_key: BlockstoreContextKey, alias: str) -> MountData:
        """Return what the context has under the alias."""
        return self._ask(context_key, lambda kind: kind.mount(context_key, alias))

    def settings(
        self,
        context_key: BlockstoreContextKey,
        usage_keys: Iterable[BlockstoreUsageKey],
    ) -> Mapping[BlockstoreUsageKey, Mapping[str, Any]]:
        """Return the values that the context sets."""
        return self._ask(context_key, lambda kind: kind.settings(context_key, usage_keys))

    def may_view(self, user: User, context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Tell whether a user may learn from what is mounted."""
        return self._ask(context_key, lambda kind: kind.may_view(user, context_key, mount))

    def visible_mounts(
        self, user: User, context_key: BlockstoreContextKey
    ) -> tuple[MountData, ...]:
        """Return those mounts that a user may view."""
        return self._ask(context_key, lambda kind: kind.visible_mounts(user, context_key))

    def may_author(self, user: User, context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Tell whether a user may change what is mounted."""
        return self._ask(context_key, lambda kind: kind.may_author(user, context_key, mount))

    def may_administer(self, user: User, context_key: BlockstoreContextKey) -> bool:
        """Tell whether a user may change the context."""
        return self._ask(context_key, lambda kind: kind.may_administer(user, context_key))

    def _ask(self, context_key: BlockstoreContextKey, ask: Callable[[LearningContextKind], T]) -> T:
        kind = self._kind(context_key)
        try:
            return ask(kind)
        except BlockstoreError:
            raise
        except Exception as error:
            if not context_key.kind:
                raise
            package = type(kind).__module__.partition(".")[0]
            reason = f"{type(error).__name__}: {error}"
            raise PluginFailed(GROUP, context_key.kind, package=package, reason=reason) from error

    def _kind(self, context_key: BlockstoreContextKey) -> LearningContextKind:
        if context_key == GLOBAL_CONTEXT:
            return self._everywhere
        if not context_key.kind:
            return self._rows
        found = plugins_of(LearningContextKind).get(context_key.kind)
        if found is None:
            raise LearningContextNotFound(context_key)
        return found


#: The one of this process; it keeps nothing.
ALL_CONTEXTS = AllContexts()
