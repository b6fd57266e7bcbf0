"""Search engines, timed beside a plain table of the same texts that is looked through by LIKE."""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from bench.measure import Measured, Work, measure
from openedx_blockstore.plugin_api.search_backends import (
    Filter,
    Patch,
    Put,
    SearchBackend,
    SearchDocument,
    SearchQuery,
    Selection,
)
from openedx_blockstore_search.backends.elasticsearch import ElasticsearchBackend
from openedx_blockstore_search.backends.sqlite import SqliteBackend

_WORDS = 20_000
_BATCH = 1_000
_COLLECTIONS = 200
_PARTS_OF_A_BUNDLE = 50
_TYPES = ("problem", "problem", "problem", "html", "html", "video")

_FACETS = ("block_type", "tag", "collection")

#: What is asked: a name, the text, and what else.
_QUERIES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("one rare word", "{rare}", {}),
    ("one common word", "{common}", {}),
    ("two words", "{common} {middle}", {}),
    (
        "two words, with 3 facets",
        "{common} {middle}",
        {"facets": ("block_type", "tag", "collection")},
    ),
    ("one common word, with 3 facets", "{common}", {"facets": _FACETS}),
    ("all problems of a collection", "", {"filters": "collection"}),
    ("one word, 10,000 visible collections", "{middle}", {"visible": "many"}),
    ("a wrong spelling, with suggestions", "{wrong}", {"suggest": True}),
)


