"""Suggestions for words that nothing visible has, of words that something visible has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openedx_blockstore.plugin_api.search_backends import SearchQuery, Term
from openedx_blockstore_search.backends.elasticsearch.client import Api
from openedx_blockstore_search.backends.elasticsearch.querying import (
    WRITTEN,
    conditions,
    query_of,
)
from openedx_blockstore_search.backends.spelling import (
    MAX_SUGGESTIONS,
    reach,
    similar_words,
    spelled_word,
    suggest,
    written_form,
)
from openedx_blockstore_search.backends.words import exact_words

#: Documents whose words are looked at.
_DOCUMENTS = 20


def find_suggestions(
    client: Api, index: str, query: SearchQuery, languages: Sequence[str]
) -> tuple[str, ...]:
    """Return texts in which words that nothing visible has are replaced.

    Suggestions of the engine's own are out of all its words, whoever may see them. So the words are
    taken out of documents that a search for anything similar finds.
    """
    spelled = {word: term for term in query.terms if (word := spelled_word(term)) is not None}
    if not spelled:
        return ()
    wrong = _unknown(client, index, query, spelled, languages)
    return suggest(query.text, {word: _similar(client, index, query, word) for word in wrong})


def _unknown(
    client: Api,
    index: str,
    query: SearchQuery,
    spelled: dict[str, Term],
    languages: Sequence[str],
) -> list[str]:
    """Return the words that nothing visible has."""
    words = list(spelled)
    bare = SearchQuery(visible=query.visible, versions=query.versions)
    asked = {
        f"word_{at}": query_of(bare, [spelled[word]], languages) for at, word in enumerate(words)
    }
    body = {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": conditions(bare)}},
        "aggs": {"words": {"filters": {"filters": asked}}},
    }
    buckets = client.search(index=index, body=body)["aggregations"]["words"]["buckets"]
    return [word for at, word in enumerate(words) if not buckets[f"word_{at}"]["doc_count"]]


def _similar(client: Api, index: str, query: SearchQuery, word: str) -> list[str]:
    similar: dict[str, Any] = {
        "query": word,
        "fields": WRITTEN,
        "fuzziness": reach(word),
        "max_expansions": 200,
    }
    body = {
        "size": _DOCUMENTS,
        "track_total_hits": False,
        "_source": ["facts.title", "text"],
        "query": {
            "bool": {
                "must": {"multi_match": similar},
                "filter": conditions(query, filters=False),
            }
        },
    }
    texts: list[str] = []
    for hit in client.search(index=index, body=body)["hits"]["hits"]:
        texts += [hit["_source"]["facts"]["title"], *hit["_source"]["text"].values()]
    candidates = {candidate for text in texts for candidate in exact_words(text)}
    written = (written_form(each, texts) for each in similar_words(word, candidates))
    return [each for each in written if each is not None][:MAX_SUGGESTIONS]
