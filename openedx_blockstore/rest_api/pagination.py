"""Pages by cursor: each answer says where the next one begins, however much is added meanwhile.

A list is an object with ``results`` and ``next``. The four lists of the first Blockstore were plain
arrays of everything; they still are, up to a limit, for clients that ask for neither a ``limit``
nor a ``cursor``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from attrs import frozen
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from openedx_blockstore.conf import get_settings
from openedx_blockstore.exceptions import LimitExceeded

T = TypeVar("T")

_MAX_KEY = 2**63 - 1


@frozen
class PageRequest:
    """What a caller wants of a list.

    Attributes:
        after: The key of the last item of the page before; 0 for the first page.
        limit: How many items.
        plain: An array of everything, as the first Blockstore gave it.
    """

    after: int
    limit: int
    plain: bool = False

    def page(self, items: Sequence[T], key: Callable[[T], int]) -> tuple[list[T], int | None]:
        """Return the items of the page, and the key after which the next page begins.

        Args:
            items: Up to one more than :attr:`fetch` says.
            key: Says where in the order an item stands.

        Raises:
            LimitExceeded: A plain array would be too long.
        """
        kept = list(items[: self.limit])
        if len(items) <= self.limit:
            return kept, None
        if self.plain:
            raise LimitExceeded(
                "Items in a list that is not asked for in pages (use `limit`)",
                actual=len(items),
                limit=self.limit,
                setting="REST_MAX_LIST",
            )
        return kept, key(kept[-1])

    @property
    def fetch(self) -> int:
        """How many items to look for: one more than a page holds, to know whether there is more."""
        return self.limit + 1


def page_request(request: Request, *, plain: bool = False) -> PageRequest:
    """Read what a caller wants of a list.

    Args:
        plain: Whether a caller who asks for no pages gets an array of everything.

    Raises:
        ValidationError: The cursor is none of ours, or the limit no number that is allowed.
    """
    cursor, limit = request.query_params.get("cursor"), request.query_params.get("limit")
    if plain and cursor is None and limit is None:
        return PageRequest(0, get_settings().REST_MAX_LIST, plain=True)
    return read_page(cursor, limit)


def read_page(cursor: str | None, limit: str | None) -> PageRequest:
    """Read a cursor and a limit, either of which may be missing.

    Raises:
        ValidationError: The cursor is none of ours, or the limit no number that is allowed.
    """
    size = get_settings().REST_PAGE_SIZE
    if limit is not None:
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= _max_page()):
            raise ValidationError({"limit": f"Give a number from 1 to {_max_page()}."})
        size = int(limit)
    return PageRequest(_decode(cursor) if cursor is not None else 0, size)


def _max_page() -> int:
    return get_settings().REST_MAX_PAGE_SIZE


def page_body(request: Request, results: Sequence[Any], after: int | None) -> dict[str, Any]:
    """Return a page as it is sent: the results, and the address of the next page."""
    if after is None:
        return {"next": None, "results": results}
    parameters = [
        (name, value)
        for name, values in request.query_params.lists()
        for value in values
        if name != "cursor"
    ]
    query = urlencode([*parameters, ("cursor", encode(after))])
    return {"next": request.build_absolute_uri(f"{request.path}?{query}"), "results": results}


def encode(key: int) -> str:
    """Return the cursor for a key. What is in it is nobody's business."""
    return base64.urlsafe_b64encode(b"k%d" % key).decode().rstrip("=")


def _decode(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        text = b""
    digits = text[1:]
    if text[:1] == b"k" and digits.isdigit() and len(digits) < 20:  # noqa: PLR2004
        key = int(digits)
        if key <= _MAX_KEY:
            return key
    raise ValidationError({"cursor": "This is no cursor. Take it from `next` of the page before."})
