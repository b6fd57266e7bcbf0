"""Connections to SQLite files, each used by one thread at a time and never across a fork."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from attrs import define, field

from openedx_blockstore.plugin_api.search_backends import SearchUnavailable

ENGINE = "sqlite"

#: Idle connections that are kept to each file.
_KEPT = 4

_PRAGMAS = (
    # The indexer forgets what was written: it must not be lost with the power.
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16000",
)


@define
class Connections:
    """Connections to any number of files.

    Args:
        timeout: Seconds to wait for another writer.
    """

    timeout: float
    _idle: dict[Path, list[sqlite3.Connection]] = field(factory=dict, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _process: int = field(factory=os.getpid, init=False)

    @contextmanager
    def use(self, path: Path, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """Lend a connection; it comes back without a transaction.

        Args:
            make: Make the file, if it is not there.

        Raises:
            SearchUnavailable: It can not be opened, or fails while it is used.
        """
        connection = None
        try:
            connection = self._take(path) or self._open(path, make=make)
            yield connection
            self._give_back(path, connection)
        except BaseException as error:
            if connection is not None:
                # Whatever state it is in: closing rolls back.
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise SearchUnavailable(ENGINE, f"{path.name}: {error}") from error
            raise

    @contextmanager
    def transaction(
        self, path: Path, kind: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED"
    ) -> Iterator[sqlite3.Connection]:
        """Lend a connection in a transaction, which is committed at the end, or rolled back.

        Raises:
            SearchUnavailable: See :meth:`use`.
        """
        with self.use(path) as connection:
            connection.execute(f"BEGIN {kind}")
            yield connection
            connection.execute("COMMIT")

    def forget(self, keep: set[Path] | None = None) -> None:
        """Close idle connections, but those to some files."""
        with self._lock:
            self._after_fork()
            paths = [path for path in self._idle if keep is None or path not in keep]
            connections = [each for path in paths for each in self._idle.pop(path)]
        for connection in connections:
            connection.close()

    def _take(self, path: Path) -> sqlite3.Connection | None:
        with self._lock:
            self._after_fork()
            idle = self._idle.get(path)
            return idle.pop() if idle else None

    def _give_back(self, path: Path, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._after_fork()
            idle = self._idle.setdefault(path, [])
            if len(idle) < _KEPT:
                idle.append(connection)
                return
        connection.close()

    def _open(self, path: Path, *, make: bool) -> sqlite3.Connection:
        mode = "rwc" if make else "rw"
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            timeout=self.timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            _use_wal(connection, self.timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def _after_fork(self) -> None:
        """SQLite forbids a child to use its parent's connections, even to close them."""
        if self._process != os.getpid():
            self._process = os.getpid()
            _inherited.extend(self._idle.values())
            self._idle.clear()


def _use_wal(connection: sqlite3.Connection, timeout: float) -> None:
    """Let readers and the one writer not wait for each other.

    The file remembers it. While several make the same file, SQLite does not wait by itself.
    """
    deadline = time.monotonic() + timeout
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


#: What was inherited by a fork is kept from being closed.
_inherited: list[list[sqlite3.Connection]] = []
