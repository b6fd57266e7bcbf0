"""Reads the bodies of requests: JSON up to a limit, and files as they come."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request

from openedx_blockstore.conf import get_settings
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.rest_api.errors import TooLarge


class BoundedJSONParser(JSONParser):
    """JSON in UTF-8, up to ``REST_MAX_JSON_BYTES``."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Parse a body.

        Raises:
            TooLarge: It is longer than allowed.
            ParseError: It is no JSON.
        """
        limit = get_settings().REST_MAX_JSON_BYTES
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(limit=limit, setting="REST_MAX_JSON_BYTES")
        # Whatever the request says of itself, JSON is UTF-8 (RFC 8259).
        context = {**(parser_context or {}), "encoding": "utf-8"}
        try:
            return super().parse(io.BytesIO(body), media_type, context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class RawParser(BaseParser):
    """Any body, which the view reads by itself; see :func:`raw_body`."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Leave the body alone."""
        return {}


class RawBody:
    """The body of a request, as a file that can be read once, and that knows where it must end.

    A connection that is cut looks like the end of the body to the application; that what came is
    complete can be told by its announced length alone.
    """

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        """Read on.

        Raises:
            Invalid: The body ends before its announced length.
        """
        wanted = self._left if size < 0 else min(size, self._left)
        data: bytes = self._stream.read(wanted) if wanted else b""
        self._left -= len(data)
        if wanted and not data:
            raise Invalid(f"The body was cut off: {self._left:,} bytes are missing.")
        return data


def raw_body(request: Request) -> RawBody:
    """Return the body of a request, to be streamed, whatever its size.

    Raises:
        Invalid: It has no announced length.
        UnsupportedMediaType: It is compressed in transit.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise UnsupportedMediaType(f"Content-Encoding {encoding}")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and not request.headers.get("Transfer-Encoding"):
        length = "0"
    if not (length.isascii() and length.isdigit()):
        raise Invalid("Send the body with a Content-Length.")
    return RawBody(request._request, int(length))  # noqa: SLF001  (documented as its way out)
