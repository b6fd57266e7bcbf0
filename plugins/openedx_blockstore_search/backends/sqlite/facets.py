"""How many of the results have which values."""

from __future__ import annotations

import sqlite3

from openedx_blockstore.plugin_api.search_backends import FacetValue, SearchQuery
from openedx_blockstore_search.backends.sqlite.matching import Conditions, matches
from openedx_blockstore_search.backends.texts import clean_value

#: Fields of which a document has one value, which is a column of its own.
_SINGLE = ("bundle", "collection", "kind", "bundle_type", "block_type", "licence", "path")


def count_values(
    connection: sqlite3.Connection, query: SearchQuery, expression: str, where: Conditions
) -> tuple[dict[str, tuple[FacetValue, ...]], int]:
    """Return the most frequent values of each field that the query names, and how many match.

    Every result is looked at, so each thing is done once for all fields: looking for the results,
    and for the values of which a document has many. These are counted by number, and only the few
    that are left are looked up.

    Args:
        expression: The words that match, in the language of the full-text index.
        where: What else documents must fulfil.
    """
    names = list(dict.fromkeys(query.facets))
    single = [name for name in names if name in _SINGLE]
    columns = ", ".join(["documents.n", *(f"documents.{name}" for name in single)])
    found, values = matches(expression, where, columns=columns)
    # Temporary tables are the connection's own.
    connection.execute(f"CREATE TEMP TABLE results AS {found}", values)
    total = connection.execute("SELECT count(*) FROM results").fetchone()[0]
    if len(single) < len(names):
        connection.execute(
            "CREATE TEMP TABLE counts AS SELECT attribute, count(*) AS amount FROM results "
            "CROSS JOIN document_attributes ON document = results.n GROUP BY attribute"
        )
    facets = {name: _count(connection, name, query.facet_size) for name in names}
    for table in ("results", "counts"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    return facets, total


def _count(connection: sqlite3.Connection, name: str, size: int) -> tuple[FacetValue, ...]:
    parameters: tuple[object, ...] = ()
    if name == "collection":
        counted = (
            "SELECT uuid AS value, amount FROM "
            "(SELECT collection, count(*) AS amount FROM results GROUP BY collection) "
            "JOIN collections ON collections.n = collection"
        )
    elif name in _SINGLE:
        counted = (
            f"SELECT {name} AS value, count(*) AS amount FROM results "  # noqa: S608
            "WHERE value <> '' GROUP BY value"
        )
    else:
        counted = (
            "SELECT value, amount FROM counts JOIN attributes ON attributes.n = attribute "
            "WHERE field = ?"
        )
        parameters = (clean_value(name),)
    rows = connection.execute(f"{counted} ORDER BY amount DESC, value LIMIT {size}", parameters)
    return tuple(FacetValue(value, count) for value, count in rows)
