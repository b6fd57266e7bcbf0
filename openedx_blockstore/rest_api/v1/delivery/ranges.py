"""Which bytes a request asks for: ``Range`` and ``If-Range``, as in RFC 9110, section 14.

One range is answered with ``206 Partial Content``. Several in one request are answered with the
whole, as the RFC allows: no player or browser needs them, and they are a way to make a server work.
"""

from __future__ import annotations

import re

from attrs import frozen
from django.http import HttpRequest
from django.utils.http import parse_http_date_safe

_BYTES = re.compile(r"bytes\s*=\s*(?P<ranges>.+)", re.IGNORECASE)
_RANGE = re.compile(r"(?P<first>\d*)\s*-\s*(?P<last>\d*)", re.ASCII)


@frozen
class ByteRange:
    """Some bytes of a file: ``length`` of them, beginning with the one numbered ``start``."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """Return the value of ``Content-Range``."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


class UnsatisfiableRange(Exception):
    """The request asks for bytes behind the end of the file."""


def requested_range(
    request: HttpRequest, *, size: int, etag: str, last_modified: int | None
) -> ByteRange | None:
    """Return the range of a file that a request is for; None for the whole.

    Args:
        size: Of the file, in bytes.
        etag: Of the file, in quotes.
        last_modified: Of the file, in seconds since 1970; None if that is not known.

    Raises:
        UnsatisfiableRange: No byte of the range is there.
    """
    header = request.headers.get("Range")
    if request.method != "GET" or header is None or not _unchanged(request, etag, last_modified):
        return None
    found = _BYTES.fullmatch(header.strip())
    if found is None or "," in found["ranges"]:
        return None
    parsed = _RANGE.fullmatch(found["ranges"].strip())
    if parsed is None or not (parsed["first"] or parsed["last"]):
        return None
    return _range(parsed["first"], parsed["last"], size)


def _range(first: str, last: str, size: int) -> ByteRange | None:
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise UnsatisfiableRange
        return ByteRange(size - length, length)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise UnsatisfiableRange
    end = min(int(last), size - 1) if last else size - 1
    return ByteRange(start, end - start + 1)


def _unchanged(request: HttpRequest, etag: str, last_modified: int | None) -> bool:
    """Tell whether ``If-Range``, if there is one, allows to answer with a range."""
    condition = request.headers.get("If-Range")
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag
    date = parse_http_date_safe(condition)
    return date is not None and date == last_modified
