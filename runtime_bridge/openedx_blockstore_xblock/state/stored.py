"""The state of users who have an account: in tables, read for a whole unit at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen
from django.db import models, transaction
from xblock.exceptions import KeyValueMultiSaveError
from xblock.fields import Scope
from xblock.runtime import KeyValueStore

from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.models import BlockState, BlockSummary, UserInfo, UserPreference
from openedx_blockstore_xblock.plain import plain

_IN_ONE_QUERY = 500


@frozen
class _Row:
    """Where the fields of one key of XBlock's are: a table, and what identifies a row of it."""

    model: type[models.Model]
    identity: tuple[tuple[str, Any], ...]


class StateStore(KeyValueStore):  # type: ignore[misc]
    """The fields of one user. Rows are read when first asked for, and written when XBlock saves.

    Writing changes those fields of a row that are given and no others, under the row's lock: two
    requests that save different fields of one block lose nothing.
    """

    def __init__(self, user_id: int) -> None:
        self._user_id = user_id
        self._rows: dict[_Row, dict[str, Any]] = {}

    def prefetch(self, usage_keys: Iterable[BlockstoreUsageKey]) -> None:
        """Read what there is for blocks of one context, with one query for each kind of state."""
        keys = list(usage_keys)
        for context_key in {str(key.context_key) for key in keys}:
            here = [key for key in keys if str(key.context_key) == context_key]
            digests = sorted({key.block_digest for key in here})
            self._read_many(
                [self._state_row(context_key, digest) for digest in digests], "block_digest"
            )
            self._read_many(
                [self._summary_row(context_key, digest) for digest in digests], "block_digest"
            )
        types = sorted({key.block_type for key in keys})
        self._read_many([self._preference_row(each) for each in types], "block_type")
        self._read_many([self._info_row()], "user_id")

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
            with transaction.atomic():
                for row, values in by_row.items():
                    written[row] = self._write(row, values)
        except Exception as error:
            raise KeyValueMultiSaveError([]) from error
        self._rows.update(written)

    def delete(self, key: KeyValueStore.Key) -> None:
        """Leave a field to its default again."""
        row = self._row(key)
        with transaction.atomic():
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
        identity = (("context_key", context_key), ("user_id", self._user_id))
        return _Row(BlockState, (*identity, ("block_digest", digest)))

    @staticmethod
    def _summary_row(context_key: str, digest: str) -> _Row:
        return _Row(BlockSummary, (("context_key", context_key), ("block_digest", digest)))

    def _preference_row(self, block_type: str) -> _Row:
        return _Row(UserPreference, (("user_id", self._user_id), ("block_type", block_type)))

    def _info_row(self) -> _Row:
        return _Row(UserInfo, (("user_id", self._user_id),))

    def _fields(self, row: _Row) -> dict[str, Any]:
        if row not in self._rows:
            self._read_many([row], row.identity[-1][0])
        return self._rows[row]

    def _read_many(self, rows: list[_Row], varying: str) -> None:
        """Read rows of one table that differ in one column."""
        missing = [row for row in rows if row not in self._rows]
        for start in range(0, len(missing), _IN_ONE_QUERY):
            some = missing[start : start + _IN_ONE_QUERY]
            common = {name: value for name, value in some[0].identity if name != varying}
            wanted = {dict(row.identity)[varying]: row for row in some}
            found = some[0].model._default_manager.filter(  # noqa: SLF001 - Django's own name
                **common, **{f"{varying}__in": list(wanted)}
            )
            self._rows.update({row: {} for row in some})
            for value, fields in found.values_list(varying, "fields"):
                self._rows[wanted[value]] = fields

    @staticmethod
    def _write(row: _Row, values: Mapping[str, Any], *, without: str = "") -> dict[str, Any]:
        """Change some fields of a row under its lock; return all of them."""
        manager: models.Manager[Any] = row.model._default_manager  # noqa: SLF001 - Django's name
        entry, _created = manager.select_for_update().get_or_create(**dict(row.identity))
        fields = {name: each for name, each in entry.fields.items() if name != without}
        entry.fields = {**fields, **values}
        entry.save()
        return copy.deepcopy(dict(entry.fields))
