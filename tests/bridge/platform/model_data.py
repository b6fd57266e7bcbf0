"""The two classes through which the platform's tables are read and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from opaque_keys.edx.keys import LearningContextKey, UsageKey
from xblock.fields import Scope
from xblock.runtime import KeyValueStore

from tests.bridge.platform import models


class FieldDataCache:
    """What is known of some blocks for one user in one context. It reads nothing by itself."""

    def __init__(
        self,
        blocks: Iterable[Any],
        course_id: LearningContextKey,
        user: Any,
        asides: Any = None,
        read_only: bool = False,
    ) -> None:
        assert isinstance(course_id, LearningContextKey)
        self.course_id = course_id
        self.user = user
        self.fields: dict[tuple[Any, ...], Any] = {}
        self.add_blocks_to_cache(blocks)

    def add_blocks_to_cache(self, blocks: Iterable[Any]) -> None:
        """Read what there is for blocks, by their usages, types and fields."""
        for block in blocks:
            scopes = {field.scope for field in block.fields.values()}
            usage_key, block_type = block.scope_ids.usage_id, block.scope_ids.block_type
            if Scope.user_state in scopes:
                rows = models.StudentModule.objects.filter(
                    student=self.user, course_id=str(self.course_id), module_state_key=usage_key
                )
                for row in rows:
                    for name, value in json.loads(row.state or "{}").items():
                        self.fields[Scope.user_state, usage_key, name] = value
            others: tuple[tuple[Any, Any, Any], ...] = (
                (
                    Scope.user_state_summary,
                    usage_key,
                    models.XModuleUserStateSummaryField.objects.filter(usage_id=usage_key),
                ),
                (
                    Scope.preferences,
                    block_type,
                    models.XModuleStudentPrefsField.objects.filter(
                        student=self.user, module_type=f"{block.entry_point}:{block_type}"
                    ),
                ),
                (
                    Scope.user_info,
                    None,
                    models.XModuleStudentInfoField.objects.filter(student=self.user),
                ),
            )
            for scope, about, found in others:
                if scope in scopes:
                    for row in found:
                        self.fields[scope, about, row.field_name] = json.loads(row.value)


class DjangoKeyValueStore(KeyValueStore):  # type: ignore[misc]
    """Reads out of a cache, and writes into the tables."""

    def __init__(self, field_data_cache: FieldDataCache) -> None:
        self._cache = field_data_cache

    def get(self, key: KeyValueStore.Key) -> Any:
        """Return a value, or raise KeyError."""
        return self._cache.fields[self._name(key)]

    def has(self, key: KeyValueStore.Key) -> bool:
        """Tell whether a field was set."""
        return self._name(key) in self._cache.fields

    def set(self, key: KeyValueStore.Key, value: Any) -> None:
        """Write one field."""
        self.set_many({key: value})

    def set_many(self, update_dict: Mapping[KeyValueStore.Key, Any]) -> None:
        """Write fields."""
        for key, value in update_dict.items():
            self._cache.fields[self._name(key)] = value
        for key in update_dict:
            self._write(key)

    def delete(self, key: KeyValueStore.Key) -> None:
        """Leave a field to its default again."""
        del self._cache.fields[self._name(key)]
        self._write(key)

    def _name(self, key: KeyValueStore.Key) -> tuple[Any, ...]:
        if key.scope in {Scope.user_state, Scope.user_state_summary}:
            # What stands in a column must come back as a key.
            assert UsageKey.from_string(str(key.block_scope_id)) == key.block_scope_id
            assert len(str(key.block_scope_id)) <= 255
        if key.scope != Scope.user_state_summary:
            assert key.user_id == self._cache.user.pk
        return (key.scope, key.block_scope_id, key.field_name)

    def _write(self, key: KeyValueStore.Key) -> None:
        fields, cache = self._cache.fields, self._cache
        if key.scope == Scope.user_state:
            state = {
                name: value
                for (scope, about, name), value in fields.items()
                if (scope, about) == (key.scope, key.block_scope_id)
            }
            models.StudentModule.objects.update_or_create(
                student=cache.user,
                course_id=str(cache.course_id),
                module_state_key=str(key.block_scope_id),
                defaults={
                    "state": json.dumps(state),
                    "module_type": key.block_scope_id.block_type[:32],
                },
            )
            return
        value = json.dumps(fields.get(self._name(key)))
        about: dict[str, Any] = {"field_name": key.field_name}
        manager: Any = models.XModuleUserStateSummaryField.objects
        if key.scope == Scope.user_state_summary:
            about["usage_id"] = str(key.block_scope_id)
        elif key.scope == Scope.preferences:
            manager = models.XModuleStudentPrefsField.objects
            about |= {
                "student": cache.user,
                "module_type": f"{key.block_family}:{key.block_scope_id}",
            }
        else:
            manager = models.XModuleStudentInfoField.objects
            about["student"] = cache.user
        manager.update_or_create(**about, defaults={"value": value})
