"""How many of the results have which values."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from openedx_blockstore.plugin_api.search_backends import FacetValue, SearchQuery
from openedx_blockstore_search.backends.texts import clean_value

#: Fields of which a document has one value: the column, and what is to be joined for it.
_SINGLE = {
    "bundle": ("documents.bundle", ""),
    "collection": (
        "collections.uuid",
        "JOIN collections ON collections.n = documents.collection",
    ),
    "kind": ("documents.kind", ""),
    "bundle_type": ("documents.bundle_type", ""),
    "block_type": ("documents.block_type", ""),
    "licence": ("documents.licence", ""),
    "path": ("documents.path", ""),
}


def count_values(
    connection: sqlite3.Connection, query: SearchQuery, found: str, values: Sequence[object]
) -> tuple[dict[str, tuple[FacetValue, ...]], int]:
    """Return the most frequent values of each field that the query names, and how many match.

    Args:
        found: The statement for the documents that match, and its values.
    """
    # Looked for once, however many fields there are. Temporary tables are the connection's own.
    connection.execute("CREATE TEMP TABLE results (n INTEGER PRIMARY KEY)")
    connection.execute(f"INSERT INTO results SELECT n FROM ({found})", values)  # noqa: S608
    total = connection.execute("SELECT count(*) FROM results").fetchone()[0]
    facets = {
        name: _count(connection, name, query.facet_size) for name in dict.fromkeys(query.facets)
    }
    connection.execute("DROP TABLE results")
    return facets, total


def _count(connection: sqlite3.Connection, name: str, size: int) -> tuple[FacetValue, ...]:
    if name in _SINGLE:
        column, join = _SINGLE[name]
        statement = (
            f"SELECT {column} AS value, count(*) AS amount FROM results "  # noqa: S608
            f"CROSS JOIN documents ON documents.n = results.n {join} "
            "WHERE value <> '' GROUP BY value"
        )
        parameters: tuple[object, ...] = ()
    else:
        statement = (
            "SELECT attributes.value, count(*) AS amount FROM results "
            "CROSS JOIN document_attributes ON document_attributes.document = results.n "
            "JOIN attributes ON attributes.n = document_attributes.attribute "
            "WHERE attributes.field = ? GROUP BY attributes.n"
        )
        parameters = (clean_value(name),)
    rows = connection.execute(f"{statement} ORDER BY amount DESC, value LIMIT {size}", parameters)
    return tuple(FacetValue(value, count) for value, count in rows)
