"""The views behind the URLs of files. Only ``urls`` imports them.

Only staff may open them so far: who else may is a matter of roles, which the REST API brings.
"""

from __future__ import annotations

import contextlib
import mimetypes
import posixpath
import unicodedata
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from uuid import UUID

from django.contrib.admin.views.decorators import staff_member_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.http import require_safe

from openedx_blockstore import api
from openedx_blockstore.data import BundleFileData
from openedx_blockstore.exceptions import NotFound

_CHUNK_BYTES = 256 * 2**10


@require_safe
@staff_member_required
def version_file(
    request: HttpRequest, bundle_uuid: UUID, version_num: int, path: str
) -> HttpResponseBase:
    """Serve a file of a version."""
    with _not_found_as_404():
        version = api.get_bundle_version(bundle_uuid, version_num)
        files = version.files if version is not None else {}
        return _serve(request, bundle_uuid, files, path, version_number=version_num)


@require_safe
@staff_member_required
def draft_file(request: HttpRequest, draft_uuid: UUID, path: str) -> HttpResponseBase:
    """Serve a file as a draft shows it."""
    with _not_found_as_404():
        draft = api.get_draft(draft_uuid)
        return _serve(request, draft.bundle_uuid, draft.files, path, use_draft=draft.name)


def _serve(
    request: HttpRequest,
    bundle_uuid: UUID,
    files: Mapping[str, BundleFileData],
    path: str,
    *,
    version_number: int | None = None,
    use_draft: str | None = None,
) -> HttpResponseBase:
    file = files.get(unicodedata.normalize("NFC", path))
    if file is None:
        raise Http404
    etag = quote_etag(file.hash_digest)
    if (answer := get_conditional_response(request, etag=etag)) is not None:
        answer["ETag"] = etag
        return answer
    # Opened here rather than while sending: what can not be opened is an error, not half an answer.
    opened = contextlib.ExitStack()
    contents = opened.enter_context(
        api.open_bundle_file(
            bundle_uuid, file.path, version_number=version_number, use_draft=use_draft
        )
    )
    # What authors upload may be a page with scripts in it. It is offered for download, under a
    # type that no browser guesses at, and never runs on this site.
    response = StreamingHttpResponse(
        _Chunks(contents, opened),
        content_type=mimetypes.guess_type(file.path)[0] or "application/octet-stream",
    )
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=posixpath.basename(file.path)
    )
    response["Content-Length"] = str(file.size)
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


class _Chunks:
    """The contents in pieces; whoever sends them closes this, also if nobody reads on (HEAD)."""

    def __init__(self, contents: BinaryIO, opened: contextlib.ExitStack) -> None:
        self._contents = contents
        self.close = opened.close

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._contents.read(_CHUNK_BYTES):
            yield chunk


@contextlib.contextmanager
def _not_found_as_404() -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise Http404(str(error)) from error
