"""Queries as SQL: which documents match, by their words and by everything else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from uuid import UUID

from attrs import define, field, frozen

from openedx_blockstore.plugin_api.search_backends import Filter, SearchQuery, Term
from openedx_blockstore_search.backends.languages import has_stemmer
from openedx_blockstore_search.backends.texts import clean_value
from openedx_blockstore_search.backends.words import Sought, fold, read_sought, stem_of

#: How much a word counts in ``title``, ``text``, ``title_stems`` and ``text_stems``.
_WEIGHTS = "6.0, 1.5, 4.0, 1.0"

#: Fields that are columns of their own.
_COLUMNS = {
    "bundle": "documents.bundle",
    "kind": "documents.kind",
    "bundle_type": "documents.bundle_type",
    "block_type": "documents.block_type",
    "licence": "documents.licence",
    "path": "documents.path",
}


@frozen
class Words:
    """The words of a query, as far as there are any in it.

    Attributes:
        wanted: All of them must be there.
        excluded: None of them may.
        nothing: The query asks for something that no text can have.
    """

    wanted: tuple[Sought, ...] = ()
    excluded: tuple[Sought, ...] = ()
    nothing: bool = False


def read_query(terms: Iterable[Term]) -> Words:
    """Return what a query's terms ask for; those without a letter, digit or sign are skipped."""
    wanted: list[Sought] = []
    excluded: list[Sought] = []
    asked = False
    for term in terms:
        asked = True
        sought = read_sought(term.text, prefix=term.prefix)
        if sought is not None:
            (excluded if term.excluded else wanted).append(sought)
    return Words(tuple(wanted), tuple(excluded), nothing=asked and not wanted)


def match_expression(words: Words, languages: Sequence[str]) -> str:
    """Return what is looked for, in the language of the full-text index.

    Args:
        languages: Those that documents are in.
    """
    wanted = " AND ".join(_alternatives(each, languages) for each in words.wanted)
    excluded = " OR ".join(_alternatives(each, languages) for each in words.excluded)
    return f"({wanted}) NOT ({excluded})" if excluded else wanted


def _alternatives(sought: Sought, languages: Sequence[str]) -> str:
    """As it is written, or, in each language, with the same stems."""
    star = "*" if sought.prefix else ""
    found = [f"{{title text}} : {_phrase(fold(word) for word in sought.words)}{star}"]
    for language in () if sought.prefix else languages:
        stems = _phrase(stem_of(language, word) for word in sought.words)
        found.append(f"{{title_stems text_stems}} : {stems}")
    return f"({' OR '.join(found)})"


def _phrase(words: Iterable[str]) -> str:
    # Whatever is in quotation marks has no meaning of its own; words do not hold any.
    return '"' + " ".join(word.replace('"', " ") for word in words) + '"'


def stemmed_languages(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the languages of this generation's documents of which words have stems."""
    rows = connection.execute(
        # One look into the index for each language, however many documents there are.
        "WITH RECURSIVE found(language) AS ("
        " SELECT min(language) FROM documents UNION ALL"
        " SELECT (SELECT min(language) FROM documents WHERE language > found.language)"
        " FROM found WHERE found.language IS NOT NULL"
        ") SELECT language FROM found WHERE language IS NOT NULL AND language <> ''"
    )
    return tuple(row[0] for row in rows if has_stemmer(row[0]))


@define
class Conditions:
    """A part of a statement behind ``WHERE``, with its parameters."""

    parts: list[str] = field(factory=list)
    values: list[object] = field(factory=list)

    def add(self, part: str, *values: object) -> None:
        """Demand one more thing."""
        self.parts.append(part)
        self.values.extend(values)

    @property
    def sql(self) -> str:
        """All of it."""
        return " AND ".join(self.parts) or "1"


def conditions(query: SearchQuery, *, filters: bool = True) -> Conditions:
    """Return what documents must fulfil besides their words.

    Args:
        filters: Otherwise only what the caller may see, of the versions that are asked for.
    """
    found = Conditions()
    if query.visible is not None:
        _add_collections(found, query.visible)
    if query.versions == "latest":
        found.add("documents.last_version IS NULL")
    elif query.versions != "all":
        found.add(
            "documents.first_version <= ? AND ifnull(documents.last_version, ?) >= ?",
            *[_whole(query.versions)] * 3,
        )
    for each in query.filters if filters else ():
        _add_filter(found, each)
    return found


def _whole(number: int | str) -> int:
    """A number as far as SQLite has it."""
    return max(-(2**63), min(int(number), 2**63 - 1))


def _add_filter(found: Conditions, wanted: Filter) -> None:
    values = json.dumps([clean_value(value) for value in wanted.values if value])
    if wanted.field == "collection":
        _add_collections(found, wanted.values)
    elif wanted.field in _COLUMNS:
        found.add(f"{_COLUMNS[wanted.field]} IN (SELECT value FROM json_each(?))", values)  # noqa: S608
    else:
        found.add(
            "documents.n IN (SELECT document FROM document_attributes WHERE attribute IN "
            "(SELECT n FROM attributes WHERE field = ? AND value IN "
            "(SELECT value FROM json_each(?))))",
            clean_value(wanted.field),
            values,
        )


def _add_collections(found: Conditions, uuids: Iterable[UUID | str]) -> None:
    found.add(
        "documents.collection IN "
        "(SELECT n FROM collections WHERE uuid IN (SELECT value FROM json_each(?)))",
        json.dumps([clean_value(str(uuid)) for uuid in uuids]),
    )


def matches(
    expression: str, where: Conditions, *, columns: str = "documents.n"
) -> tuple[str, list[object]]:
    """Return a statement for these columns of the documents that match, and its values."""
    if not expression:
        return f"SELECT {columns} FROM documents WHERE {where.sql}", where.values  # noqa: S608
    return (
        f"SELECT {columns} FROM "  # noqa: S608
        "(SELECT rowid AS n FROM words WHERE words MATCH ? LIMIT -1) AS hits "
        f"CROSS JOIN documents ON documents.n = hits.n WHERE {where.sql}"
    ), [expression, *where.values]


def sorted_matches(expression: str, where: Conditions, *, scored: bool) -> tuple[str, list[object]]:
    """Return a statement for the documents that match and what they are sorted by, and its values.

    Its columns are ``n``, ``id``, ``title``, ``modified`` and ``score`` (the less the better).
    """
    columns = "documents.n, documents.id, documents.title, documents.modified"
    if not (expression and scored):
        return matches(expression, where, columns=f"{columns}, 0.0 AS score")
    return (
        f"SELECT {columns}, hits.score FROM "  # noqa: S608
        f"(SELECT rowid AS n, bm25(words, {_WEIGHTS}) AS score FROM words WHERE words MATCH ? "
        "LIMIT -1) AS hits "
        f"CROSS JOIN documents ON documents.n = hits.n WHERE {where.sql}"
    ), [expression, *where.values]
