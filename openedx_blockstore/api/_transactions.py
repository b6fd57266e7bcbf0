"""Transactions in which Blockstore writes, and the locks they take.

Locks are always taken in one order, the draft's row before its bundle's, so that two writers can
not wait for each other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TypeVar

from django.db import OperationalError, connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from openedx_blockstore.models import Bundle

ModelT = TypeVar("ModelT", bound=models.Model)

# MySQL's numbers and PostgreSQL's states for "deadlock" and "could not serialise": the transaction
# was undone, and the same one may well succeed when it is tried again.
_TRANSIENT = frozenset({1213, "40P01", "40001"})


def write_connection() -> BaseDatabaseWrapper:
    """Return the connection to the database that Blockstore writes to."""
    return connections[router.db_for_write(Bundle)]


@contextlib.contextmanager
def write_transaction() -> Iterator[None]:
    """Run a block in a transaction (inside a host's one: in a savepoint of it).

    On SQLite the transaction takes the lock for writing at once. A transaction that reads first and
    then wants to write would fail right away if somebody else wrote in between, however long the
    timeout for locks is.
    """
    connection = write_connection()
    immediate = connection.vendor == "sqlite" and not connection.in_atomic_block
    with contextlib.ExitStack() as stack:
        # Only for the beginning: what runs after the commit, at the end, begins its own.
        with _begin_immediate(connection) if immediate else contextlib.nullcontext():
            stack.enter_context(transaction.atomic(using=connection.alias))
        yield


@contextlib.contextmanager
def _begin_immediate(connection: BaseDatabaseWrapper) -> Iterator[None]:
    # Django has a setting for this from 5.1 on, but it is the host's, for all of its transactions.
    # The method is the one with which every supported Django begins a transaction on SQLite.
    def begin() -> None:
        connection.cursor().execute("BEGIN IMMEDIATE")

    connection._start_transaction_under_autocommit = begin  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        yield
    finally:
        del connection._start_transaction_under_autocommit  # type: ignore[attr-defined]  # noqa: SLF001


def locked(rows: models.QuerySet[ModelT]) -> models.QuerySet[ModelT]:
    """Return a query that locks the rows it finds until the transaction ends.

    Where the database can, others may still insert rows that refer to the locked ones.
    """
    features = write_connection().features
    return rows.select_for_update(
        # Only the rows themselves, not what is read along with them, where the database can.
        of=("self",) if features.has_select_for_update_of else (),
        no_key=features.has_select_for_no_key_update,
    )


def current(rows: models.QuerySet[ModelT]) -> models.QuerySet[ModelT]:
    """Return a query that sees rows as they are now; their draft or bundle is locked already.

    Otherwise, inside a host's transaction, MySQL's own isolation level would show them as they were
    when that began, and what others have written since would be taken for not there.
    """
    return locked(rows) if write_connection().savepoint_ids else rows


def is_transient(error: OperationalError) -> bool:
    """Tell whether the database undid a transaction that may succeed if it is tried again."""
    cause = error.__cause__
    return (bool(error.args) and error.args[0] in _TRANSIENT) or getattr(
        cause, "sqlstate", None
    ) in _TRANSIENT
