"""The state of users who have an account: in tables, read for a whole unit at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen
from django.db import models
from django.db.models import QuerySet, Value
from django.db.models.functions import Cast
from xblock.exceptions import KeyValueMultiSaveError
from xblock.fields import Scope
from xblock.runtime import KeyValueStore

from openedx_blockstore.plugin_tools import write_transaction
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.models import BlockState, BlockSummary, UserInfo, UserPreference
from openedx_blockstore_xblock.plain import plain
from openedx_blockstore_xblock.state.base import StateStore

_IN_ONE_QUERY = 500
_MAX_TEXT = 255


@frozen
class _Row:
    """Where the fields of one key of XBlock's are: a table, and what identifies a row of it."""

    model: type[models.Model]
    identity: tuple[tuple[str, Any], ...]

    @property
    def group(self) -> tuple[str, ...]:
        """What it has in common with others that one condition finds, as text."""
        return (self.model.__name__, *(str(value) for _name, value in self.identity[:-1]))

    @property
    def name(self) -> tuple[str, str]:
        """What tells it apart from all others of one user."""
        return "/".join(self.group), str(self.identity[-1][1])


class TableStateStore(StateStore):
    """The fields of one user, in the bridge's own tables.

    Rows are read when first asked for, and written when XBlock saves.

    Writing changes those fields of a row that are given and no others, under the row's lock: two
    requests that save different fields of one block lose nothing.
    """

    def __init__(self, user_id: int) -> None:
        super().__init__(user_id)
        self._rows: dict[_Row, dict[str, Any]] = {}

    @classmethod
    def reset(cls, usage_key: BlockstoreUsageKey, *, user_id: int) -> bool:
        """Forget what a user has left in a block."""
        deleted, _by_model = BlockState.objects.filter(
            context_key=str(usage_key.context_key),
            user_id=user_id,
            block_digest=usage_key.block_digest,
        ).delete()
        return bool(deleted)

    def prefetch(self, usage_keys: Iterable[BlockstoreUsageKey]) -> None:
        """Read what there is for blocks, of all kinds at a time."""
        rows: list[_Row] = []
        for key in usage_keys:
            context_key = str(key.context_key)
            rows.append(self._state_row(context_key, key.block_digest))
            rows.append(self._summary_row(context_key, key.block_digest))
            rows.append(self._preference_row(key.block_type))
        self._read_many([*rows, self._info_row()])

    def get(self, key: KeyValueStore.Key) -> Any:
        """Return the value of a field, the caller's own.

        Raises:
            KeyError: It was never set.
        """
        return copy.deepcopy(self._fields(self._row(key))[key.field_name])

    def has(self, key: KeyValueStore.Key) -> bool:
        """Tell whether a field was set."""
        return key.field_name in self._fields(self._row(key))

    def set(self, key: KeyValueStore.Key, value: Any) -> None:
        """Write one field."""
        self.set_many({key: value})

    def set_many(self, update_dict: Mapping[KeyValueStore.Key, Any]) -> None:
        """Write fields, all of them or none.

        Raises:
            KeyValueMultiSaveError: The database refused them.
        """
        by_row: dict[_Row, dict[str, Any]] = {}
        for key, value in update_dict.items():
            by_row.setdefault(self._row(key), {})[key.field_name] = plain(value)
        written: dict[_Row, dict[str, Any]] = {}
        try:
            with write_transaction():
                for row, values in by_row.items():
                    written[row] = self._write(row, values)
        except Exception as error:
            raise KeyValueMultiSaveError([]) from error
        self._rows.update(written)

    def delete(self, key: KeyValueStore.Key) -> None:
        """Leave a field to its default again."""
        row = self._row(key)
        with write_transaction():
            fields = self._write(row, {}, without=key.field_name)
        self._rows[row] = fields

    # Rows ----------------------------------------------------------------------------------------

    def _row(self, key: KeyValueStore.Key) -> _Row:
        if key.scope == Scope.user_state:
            usage_key = key.block_scope_id
            return self._state_row(str(usage_key.context_key), usage_key.block_digest)
        if key.scope == Scope.user_state_summary:
            usage_key = key.block_scope_id
            return self._summary_row(str(usage_key.context_key), usage_key.block_digest)
        if key.scope == Scope.preferences:
            return self._preference_row(str(key.block_scope_id))
        return self._info_row()

    def _state_row(self, context_key: str, digest: str) -> _Row:
        identity = (("context_key", context_key), ("user_id", self.user_id))
        return _Row(BlockState, (*identity, ("block_digest", digest)))

    @staticmethod
    def _summary_row(context_key: str, digest: str) -> _Row:
        return _Row(BlockSummary, (("context_key", context_key), ("block_digest", digest)))

    def _preference_row(self, block_type: str) -> _Row:
        return _Row(UserPreference, (("user_id", self.user_id), ("block_type", block_type)))

    def _info_row(self) -> _Row:
        return _Row(UserInfo, (("user_id", self.user_id),))

    def _fields(self, row: _Row) -> dict[str, Any]:
        if row not in self._rows:
            self._read_many([row])
        return self._rows[row]

    def _read_many(self, rows: Iterable[_Row]) -> None:
        """Read rows of any of the tables, with one statement for many."""
        missing = list(dict.fromkeys(row for row in rows if row not in self._rows))
        for start in range(0, len(missing), _IN_ONE_QUERY):
            some = missing[start : start + _IN_ONE_QUERY]
            self._rows.update({row: {} for row in some})
            wanted = {row.name: row for row in some}
            for name, value, fields in _select(some):
                self._rows[wanted[name, value]] = fields

    @staticmethod
    def _write(row: _Row, values: Mapping[str, Any], *, without: str = "") -> dict[str, Any]:
        """Change some fields of a row under its lock; return all of them."""
        manager: models.Manager[Any] = row.model._default_manager  # noqa: SLF001 - Django's name
        entry, _created = manager.select_for_update().get_or_create(**dict(row.identity))
        fields = {name: each for name, each in entry.fields.items() if name != without}
        entry.fields = {**fields, **values}
        entry.save()
        return copy.deepcopy(dict(entry.fields))


def _select(rows: Iterable[_Row]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Return the group, the varying column and the fields of those rows that are there.

    All tables are asked with one statement.
    """
    groups: dict[tuple[str, ...], list[_Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    parts = [_part("/".join(group), some) for group, some in groups.items()]
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]


def _part(group: str, rows: Sequence[_Row]) -> QuerySet[Any, Any]:
    *common, (varying, _value) = rows[0].identity
    manager: models.Manager[Any] = rows[0].model._default_manager  # noqa: SLF001 - Django's name
    found = manager.filter(
        **dict(common), **{f"{varying}__in": [row.identity[-1][1] for row in rows]}
    )
    text = models.CharField(max_length=_MAX_TEXT)
    marked: QuerySet[Any, Any] = found.annotate(
        group=Value(group, output_field=text), varying=Cast(varying, output_field=text)
    ).values_list("group", "varying", "fields")
    return marked
