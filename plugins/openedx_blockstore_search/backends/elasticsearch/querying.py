"""Queries as the engine has them."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from openedx_blockstore.plugin_api.search_backends import (
    MAX_EXACT_TOTAL,
    Filter,
    SearchQuery,
    Term,
)
from openedx_blockstore_search.backends.cursors import effective_sort
from openedx_blockstore_search.backends.elasticsearch.mapping import SEPARATOR
from openedx_blockstore_search.backends.marks import MAX_SNIPPETS, SNIPPET_SIZE
from openedx_blockstore_search.backends.texts import clean_value
from openedx_blockstore_search.backends.words import read_sought

#: What the engine takes in one list, and in all of a query.
_MAX_TERMS = 60_000
_MAX_CLAUSES = 900

#: What marks begin and end with in what the engine gives back. No text that is indexed has these.
OPEN, CLOSE = "\ue000", "\ue001"

WRITTEN = ["all_title^6", "all_text^1.5"]

_SORTS = {
    "relevance": [{"_score": "desc"}, {"id": "asc"}],
    "title": [{"sort_title": "asc"}, {"id": "asc"}],
    "newest": [{"modified": "desc"}, {"id": "asc"}],
}

_Json = dict[str, Any]


def search_body(
    query: SearchQuery, terms: Sequence[Term], languages: Sequence[str]
) -> dict[str, Any]:
    """Return the request for a page.

    Args:
        terms: Those of the query that have words.
        languages: Those that documents are in, the most frequent first.
    """
    return {
        "query": query_of(query, terms, languages),
        "size": query.limit + 1 if query.limit else 0,
        "sort": _SORTS[effective_sort(query)],
        "track_scores": True,
        "track_total_hits": MAX_EXACT_TOTAL,
        "_source": ["facts"],
        "highlight": _highlight(query_of_words(terms, languages)),
        "aggs": {f"facet_{at}": _facet(name, query) for at, name in enumerate(query.facets)},
    }


def preference_of(query: SearchQuery) -> str:
    """Return what lets one query be answered by the same copies of the index each time.

    Copies differ in what they know of removed documents, and so in scores.
    """
    return f"blockstore-{zlib.crc32(query.text.encode('utf-8', 'backslashreplace'))}"


def with_words(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return those terms that have words: a dash, say, is passed over."""
    return tuple(term for term in terms if read_sought(term.text) is not None)


def query_of(query: SearchQuery, terms: Sequence[Term], languages: Sequence[str]) -> _Json:
    """Return what documents must fulfil."""
    found = query_of_words(terms, languages)
    found["bool"]["filter"] = conditions(query)
    return found


def query_of_words(terms: Sequence[Term], languages: Sequence[str]) -> _Json:
    """Return which words documents must have, and which they must not."""
    room = (_MAX_CLAUSES // max(1, len(terms)) - len(WRITTEN)) // 2
    fields = [
        *WRITTEN,
        *(field for code in languages[:room] for field in (f"title.{code}^4", f"text.{code}")),
    ]
    return {
        "bool": {
            "must": [term_query(term, fields) for term in terms if not term.excluded],
            "must_not": [term_query(term, fields) for term in terms if term.excluded],
        }
    }


def term_query(term: Term, fields: Sequence[str]) -> _Json:
    """Return what finds a term: its words must follow one another."""
    text = unicodedata.normalize("NFC", term.text)
    if term.prefix:
        kind = "bool_prefix" if len(text.split()) == 1 else "phrase_prefix"
        return {
            "multi_match": {
                "query": text,
                "type": kind,
                "fields": WRITTEN,
                **({"operator": "and"} if kind == "bool_prefix" else {}),
            }
        }
    return {
        "multi_match": {
            "query": text,
            "type": "phrase",
            "fields": list(fields),
            "tie_breaker": 0.3,
        }
    }


def conditions(query: SearchQuery, *, filters: bool = True) -> list[_Json]:
    """Return what documents must fulfil besides their words.

    Args:
        filters: Otherwise only what the caller may see, of the versions that are asked for.
    """
    found = []
    if query.visible is not None:
        found.append(_any_of("collection", [str(uuid) for uuid in query.visible]))
    if query.versions == "latest":
        found.append({"bool": {"must_not": {"exists": {"field": "last"}}}})
    elif query.versions != "all":
        number = max(-(2**63), min(int(query.versions), 2**63 - 1))
        open_end = {"bool": {"must_not": {"exists": {"field": "last"}}}}
        found.append({"range": {"first": {"lte": number}}})
        found.append({"bool": {"should": [{"range": {"last": {"gte": number}}}, open_end]}})
    return found + [_filter(each) for each in (query.filters if filters else ())]


def _filter(wanted: Filter) -> _Json:
    values = [clean_value(value) for value in wanted.values if value]
    if wanted.field.startswith("trait:"):
        name = clean_value(wanted.field).removeprefix("trait:")
        return _any_of("trait", [f"{name}{SEPARATOR}{value}" for value in values])
    return _any_of(wanted.field, values)


def _any_of(field: str, values: Sequence[str]) -> _Json:
    lists = [values[at : at + _MAX_TERMS] for at in range(0, len(values), _MAX_TERMS)]
    if not lists:
        return {"match_none": {}}
    return {"bool": {"should": [{"terms": {field: list(each)}} for each in lists]}}


def _facet(name: str, query: SearchQuery) -> _Json:
    terms: _Json = {
        "field": name,
        "size": query.facet_size,
        "order": [{"_count": "desc"}, {"_key": "asc"}],
    }
    if name.startswith("trait:"):
        terms["field"] = "trait"
        terms["include"] = f"{_as_pattern(clean_value(name).removeprefix('trait:'))}{SEPARATOR}.*"
    return {"terms": terms}


def _as_pattern(text: str) -> str:
    return "".join(each if each.isalnum() else f"\\{each}" for each in text)


def _highlight(words: _Json) -> _Json:
    whole = {"number_of_fragments": 0}
    return {
        "type": "unified",
        # Not what is filtered by, which may be ten thousand values.
        "highlight_query": words,
        "pre_tags": [OPEN],
        "post_tags": [CLOSE],
        "order": "none",
        # What was looked for as it is written is marked in the fields of languages.
        "require_field_match": False,
        "fields": {
            "title.*": whole,
            "text.*": {
                "number_of_fragments": MAX_SNIPPETS,
                "fragment_size": SNIPPET_SIZE,
                "no_match_size": SNIPPET_SIZE,
            },
        },
    }