class SearchEngines:
    """Measures engines one after the other.

    Args:
        folder: Where SQLite keeps its index, and the plain table is.
        rounds: How often each query is timed.
        parts: How many are indexed; as many as a bundle has, or more.
    """

    def __init__(self, folder: Path, *, rounds: int, parts: int) -> None:
        self._folder = folder
        self._rounds = rounds
        self._parts = max(parts, _PARTS_OF_A_BUNDLE)
        self._random = random.Random(7)
        self._vocabulary = self._make_words()
        # Half of all words of a text are of some two hundred, as in real ones.
        weights = [1 / (rank + 20) for rank in range(_WORDS)]
        self._weights = list(itertools.accumulate(weights))
        self._collections = [UUID(int=self._random.getrandbits(128)) for _ in range(_COLLECTIONS)]
        self._documents = [self._document(number) for number in range(self._parts)]
        self._plain = sqlite3.connect(folder / "plain.sqlite3", isolation_level=None)

    def measure(self) -> Iterator[Measured]:
        """Time indexing and queries, of each engine that is there."""
        for name, engine in self._engines():
            engine.create("bench")
            yield measure(
                f"{name}: index {self._parts:,} parts",
                lambda engine=engine: lambda: self._index(engine),  # type: ignore[misc]
                lambda: self._fill_plain,
                rounds=1,
            )
            engine.swap("bench")
            yield from self._measure_queries(name, engine)
            yield measure(
                f"{name}: put 50 parts of a bundle again",
                lambda engine=engine: self._put_again(engine),  # type: ignore[misc]
                self._put_plain_again,
                rounds=self._rounds,
            )
            engine.close()

    def _engines(self) -> Iterator[tuple[str, SearchBackend]]:
        embedded = SqliteBackend()
        embedded.configure({"PATH": self._folder / "search"})
        yield "SQLite", embedded
        for name in ("Elasticsearch", "OpenSearch"):
            if url := os.environ.get(f"BLOCKSTORE_TEST_{name.upper()}"):
                server = ElasticsearchBackend()
                prefix = f"bench-{uuid4().hex[:8]}"
                server.configure(
                    {"HOSTS": url, "INDEX_PREFIX": prefix, "REPLICAS": 0, "TIMEOUT": 120}
                )
                yield name, server

    def _index(self, engine: SearchBackend) -> None:
        for batch in _batches(self._documents):
            engine.write("bench", [Put(document) for document in batch])
        engine.refresh("bench")

    def _measure_queries(self, name: str, engine: SearchBackend) -> Iterator[Measured]:
        words = {
            "common": self._vocabulary[30],
            "middle": self._vocabulary[500],
            "rare": self._vocabulary[15_000],
            "wrong": _misspelt(self._vocabulary[600]),
        }
        many = frozenset([*self._collections, *(uuid4() for _ in range(10_000 - _COLLECTIONS))])
        for title, text, given in _QUERIES:
            options = dict(given)
            visible = many if options.pop("visible", None) else None
            filters: tuple[Filter, ...] = ()
            if options.pop("filters", None):
                filters = (
                    Filter("collection", (str(self._collections[0]),)),
                    Filter("block_type", ("problem",)),
                )
            query = SearchQuery(
                visible=visible,
                text=text.format(**words),
                filters=filters,
                **options,  # type: ignore[arg-type]
            )
            found = engine.search(query)
            yield measure(
                f"{name}: {title} ({found.total:,}{'' if found.total_is_exact else '+'})",
                lambda query=query: lambda: engine.search(query),  # type: ignore[misc]
                lambda query=query: lambda: self._like(query),  # type: ignore[misc]
                rounds=self._rounds,
            )

    def _put_again(self, engine: SearchBackend) -> Work:
        documents = self._changed()

        def put() -> None:
            closed = Patch(
                Selection(ids=tuple(each.id for each in documents[:10])), {"digest": "x"}
            )
            engine.write("bench", [*(Put(document) for document in documents), closed])
            engine.refresh("bench")

        return put

    # The floor ---------------------------------------------------------------------------------

    def _fill_plain(self) -> None:
        self._plain.execute("DROP TABLE IF EXISTS parts")
        self._plain.execute(
            "CREATE TABLE parts "
            "(id TEXT PRIMARY KEY, collection TEXT, type TEXT, title TEXT, text TEXT)"
        )
        for batch in _batches(self._documents):
            self._insert_plain(batch)

    def _put_plain_again(self) -> Work:
        documents = self._changed()
        return lambda: self._insert_plain(documents)

    def _insert_plain(self, documents: Sequence[SearchDocument]) -> None:
        self._plain.execute("BEGIN IMMEDIATE")
        self._plain.executemany(
            "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)",
            [
                (each.id, str(each.collection_uuid), each.block_type, each.title, each.text)
                for each in documents
            ],
        )
        self._plain.execute("COMMIT")

    def _like(self, query: SearchQuery) -> object:
        """A page and the number of all, as search gives them."""
        where, values = ["1"], []
        for word in query.text.split():
            where.append("(title LIKE ? OR text LIKE ?)")
            values += [f"%{word}%"] * 2
        for each in query.filters:
            column = "type" if each.field == "block_type" else each.field
            where.append(f"{column} = ?")
            values.append(each.values[0])
        found = f"FROM parts WHERE {' AND '.join(where)}"
        page = self._plain.execute(f"SELECT * {found} ORDER BY title LIMIT 20", values).fetchall()
        return page, self._plain.execute(f"SELECT count(*) {found}", values).fetchone()

    # The texts ---------------------------------------------------------------------------------

    def _make_words(self) -> list[str]:
        syllables = [a + b for a in "bcdfghklmnprstv" for b in "aeiou"]
        words: dict[str, None] = {}
        while len(words) < _WORDS:
            length = self._random.choice((2, 3, 3, 4))
            words["".join(self._random.choices(syllables, k=length))] = None
        return list(words)

    def _text(self, words: int) -> str:
        return " ".join(self._random.choices(self._vocabulary, cum_weights=self._weights, k=words))

    def _document(self, number: int) -> SearchDocument:
        bundle = number // _PARTS_OF_A_BUNDLE
        return SearchDocument(
            id=f"part-{number}",
            kind="part",
            bundle_uuid=UUID(int=bundle),
            collection_uuid=self._collections[bundle % _COLLECTIONS],
            first_version=1,
            path=f"units/{number}.xml",
            key=f"problem/{number}",
            bundle_type="sequence",
            block_type=_TYPES[number % len(_TYPES)],
            title=self._text(4),
            text=self._text(self._random.randrange(40, 120)),
            languages=("en",),
            tags=(f"tag {number % 30}",),
            traits={"response": (f"kind {number % 8}",)},
            modified_at=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
        )

    def _changed(self) -> list[SearchDocument]:
        first = self._random.randrange(self._parts // _PARTS_OF_A_BUNDLE) * _PARTS_OF_A_BUNDLE
        return [self._document(number) for number in range(first, first + _PARTS_OF_A_BUNDLE)]


def _misspelt(word: str) -> str:
    return f"{word[:2]}x{word[2:]}"


def _batches(documents: Sequence[SearchDocument]) -> Iterator[Sequence[SearchDocument]]:
    for at in range(0, len(documents), _BATCH):
        yield documents[at : at + _BATCH]
