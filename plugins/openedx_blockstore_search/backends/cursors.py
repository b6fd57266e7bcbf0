"""Where a page of results ended, as a text for the next request."""

from __future__ import annotations

import base64
import binascii
import json
import math
import zlib

from attrs import frozen

from openedx_blockstore.plugin_api.search_backends import InvalidQuery, SearchQuery
from openedx_blockstore_search.backends.texts import clean


@frozen
class Position:
    """The last result of a page: what it was sorted by, and its id."""

    key: float | str
    id: str


def to_cursor(query: SearchQuery, position: Position) -> str:
    """Return a position as an opaque text, which is of use for the same query only."""
    written = json.dumps([_fingerprint(query), position.key, position.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def from_cursor(query: SearchQuery) -> Position | None:
    """Return the position that a query's cursor tells; None where it asks for the first page.

    Raises:
        InvalidQuery: The cursor is none, or of another query.
    """
    if not query.cursor:
        return None
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != len(("fingerprint", "key", "id")):
        raise InvalidQuery("cursor", "this is not one that a page of results came with.")
    fingerprint, key, id_ = found
    key = _read_key(key, str if effective_sort(query) == "title" else float)
    if fingerprint != _fingerprint(query) or key is None or not isinstance(id_, str):
        raise InvalidQuery("cursor", "it came with another query; begin with the first page.")
    # Somebody may have made it up.
    return Position(key, clean(id_))


def _read_key(key: object, kind: type[float | str]) -> float | str | None:
    """Return what a cursor says that results are sorted by, if it is of that kind."""
    if kind is str:
        return clean(key) if isinstance(key, str) else None
    if isinstance(key, bool) or not isinstance(key, int | float):
        return None
    try:
        number = float(key)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def effective_sort(query: SearchQuery) -> str:
    """Return what results are sorted by: nothing is more relevant where no text is given."""
    return "newest" if query.sort == "relevance" and not query.terms else query.sort


def _fingerprint(query: SearchQuery) -> int:
    # Not what is visible: that may change while somebody turns pages.
    filters = sorted((each.field, sorted(each.values)) for each in query.filters)
    parts = (query.text, filters, query.versions, effective_sort(query))
    return zlib.crc32(repr(parts).encode("utf-8", "backslashreplace"))
