"""Reads the headers by which a write says what it expects to find (RFC 9110, section 13)."""

from __future__ import annotations

import re
from collections.abc import Callable

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from openedx_blockstore.exceptions import NotFound

_ETAG = re.compile(r'(W/)?"([^"]*)"')
#: A digest that no file has.
_NONE = "none"


def expected_digest(request: Request, current: Callable[[], str]) -> str | None:
    """Return the digest that a file must have when it is written, as the Python API takes it.

    Args:
        current: Returns the digest that the file has now, or raises ``NotFound``; called only if
            the headers leave a choice.

    Returns:
        A digest; an empty text for "not there"; None where anything will do.

    Raises:
        ValidationError: The headers make no sense.
    """
    if_none_match = request.headers.get("If-None-Match")
    if_match = request.headers.get("If-Match")
    if if_none_match is not None:
        if if_none_match.strip() != "*" or if_match is not None:
            raise ValidationError({"If-None-Match": "Only `*` makes sense here, and only alone."})
        return ""
    if if_match is None:
        return None
    strong = _strong_tags(if_match)
    if strong is not None and len(strong) == 1:
        return strong[0]
    try:
        now = current()
    except NotFound:
        return _NONE
    return now if strong is None or now in strong else _NONE


def _strong_tags(header: str) -> list[str] | None:
    """Return the tags of ``If-Match`` that may match; None for any."""
    if header.strip() == "*":
        return None
    matches = [_ETAG.fullmatch(part.strip()) for part in header.split(",")]
    if not all(matches):
        raise ValidationError({"If-Match": 'Send digests in quotes, such as `"9f86d0…"`.'})
    return [match[2] or _NONE for match in matches if match is not None and not match[1]]
