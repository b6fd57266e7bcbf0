"""Suggestions for words that nothing visible has, of words that something visible has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from openedx_blockstore.plugin_api.search_backends import SearchQuery
from openedx_blockstore_search.backends.bodies import unpack
from openedx_blockstore_search.backends.spelling import (
    MAX_SUGGESTIONS,
    reach,
    similar_words,
    spelled_word,
    suggest,
    written_form,
)
from openedx_blockstore_search.backends.sqlite.matching import (
    Words,
    conditions,
    match_expression,
    matches,
    read_query,
    stemmed_languages,
)
from openedx_blockstore_search.backends.words import Sought

#: Similar words that are looked up, at most: nobody may see most of them.
_CANDIDATES = 60


def find_suggestions(connection: sqlite3.Connection, query: SearchQuery) -> tuple[str, ...]:
    """Return texts in which words that nothing visible has are replaced."""
    languages = stemmed_languages(connection)
    instead = {}
    for term in query.terms:
        word = spelled_word(term)
        if word is None or _exists(connection, query, read_query([term]), languages):
            continue
        instead[word] = _visible_words(connection, query, _similar(connection, word))
    return suggest(query.text, instead)


def _similar(connection: sqlite3.Connection, word: str) -> list[str]:
    bound = reach(word)
    rows = connection.execute(
        "SELECT word FROM vocabulary WHERE length BETWEEN ? AND ?",
        (len(word) - bound, len(word) + bound),
    )
    return similar_words(word, (row[0] for row in rows))[:_CANDIDATES]


def _visible_words(
    connection: sqlite3.Connection, query: SearchQuery, candidates: Iterable[str]
) -> list[str]:
    """Return those that a visible document has, as one of them writes them."""
    found = []
    for candidate in candidates:
        expression = match_expression(Words((Sought((candidate,)),)), ())
        statement, values = matches(expression, conditions(query, filters=False))
        row = connection.execute(
            f"SELECT body FROM bodies WHERE n = (SELECT n FROM ({statement}) LIMIT 1)",  # noqa: S608
            values,
        ).fetchone()
        if row is None:
            continue
        document = unpack(row[0])
        written = written_form(candidate, (document.title, document.text))
        if written is not None:
            found.append(written)
        if len(found) == MAX_SUGGESTIONS:
            break
    return found


def _exists(
    connection: sqlite3.Connection, query: SearchQuery, words: Words, languages: tuple[str, ...]
) -> bool:
    expression = match_expression(words, languages)
    statement, values = matches(expression, conditions(query, filters=False))
    return connection.execute(f"SELECT 1 FROM ({statement}) LIMIT 1", values).fetchone() is not None  # noqa: S608
