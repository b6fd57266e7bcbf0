"""What the engine answers, as results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from openedx_blockstore.plugin_api.search_backends import (
    FacetValue,
    Mark,
    SearchHit,
    SearchQuery,
    SearchResults,
    Snippet,
)
from openedx_blockstore_search.backends.bodies import from_facts
from openedx_blockstore_search.backends.cursors import Position, effective_sort, to_cursor
from openedx_blockstore_search.backends.elasticsearch.mapping import SEPARATOR
from openedx_blockstore_search.backends.elasticsearch.querying import CLOSE, OPEN

_MARKED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")


def read_answer(
    query: SearchQuery, answer: Mapping[str, Any], suggestions: tuple[str, ...]
) -> SearchResults:
    """Return the page that the engine's answer tells of."""
    found = answer["hits"]["hits"]
    shown = found[: query.limit]
    cursor = None
    if len(found) > len(shown) and shown:
        key, id_ = shown[-1]["sort"]
        cursor = to_cursor(query, Position(key, id_))
    total = answer["hits"]["total"]
    return SearchResults(
        tuple(_hit(each) for each in shown),
        total=total["value"],
        total_is_exact=total["relation"] == "eq",
        facets={
            name: _facet(name, answer["aggregations"][f"facet_{at}"])
            for at, name in enumerate(query.facets)
        },
        suggestions=suggestions,
        next_cursor=cursor,
    )


def position_value(query: SearchQuery, position: Position, hits: list[Mapping[str, Any]]) -> Any:
    """Return what results are behind: the last result's score as it is now, or its key."""
    if effective_sort(query) == "relevance" and hits:
        return hits[0]["_score"]
    return position.key


def _hit(hit: Mapping[str, Any]) -> SearchHit:
    document = from_facts(hit["_source"]["facts"])
    highlight = hit.get("highlight", {})
    titles = [_read_marks(each[0]) for name, each in highlight.items() if name.startswith("title.")]
    texts = [each for name, each in highlight.items() if name.startswith("text.")]
    return SearchHit(
        document,
        score=hit["_score"] or 0.0,
        title_marks=next((_in_title(each, document.title) for each in titles), ()),
        snippets=tuple(_read_marks(each) for each in texts[0] if each.strip()) if texts else (),
    )


def _in_title(found: Snippet, title: str) -> tuple[Mark, ...]:
    """Return marks as they are in the title: the engine leaves out spaces around it."""
    at = title.find(found.text)
    return () if at < 0 else tuple((start + at, end + at) for start, end in found.marks)


def _read_marks(marked: str) -> Snippet:
    """Return a text without the signs around what was looked for, and where that is."""
    pieces: list[str] = []
    marks: list[Mark] = []
    length, behind = 0, 0
    for found in _MARKED.finditer(marked):
        pieces.append(marked[behind : found.start()])
        length += len(pieces[-1])
        pieces.append(found[1])
        marks.append((length, length + len(found[1])))
        length += len(found[1])
        behind = found.end()
    pieces.append(marked[behind:])
    return Snippet("".join(pieces), _joined(marks))


def _joined(marks: list[Mark]) -> tuple[Mark, ...]:
    """Marks that touch are one: characters of scripts without spaces are marked one by one."""
    joined: list[Mark] = []
    for start, end in marks:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _facet(name: str, answer: Mapping[str, Any]) -> tuple[FacetValue, ...]:
    keys = [(bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]]
    if name.startswith("trait:"):
        keys = [(key.split(SEPARATOR, 1)[1], count) for key, count in keys]
    return tuple(FacetValue(key, count) for key, count in keys)
