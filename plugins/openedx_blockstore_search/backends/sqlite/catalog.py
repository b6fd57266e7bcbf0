"""Which generations there are, and in which of them searches look.

A folder holds ``catalog.sqlite3`` and a file for each generation, so that filling a new one never
waits for those who write the current one, and dropping one costs nothing.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define, frozen

from openedx_blockstore.plugin_api.search_backends import (
    Generation,
    GenerationInUse,
    GenerationNotFound,
    IndexMissing,
    SearchUnavailable,
    check_generation_name,
)
from openedx_blockstore_search.backends.sqlite import schema
from openedx_blockstore_search.backends.sqlite.connections import ENGINE, Connections

_TABLE = """
    CREATE TABLE IF NOT EXISTS generations (
        name TEXT PRIMARY KEY,
        file TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        current INTEGER NOT NULL DEFAULT 0
    )
"""

#: What belongs to a file of SQLite.
_SUFFIXES = ("", "-wal", "-shm", "-journal")


@frozen
class Entry:
    """A generation, and the file that it is in."""

    name: str
    path: Path
    version: int
    current: bool


@define
class Catalog:
    """The generations of one folder."""

    folder: Path
    connections: Connections

    @property
    def _path(self) -> Path:
        return self.folder / "catalog.sqlite3"

    def entries(self) -> tuple[Entry, ...]:
        """Return all generations, sorted by name."""
        if not self._path.exists():
            if self.folder.exists() and not self.folder.is_dir():
                raise SearchUnavailable(ENGINE, f"{self.folder} is not a folder.")
            return ()
        with self._use() as connection:
            rows = connection.execute(
                "SELECT name, file, version, current FROM generations ORDER BY name"
            ).fetchall()
        found = tuple(Entry(row[0], self.folder / row[1], row[2], bool(row[3])) for row in rows)
        # Others may have dropped files that we still hold.
        self.connections.forget(keep={self._path, *(entry.path for entry in found)})
        return found

    def generations(self) -> tuple[Generation, ...]:
        """Return them as the contract has them."""
        return tuple(
            Generation(each.name, current=each.current, outdated=each.version != schema.VERSION)
            for each in self.entries()
        )

    def find(self, generation: str | None) -> Entry:
        """Return a generation; the current one for None.

        Raises:
            IndexMissing: There is no current one.
            GenerationNotFound: There is none with this name.
        """
        for entry in self.entries():
            if entry.current if generation is None else entry.name == generation:
                return entry
        if generation is None:
            raise IndexMissing(ENGINE)
        raise GenerationNotFound(ENGINE, generation)

    def create(self, generation: str) -> None:
        """Make a generation, if it is not there."""
        check_generation_name(generation)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SearchUnavailable(ENGINE, str(error)) from error
        # Named in the catalog before it is there: what it does not name was dropped.
        file = f"{generation}-{secrets.token_hex(4)}.sqlite3"
        with self._use() as connection:
            connection.execute(
                "INSERT INTO generations (name, file, version) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO NOTHING",
                (generation, file, schema.VERSION),
            )
        entry = self.find(generation)
        with self.connections.use(entry.path, make=True) as connection:
            schema.make(connection)
        self._remove_dropped()

    def swap(self, generation: str) -> None:
        """Make a generation the current one."""
        self.find(generation)
        with self._use(), self.connections.transaction(self._path, "IMMEDIATE") as connection:
            found = connection.execute(
                "SELECT 1 FROM generations WHERE name = ?", (generation,)
            ).fetchone()
            if found is None:
                raise GenerationNotFound(ENGINE, generation)
            connection.execute("UPDATE generations SET current = (name = ?)", (generation,))

    def drop(self, generation: str) -> None:
        """Remove a generation, unless it is the current one."""
        if not self._path.exists():
            return
        with self._use(), self.connections.transaction(self._path, "IMMEDIATE") as connection:
            row = connection.execute(
                "SELECT current FROM generations WHERE name = ?", (generation,)
            ).fetchone()
            if row is not None and row[0]:
                raise GenerationInUse(generation)
            connection.execute("DELETE FROM generations WHERE name = ?", (generation,))
        self._remove_dropped()

    def _remove_dropped(self) -> None:
        """Remove the files of generations that are not there any more.

        Whoever still reads one goes on doing so.
        """
        known = {entry.path.name for entry in self.entries()} | {self._path.name}
        for found in self.folder.glob("*.sqlite3"):
            if found.name not in known:
                for suffix in _SUFFIXES:
                    with contextlib.suppress(OSError):
                        found.with_name(found.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            # Somebody has removed it; connections that are open would go on with what is no more.
            self.connections.forget()
        with self.connections.use(self._path, make=True) as connection:
            connection.execute(_TABLE)
            yield connection
