"""The answer to a request for a file: bytes, a part of them, or where to fetch them.

Small texts, and whatever has relative references in it, are sent by the application wherever they
lie. Other files are fetched from the object store itself, or handed over to nginx, where the
settings say so.
"""

from __future__ import annotations

import io
import posixpath
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import quote

from attrs import frozen
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, quote_etag

from openedx_blockstore.api import serving
from openedx_blockstore.conf import content_root_url, get_settings
from openedx_blockstore.data import ServedFileData
from openedx_blockstore.rest_api.v1.delivery import policies
from openedx_blockstore.rest_api.v1.delivery.media_types import MediaType, media_type
from openedx_blockstore.rest_api.v1.delivery.ranges import (
    ByteRange,
    UnsatisfiableRange,
    requested_range,
)

# What goes to a client at a time.
_CHUNK_BYTES = 256 * 2**10

#: The destinations of requests (``Sec-Fetch-Dest``) whose answers a browser opens as a page.
_PAGES = frozenset({"document", "embed", "fencedframe", "frame", "iframe", "object"})


@frozen
class Terms:
    """On which terms a file is sent.

    Attributes:
        base: The path (of the URL) below which the file's version has its files.
        cache: The value of ``Cache-Control``.
        shared: Pages of every origin may read it: nothing but its address is needed for it.
        expires_at: When what is given away must have ended, or None.
    """

    base: str
    cache: str
    shared: bool
    expires_at: datetime | None = None


def opens_as_page(request: HttpRequest, path: str) -> bool:
    """Tell whether a browser is about to open a file in which there may be scripts, as a page.

    Old browsers, and all on sites without HTTPS, do not say so; their pages lack nothing but their
    own private files.
    """
    return request.headers.get("Sec-Fetch-Dest") in _PAGES and media_type(path).document


def send_file(request: HttpRequest, file: ServedFileData, terms: Terms) -> HttpResponseBase:
    """Return the answer to a GET or HEAD of a file that the caller may read.

    Raises:
        StorageError: The storage failed.
    """
    kind = media_type(file.path)
    headers = _headers(request, file, kind, terms)
    modified = int(file.modified_at.timestamp()) if file.modified_at is not None else None
    etag = headers["ETag"]
    conditional = get_conditional_response(request, etag=etag, last_modified=modified)
    if conditional is not None:
        return _with(conditional, headers, only=_NOT_MODIFIED)
    if request.method == "HEAD":
        return _with(HttpResponse(), {**headers, "Content-Length": str(file.size)})
    if serving.can_redirect() and not kind.streamed:
        return _redirect(file, headers, terms)
    if _can_hand_over(request, kind):
        return _hand_over(file, headers)
    try:
        wanted = requested_range(request, size=file.size, etag=etag, last_modified=modified)
    except UnsatisfiableRange:
        answer = HttpResponse(status=416)
        return _with(answer, {"Content-Range": f"bytes */{file.size}", "Accept-Ranges": "bytes"})
    return _stream(file, headers, wanted)


# Of a 304 or 412; it has no body, of which the others would speak.
_NOT_MODIFIED = frozenset(
    {"Access-Control-Allow-Origin", "Cache-Control", "ETag", "Last-Modified", "Vary"}
)


def _with(
    response: HttpResponseBase, headers: Mapping[str, str], *, only: frozenset[str] | None = None
) -> HttpResponseBase:
    if only is not None or "Content-Type" not in headers:
        del response["Content-Type"]
    for name, value in headers.items():
        if only is None or name in only:
            response[name] = value
    # Pages of authors are made to stand in frames; what they could do there, their sandbox forbids.
    response.xframe_options_exempt = True  # type: ignore[attr-defined]  # read by Django's middleware
    return response


