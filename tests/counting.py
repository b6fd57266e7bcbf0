"""Counts what an operation costs: statements of the database, and requests to the storage."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.test.utils import override_settings

_TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


@define
class Cost:
    """What was done so far.

    Attributes:
        queries: The statements with their parameters, without those that begin and end
            transactions and savepoints.
        writes: Files written to the storage.
        reads: Files opened for reading.
        checks: Questions whether something is there, and listings.
        written: The names of the files written.
        read: The names of the files opened for reading.
    """

    queries: list[tuple[str, Any]] = field(factory=list)
    checks: int = 0
    written: list[str] = field(factory=list)
    read: list[str] = field(factory=list)

    @property
    def statements(self) -> int:
        """How many statements there were."""
        return len(self.queries)

    @property
    def writes(self) -> int:
        """How many files were written."""
        return len(self.written)

    @property
    def reads(self) -> int:
        """How many files were opened for reading."""
        return len(self.read)


# What is being counted at the moment, innermost last.
_counting: list[Cost] = []


class _CountingMixin(FileSystemStorage):
    """Counts what may cost a request on an object store."""

    def exists(self, name: str) -> bool:
        """Count a check."""
        _count_check()
        return super().exists(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Count a check."""
        _count_check()
        return super().listdir(path)

    def size(self, name: str) -> int:
        """Count a check."""
        _count_check()
        return super().size(name)

    def delete(self, name: str) -> None:
        """Count a check."""
        _count_check()
        super().delete(name)


class CountingObjectStorage(_CountingMixin):
    """A storage that counts its requests, and that Blockstore uses as it uses an object store.

    That is since it saves in a way of its own.
    """

    def _save(self, name: str, content: File[Any]) -> str:
        for cost in _counting:
            cost.written.append(name)
        return super()._save(name, content)  # type: ignore[misc, no-any-return]

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        for cost in _counting:
            cost.read.append(name)
        return super()._open(name, mode)  # type: ignore[misc, no-any-return]


class CountingFileSystemStorage(_CountingMixin):
    """A folder in which every file opened is counted, whoever opens it."""


def _count_check() -> None:
    for cost in _counting:
        cost.checks += 1


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Count the files that are opened below the storage's folder; never removed, idle mostly."""
    if event != "open" or not _counting or not isinstance(arguments[0], str):
        return
    storage = storages["openedx_blockstore"]
    if not isinstance(storage, CountingFileSystemStorage):
        return
    name = arguments[0].removeprefix(f"{storage.location}/")
    if name != arguments[0]:
        writing = arguments[2] & (os.O_WRONLY | os.O_RDWR)
        for cost in _counting:
            (cost.written if writing else cost.read).append(name)


sys.addaudithook(_audit)


@contextmanager
def counting() -> Iterator[Cost]:
    """Count what a block does, in this thread."""
    cost = Cost()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().upper().startswith(_TRANSACTIONS):
            cost.queries.append((sql, params))
        return execute(sql, params, many, context)

    _counting.append(cost)
    try:
        with connection.execute_wrapper(note):
            yield cost
    finally:
        _counting.remove(cost)


@contextmanager
def counted_storage(kind: str, location: str) -> Iterator[None]:
    """Let Blockstore store its bytes in a folder of which the requests are counted.

    Args:
        kind: ``files`` for the folder as it is, ``objects`` for the folder as any other storage.
        location: The folder.
    """
    cls = {"files": CountingFileSystemStorage, "objects": CountingObjectStorage}[kind]
    entry = {"BACKEND": f"{__name__}.{cls.__name__}", "OPTIONS": {"location": location}}
    with override_settings(STORAGES={**settings.STORAGES, "openedx_blockstore": entry}):
        yield
