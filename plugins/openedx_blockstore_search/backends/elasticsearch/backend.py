"""The engine as the contract has it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

from openedx_blockstore.plugin_api.search_backends import (
    Change,
    Generation,
    GenerationInUse,
    GenerationNotFound,
    IndexMissing,
    SearchBackend,
    SearchQuery,
    SearchResults,
    SearchUnavailable,
    StoredDocument,
    check_generation_name,
)
from openedx_blockstore_search.backends.bodies import as_stored, from_facts
from openedx_blockstore_search.backends.cursors import effective_sort, from_cursor
from openedx_blockstore_search.backends.elasticsearch import mapping, querying
from openedx_blockstore_search.backends.elasticsearch.answers import position_value, read_answer
from openedx_blockstore_search.backends.elasticsearch.bulk import write
from openedx_blockstore_search.backends.elasticsearch.client import (
    ENGINE,
    AlreadyThere,
    Api,
    Client,
    ElasticsearchOptions,
    NotThere,
)
from openedx_blockstore_search.backends.elasticsearch.spelling import find_suggestions
from openedx_blockstore_search.backends.options import read_options

#: Seconds for which the languages of an index are remembered.
_REMEMBERED = 30.0

#: The one that this client speaks to.
_MAJOR = "7."


class ElasticsearchBackend(SearchBackend):
    """Elasticsearch 7, or OpenSearch."""

    name = ENGINE

    def __init__(self) -> None:
        self._client = Client(ElasticsearchOptions())
        self._languages: dict[str, tuple[float, list[str]]] = {}

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take the settings: see :class:`ElasticsearchOptions`."""
        self._client = Client(read_options(ENGINE, ElasticsearchOptions, options))
        self._client.require()

    @property
    def _alias(self) -> str:
        """Where searches look."""
        return self._client.options.index_prefix

    def _index(self, generation: str) -> str:
        return f"{self._alias}-{generation}"

    def check(self) -> str:
        """Return which engine it is, and its version."""
        with self._client.use() as client:
            version = client.info()["version"]
        number: str = version["number"]
        if version.get("distribution") == "opensearch":
            return f"OpenSearch {number}"
        if not number.startswith(_MAJOR):
            raise SearchUnavailable(
                ENGINE, f"this is Elasticsearch {number}; it has to be 7, or OpenSearch."
            )
        return f"Elasticsearch {number}"

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    @contextmanager
    def _use(self, generation: str | None) -> Iterator[Api]:
        """Lend the client for requests about one generation; about the current one for None."""
        try:
            with self._client.use() as client:
                yield client
        except NotThere:
            if generation is None:
                raise IndexMissing(ENGINE) from None
            raise GenerationNotFound(ENGINE, generation) from None

    # Generations ---------------------------------------------------------------------------------

    def create(self, generation: str) -> None:
        """Make an index for it."""
        check_generation_name(generation)
        options = self._client.options
        body = mapping.index_body(shards=options.shards, replicas=options.replicas)
        with suppress(AlreadyThere), self._client.use() as client:
            client.indices.create(index=self._index(generation), body=body)

    def swap(self, generation: str) -> None:
        """Lead the alias to its index, and to no other."""
        self.refresh(generation)
        actions: list[dict[str, Any]] = [
            {"remove": {"index": self._index(each.name), "alias": self._alias}}
            for each in self.generations()
            if each.current and each.name != generation
        ]
        actions.append({"add": {"index": self._index(generation), "alias": self._alias}})
        with self._client.use() as client:
            client.indices.update_aliases(body={"actions": actions})
        self._languages.clear()

    def drop(self, generation: str) -> None:
        """Remove its index."""
        check_generation_name(generation)
        if generation == self.current():
            raise GenerationInUse(generation)
        with self._client.use() as client:
            client.indices.delete(index=self._index(generation), ignore=[404])

    def generations(self) -> tuple[Generation, ...]:
        """Return what the names of our indices say."""
        with self._client.use() as client:
            found = client.indices.get(
                index=f"{self._alias}-*", filter_path="*.aliases,*.mappings._meta"
            )
        generations = []
        for index, facts in found.items():
            name = index.removeprefix(f"{self._alias}-")
            version = facts.get("mappings", {}).get("_meta", {}).get(mapping.MARK)
            # Another site's prefix may begin with ours and a dash, which no generation has.
            if version is not None and "-" not in name:
                generations.append(
                    Generation(
                        name,
                        current=self._alias in facts.get("aliases", {}),
                        outdated=version != mapping.VERSION,
                    )
                )
        return tuple(sorted(generations, key=lambda each: each.name))

    # Documents -----------------------------------------------------------------------------------

    def write(self, generation: str, changes: Sequence[Change]) -> None:
        """Send them in requests of many."""
        index = self._index(generation)
        with self._use(generation) as client:
            # Otherwise the engine would make an index that knows none of our fields.
            if not client.indices.exists(index=index):
                raise GenerationNotFound(ENGINE, generation)
            write(client, index, changes)
        self._languages.clear()

    def refresh(self, generation: str) -> None:
        """Let searches see what was written."""
        with self._use(generation) as client:
            client.indices.refresh(index=self._index(generation))

    def count(self, generation: str) -> int:
        """Return how many documents there are."""
        with self._use(generation) as client:
            count: int = client.count(index=self._index(generation))["count"]
        return count

    def scan(
        self,
        generation: str,
        *,
        bundles: Collection[UUID] | None = None,
        after: tuple[UUID, str] | None = None,
        limit: int = 1_000,
    ) -> tuple[StoredDocument, ...]:
        """Read them in order."""
        body: dict[str, Any] = {
            "size": limit,
            "sort": [{"bundle": "asc"}, {"id": "asc"}],
            "track_total_hits": False,
            "_source": ["facts"],
            "query": {"match_all": {}},
        }
        if bundles is not None:
            body["query"] = {"terms": {"bundle": [str(uuid) for uuid in bundles]}}
        if after is not None:
            body["search_after"] = [str(after[0]), after[1]]
        with self._use(generation) as client:
            answer = client.search(index=self._index(generation), body=body)
        return tuple(
            as_stored(from_facts(hit["_source"]["facts"])) for hit in answer["hits"]["hits"]
        )

    # Searching -----------------------------------------------------------------------------------

    def search(self, query: SearchQuery, *, generation: str | None = None) -> SearchResults:
        """Ask for the page, and for suggestions if they are wanted."""
        index = self._alias if generation is None else self._index(generation)
        from_cursor(query)
        terms = querying.with_words(query.terms)
        if query.terms and all(term.excluded for term in terms):
            return SearchResults((), total=0, facets=dict.fromkeys(query.facets, ()))
        with self._use(generation) as client:
            return self._search(client, index, query, terms)

    def _search(
        self, client: Api, index: str, query: SearchQuery, terms: Sequence[Any]
    ) -> SearchResults:
        languages = self._languages_of(client, index) if terms else []
        body = querying.search_body(query, terms, languages)
        preference = querying.preference_of(query)
        position = from_cursor(query)
        if position is not None:
            last = []
            if effective_sort(query) == "relevance":
                # Scores depend on all documents, and these may have changed since.
                only = {"bool": {"must": body["query"], "filter": {"term": {"id": position.id}}}}
                asked = {"query": only, "size": 1, "_source": False}
                last = client.search(index=index, body=asked, preference=preference)["hits"]["hits"]
            body["search_after"] = [position_value(query, position, last), position.id]
        answer = client.search(index=index, body=body, preference=preference)
        suggestions: tuple[str, ...] = ()
        if query.suggest:
            suggestions = find_suggestions(client, index, query, languages)
        return read_answer(query, answer, suggestions)

    def _languages_of(self, client: Api, index: str) -> list[str]:
        """Return the languages of an index's documents, the most frequent first."""
        now = time.monotonic()
        since, languages = self._languages.get(index, (0.0, []))
        if not languages or now - since > _REMEMBERED:
            body = {"size": 0, "aggs": {"stemmed": {"terms": {"field": "stemmed", "size": 100}}}}
            answer = client.search(index=index, body=body)
            buckets = answer["aggregations"]["stemmed"]["buckets"]
            languages = [each["key"] for each in buckets if each["key"] != mapping.OTHER]
            self._languages[index] = (now, languages)
        return languages