def _headers(
    request: HttpRequest, file: ServedFileData, kind: MediaType, terms: Terms
) -> dict[str, str]:
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": terms.cache,
        "Content-Disposition": _disposition(request, file, kind),
        "Content-Type": kind.header,
        "Cross-Origin-Resource-Policy": "cross-origin" if terms.shared else "same-site",
        "ETag": quote_etag(file.hash_digest),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if file.modified_at is not None:
        headers["Last-Modified"] = http_date(int(file.modified_at.timestamp()))
    if terms.shared:
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = "Accept-Ranges, Content-Range, ETag"
    if kind.document:
        headers["Content-Security-Policy"] = _page_policy(request, terms)
        headers["Vary"] = "Sec-Fetch-Dest"
    elif not kind.inert:
        headers["Content-Security-Policy"] = policies.NOTHING
    return headers


def _disposition(request: HttpRequest, file: ServedFileData, kind: MediaType) -> str:
    attachment = "download" in request.GET or not (kind.inert or kind.document)
    name = posixpath.basename(file.path)
    return content_disposition_header(attachment, name) or "inline"


def _page_policy(request: HttpRequest, terms: Terms) -> str:
    content_root = content_root_url()
    return policies.document_policy(
        request.build_absolute_uri(terms.base),
        own_domain=bool(content_root)
        and policies.origin(content_root).partition("://")[2] == request.get_host(),
        storage=serving.storage_origin() if serving.can_redirect() else "",
        others=get_settings().CONTENT_SOURCES,
    )


def _redirect(file: ServedFileData, headers: Mapping[str, str], terms: Terms) -> HttpResponseBase:
    """Send the browser to the object store, with a URL that is signed now and not kept."""
    seconds = get_settings().SIGNED_URL_SECONDS
    if terms.expires_at is not None:
        left = int((terms.expires_at - datetime.now(UTC)).total_seconds())
        seconds = max(1, min(seconds, left))
    url = serving.signed_url(
        file,
        content_type=headers["Content-Type"],
        content_disposition=headers["Content-Disposition"],
        cache_control=policies.for_a_while(seconds) if file.expiring else policies.IMMUTABLE,
        expires_in=seconds,
    )
    # Who comes back to the redirect must still find the signature good for some time.
    cache = policies.NEVER if file.expiring else f"public, max-age={seconds // 2}"
    kept = {name: value for name, value in headers.items() if name.startswith(("Acc", "Cross"))}
    moved = {"Location": url, "Cache-Control": cache, "Referrer-Policy": "no-referrer"}
    return _with(HttpResponse(status=302), {**kept, **moved})


def _can_hand_over(request: HttpRequest, kind: MediaType) -> bool:
    if not get_settings().ACCEL_REDIRECT_PREFIX or serving.is_remote():
        return False
    # nginx would judge these by itself, and does not know the ETag when it does.
    judged = {"If-Match", "If-Unmodified-Since"} & set(request.headers)
    return not kind.document and not judged


def _hand_over(file: ServedFileData, headers: Mapping[str, str]) -> HttpResponseBase:
    """Let nginx send the file, ranges included."""
    prefix = get_settings().ACCEL_REDIRECT_PREFIX.rstrip("/")
    inside = {"X-Accel-Redirect": f"{prefix}/{quote(serving.storage_name(file))}"}
    # It says by itself that it can send ranges.
    others = {name: value for name, value in headers.items() if name != "Accept-Ranges"}
    return _with(HttpResponse(), {**others, **inside})


def _stream(
    file: ServedFileData, headers: dict[str, str], wanted: ByteRange | None
) -> HttpResponseBase:
    if wanted is None:
        contents, length, status = serving.open_served_file(file), file.size, 200
    else:
        contents = serving.open_served_file(file, start=wanted.start, length=wanted.length)
        length, status = wanted.length, 206
        headers = {**headers, "Content-Range": wanted.content_range(file.size)}
    response = StreamingHttpResponse(_Chunks(contents), status=status)
    return _with(response, {**headers, "Content-Length": str(length)})


class _Chunks:
    """The chunks of an open file, which the response closes, sent or not."""

    def __init__(self, contents: BinaryIO | io.BufferedIOBase) -> None:
        self._contents = contents

    def __iter__(self) -> _Chunks:
        return self

    def __next__(self) -> bytes:
        if chunk := self._contents.read(_CHUNK_BYTES):
            return chunk
        raise StopIteration

    def close(self) -> None:
        """Close the file."""
        self._contents.close()
