"""The engine as the contract has it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from attrs import converters, field, frozen

from openedx_blockstore.plugin_api.search_backends import (
    Change,
    Generation,
    SearchBackend,
    SearchQuery,
    SearchResults,
    SearchUnavailable,
    StoredDocument,
)
from openedx_blockstore_search.backends.bodies import as_stored, unpack
from openedx_blockstore_search.backends.options import read_options
from openedx_blockstore_search.backends.sqlite.catalog import Catalog
from openedx_blockstore_search.backends.sqlite.connections import ENGINE, Connections
from openedx_blockstore_search.backends.sqlite.places import default_folder
from openedx_blockstore_search.backends.sqlite.searching import Search
from openedx_blockstore_search.backends.sqlite.writing import write

#: ``RETURNING`` and ``MATERIALIZED``.
_OLDEST = (3, 35, 0)


@frozen
class SqliteOptions:
    """The settings of this engine.

    Attributes:
        path: A folder of its own on a local disk, which all processes share; by default ``search``
            beside the data.
        timeout: Seconds to wait for another writer.
    """

    path: Path | None = field(default=None, converter=converters.optional(Path))
    timeout: float = field(default=30.0, converter=float)


class SqliteBackend(SearchBackend):
    """SQLite's full-text index, in files of its own."""

    name = ENGINE

    def __init__(self) -> None:
        self._options = SqliteOptions()
        self._found: Catalog | None = None

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take the settings: see :class:`SqliteOptions`."""
        self._options = read_options(ENGINE, SqliteOptions, options)
        self._found = None

    @property
    def _catalog(self) -> Catalog:
        if self._found is None:
            if sqlite3.sqlite_version_info < _OLDEST:
                raise SearchUnavailable(ENGINE, f"SQLite {sqlite3.sqlite_version} is too old.")
            folder = self._options.path or default_folder()
            self._found = Catalog(folder.absolute(), Connections(self._options.timeout))
        return self._found

    def check(self) -> str:
        """Return the version and the folder."""
        count = len(self._catalog.entries())
        return f"SQLite {sqlite3.sqlite_version} in {self._catalog.folder} ({count} generations)"

    def close(self) -> None:
        """Close the connections that nobody uses."""
        if self._found is not None:
            self._found.connections.forget()

    def create(self, generation: str) -> None:
        """Make a file for it, and name it in the catalog."""
        self._catalog.create(generation)

    def swap(self, generation: str) -> None:
        """Name it in the catalog as the current one."""
        self._catalog.swap(generation)

    def drop(self, generation: str) -> None:
        """Take it out of the catalog, and remove its file."""
        self._catalog.drop(generation)

    def generations(self) -> tuple[Generation, ...]:
        """Return what is in the catalog."""
        return self._catalog.generations()

    def write(self, generation: str, changes: Sequence[Change]) -> None:
        """Do all of it in one transaction."""
        path = self._catalog.find(generation).path
        with self._catalog.connections.transaction(path, "IMMEDIATE") as connection:
            write(connection, changes)

    def refresh(self, generation: str) -> None:
        """Nothing: what was written can be seen."""
        self._catalog.find(generation)

    def count(self, generation: str) -> int:
        """Return how many documents there are."""
        path = self._catalog.find(generation).path
        with self._catalog.connections.use(path) as connection:
            count: int = connection.execute("SELECT count(*) FROM documents").fetchone()[0]
        return count

    def scan(
        self,
        generation: str,
        *,
        bundles: Collection[UUID] | None = None,
        after: tuple[UUID, str] | None = None,
        limit: int = 1_000,
    ) -> tuple[StoredDocument, ...]:
        """Read them in the order of the index by bundle and id."""
        where, values = ["1"], []
        if bundles is not None:
            where.append("bundle IN (SELECT value FROM json_each(?))")
            values.append(json.dumps([str(uuid) for uuid in bundles]))
        if after is not None:
            where.append("(bundle, id) > (?, ?)")
            values += [str(after[0]), after[1]]
        path = self._catalog.find(generation).path
        with self._catalog.connections.use(path) as connection:
            rows = connection.execute(
                "SELECT body FROM documents CROSS JOIN bodies ON bodies.n = documents.n "  # noqa: S608
                f"WHERE {' AND '.join(where)} ORDER BY bundle, id LIMIT {limit:d}",
                values,
            ).fetchall()
        return tuple(as_stored(unpack(row[0])) for row in rows)

    def search(self, query: SearchQuery, *, generation: str | None = None) -> SearchResults:
        """Answer out of one state of one generation."""
        path = self._catalog.find(generation).path
        try:
            return self._search(path, query)
        except SearchUnavailable:
            # It may have been dropped since we looked; then there is another one.
            other = self._catalog.find(generation).path
            if other == path:
                raise
            return self._search(other, query)

    def _search(self, path: Path, query: SearchQuery) -> SearchResults:
        with self._catalog.connections.transaction(path) as connection:
            return Search(connection, query).run()
