"""State in the tables of the platform: what its own store keeps for courses, it keeps for us.

It is asked for by way of the platform's ``FieldDataCache`` and ``DjangoKeyValueStore``, so that all
that hangs on them there (history, signals, grades) works for our blocks, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, ClassVar

from attrs import frozen
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from xblock.fields import Scope, ScopeIds
from xblock.runtime import KeyValueStore

from openedx_blockstore_xblock.block_classes import find_class
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.plain import plain
from openedx_blockstore_xblock.state.base import StateStore
from openedx_blockstore_xblock.state_keys import BlockstoreStateKey

_OF_BLOCKS = (Scope.user_state, Scope.user_state_summary)


@frozen
class _Described:
    """As much of a block as the platform's cache looks at."""

    scope_ids: ScopeIds
    fields: Mapping[str, Any]
    entry_point: str = "xblock.v1"


class PlatformStateStore(StateStore):
    """The fields of one user in the platform's ``StudentModule`` and the tables beside it."""

    #: The platform's module with ``FieldDataCache`` and ``DjangoKeyValueStore``.
    data_module: ClassVar[str] = "lms.djangoapps.courseware.model_data"
    #: The platform's module with ``StudentModule``.
    models_module: ClassVar[str] = "lms.djangoapps.courseware.models"

    def __init__(self, user_id: int) -> None:
        super().__init__(user_id)
        self._module = import_module(self.data_module)
        self._user = get_user_model()._default_manager.get(pk=user_id)  # noqa: SLF001 - Django's own name
        self._caches: dict[BlockstoreContextKey, Any] = {}
        self._known: set[BlockstoreStateKey] = set()

    @classmethod
    def check(cls) -> None:
        """Make sure that there is a platform."""
        for name in (cls.data_module, cls.models_module):
            try:
                import_module(name)
            except ImportError as error:
                raise ImproperlyConfigured(
                    f"STATE_STORE keeps state in the platform's tables, and there is no {name} "
                    f"here ({error}). Leave the setting out where there is no LMS."
                ) from error

    @classmethod
    def reset(cls, usage_key: BlockstoreUsageKey, *, user_id: int) -> bool:
        """Forget what a user has left in a block."""
        models = import_module(cls.models_module)
        deleted, _by_model = models.StudentModule.objects.filter(
            student_id=user_id,
            course_id=usage_key.context_key,
            module_state_key=BlockstoreStateKey.of(usage_key),
        ).delete()
        return bool(deleted)

    def prefetch(self, usage_keys: Iterable[BlockstoreUsageKey]) -> None:
        """Let the platform's cache read what there is, for all blocks of a context at a time."""
        by_context: dict[BlockstoreContextKey, dict[BlockstoreStateKey, _Described]] = {}
        for usage_key in usage_keys:
            key = BlockstoreStateKey.of(usage_key)
            if key not in self._known:
                by_context.setdefault(key.context_key, {})[key] = self._described(key)
        for context_key, blocks in by_context.items():
            self._cache(context_key).add_blocks_to_cache(list(blocks.values()))
            self._known.update(blocks)

    def get(self, key: KeyValueStore.Key) -> Any:
        """Return the value of a field.

        Raises:
            KeyError: It was never set.
        """
        store, mapped = self._store(key)
        return store.get(mapped)

    def has(self, key: KeyValueStore.Key) -> bool:
        """Tell whether a field was set."""
        store, mapped = self._store(key)
        return bool(store.has(mapped))

    def set(self, key: KeyValueStore.Key, value: Any) -> None:
        """Write one field."""
        self.set_many({key: value})

    def set_many(self, update_dict: Mapping[KeyValueStore.Key, Any]) -> None:
        """Write fields."""
        by_context: dict[BlockstoreContextKey, dict[KeyValueStore.Key, Any]] = {}
        for key, value in update_dict.items():
            context_key, mapped = self._mapped(key)
            by_context.setdefault(context_key, {})[mapped] = plain(value)
        for context_key, values in by_context.items():
            self._module.DjangoKeyValueStore(self._cache(context_key)).set_many(values)

    def delete(self, key: KeyValueStore.Key) -> None:
        """Leave a field to its default again."""
        store, mapped = self._store(key)
        store.delete(mapped)

    def _store(self, key: KeyValueStore.Key) -> tuple[Any, KeyValueStore.Key]:
        context_key, mapped = self._mapped(key)
        return self._module.DjangoKeyValueStore(self._cache(context_key)), mapped

    def _mapped(self, key: KeyValueStore.Key) -> tuple[BlockstoreContextKey, KeyValueStore.Key]:
        """Return the context of a key, and the key as the platform's tables have it."""
        if key.scope not in _OF_BLOCKS:
            # Of a user alone, so that any context does.
            return next(iter(self._caches), GLOBAL_CONTEXT), key
        usage_key = key.block_scope_id
        self.prefetch([usage_key])
        return usage_key.context_key, key._replace(block_scope_id=BlockstoreStateKey.of(usage_key))

    def _cache(self, context_key: BlockstoreContextKey) -> Any:
        if context_key not in self._caches:
            self._caches[context_key] = self._module.FieldDataCache([], context_key, self._user)
        return self._caches[context_key]

    def _described(self, key: BlockstoreStateKey) -> _Described:
        block_class = find_class(key.block_type)
        ids = ScopeIds(self.user_id, key.block_type, key, key)
        return _Described(ids, block_class.fields if block_class is not None else {})
