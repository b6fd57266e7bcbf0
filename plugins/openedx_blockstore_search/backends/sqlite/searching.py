"""One page of results, with what is known of all of them, out of one state of a generation."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from attrs import define, evolve, field

from openedx_blockstore.plugin_api.search_backends import (
    MAX_EXACT_TOTAL,
    FacetValue,
    SearchHit,
    SearchQuery,
    SearchResults,
)
from openedx_blockstore_search.backends.bodies import unpack
from openedx_blockstore_search.backends.cursors import (
    Position,
    effective_sort,
    from_cursor,
    to_cursor,
)
from openedx_blockstore_search.backends.languages import stemmed_language
from openedx_blockstore_search.backends.marks import find_marks, make_snippets
from openedx_blockstore_search.backends.sqlite.facets import count_values
from openedx_blockstore_search.backends.sqlite.matching import (
    Words,
    conditions,
    match_expression,
    matches,
    read_query,
    sorted_matches,
    stemmed_languages,
)
from openedx_blockstore_search.backends.sqlite.spelling import find_suggestions

#: By what results are sorted, and what is behind a position.
_ORDERS = {
    "relevance": ("score, id", "(score, id) > (?, ?)"),
    "title": ("title, id", "(title, id) > (?, ?)"),
    "newest": ("modified DESC, id", "(-modified, id) > (-?, ?)"),
}


@define
class Search:
    """One query, asked of one generation within a transaction."""

    connection: sqlite3.Connection
    query: SearchQuery
    _words: Words = field(init=False)
    _expression: str = field(init=False)
    _sort: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Read the query's text."""
        self._words = read_query(self.query.terms)
        self._sort = effective_sort(self.query)
        languages = stemmed_languages(self.connection) if self._words.wanted else ()
        self._expression = match_expression(self._words, languages)

    def run(self) -> SearchResults:
        """Return the page."""
        position = from_cursor(self.query)
        if self._words.nothing:
            return SearchResults((), total=0, facets=dict.fromkeys(self.query.facets, ()))
        facets, total = self._facets_and_total()
        rows = self._page(position)
        more = len(rows) > self.query.limit
        rows = rows[: self.query.limit]
        cursor = None
        if more and rows:
            _n, id_, score, title, modified = rows[-1]
            keys: dict[str, float | str]
            keys = {"relevance": score, "title": title, "newest": modified}
            cursor = to_cursor(self.query, Position(keys[self._sort], id_))
        return SearchResults(
            self._hits(rows),
            total=min(total, MAX_EXACT_TOTAL),
            total_is_exact=total <= MAX_EXACT_TOTAL,
            facets=facets,
            suggestions=find_suggestions(self.connection, self.query) if self.query.suggest else (),
            next_cursor=cursor,
        )

    def _facets_and_total(self) -> tuple[dict[str, tuple[FacetValue, ...]], int]:
        where = conditions(self.query)
        if self.query.facets:
            return count_values(self.connection, self.query, self._expression, where)
        found, values = matches(self._expression, where)
        limited = f"SELECT count(*) FROM (SELECT 1 FROM ({found}) LIMIT {MAX_EXACT_TOTAL + 1})"  # noqa: S608
        return {}, self.connection.execute(limited, values).fetchone()[0]

    def _page(self, position: Position | None) -> list[tuple[int, str, float, str, float]]:
        """Return the rows of the page and one more, if there are more."""
        by_score = self._sort == "relevance"
        found, values = sorted_matches(self._expression, conditions(self.query), scored=by_score)
        order, behind = _ORDERS[self._sort]
        # Once: the score would be computed again for each comparison.
        with_ = f"WITH found AS MATERIALIZED ({found})" if by_score else f"WITH found AS ({found})"
        where = ""
        if position is not None:
            key = self._score_now(position) if by_score else position.key
            where = f"WHERE {behind}"
            values = [*values, key, position.id]
        return self.connection.execute(
            f"{with_} SELECT n, id, score, title, modified FROM found {where} "  # noqa: S608
            f"ORDER BY {order} LIMIT {self.query.limit + 1}",
            values,
        ).fetchall()

    def _score_now(self, position: Position) -> float | str:
        """Return the score of the last result as it is now.

        Scores depend on all documents, and these may have changed since.
        """
        row = self.connection.execute(
            "SELECT n FROM documents WHERE id = ?", (position.id,)
        ).fetchone()
        if row is not None:
            everything = conditions(self.query, filters=False)
            everything.parts, everything.values = ["documents.n = ?"], [row[0]]
            found, values = sorted_matches(self._expression, everything, scored=True)
            score = self.connection.execute(f"SELECT score FROM ({found})", values).fetchone()  # noqa: S608
            if score is not None:
                return float(score[0])
        return position.key

    def _hits(self, rows: Sequence[tuple[int, str, float, str, float]]) -> tuple[SearchHit, ...]:
        bodies = dict(
            self.connection.execute(
                "SELECT n, body FROM bodies WHERE n IN (SELECT value FROM json_each(?))",
                (json.dumps([row[0] for row in rows]),),
            ).fetchall()
        )
        hits = []
        for number, _id, score, _title, _modified in rows:
            document = unpack(bodies[number])
            language = stemmed_language(document.languages)
            hits.append(
                SearchHit(
                    evolve(document, text=""),
                    score=0.0 - score,
                    title_marks=find_marks(document.title, self._words.wanted, language),
                    snippets=make_snippets(document.text, self._words.wanted, language),
                )
            )
        return tuple(hits)
