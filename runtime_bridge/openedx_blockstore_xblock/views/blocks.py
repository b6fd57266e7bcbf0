"""Handlers of blocks, and the files of their packages."""

from __future__ import annotations

import logging
import mimetypes

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from xblock.django.request import django_to_webob_request, webob_to_django_response
from xblock.exceptions import DisallowedFileError, NoSuchHandlerError

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore_xblock.block_classes import find_class
from openedx_blockstore_xblock.exceptions import HandlerNotFound
from openedx_blockstore_xblock.handlers import read_handler_grant
from openedx_blockstore_xblock.requests import granted_user, make_runtime

log = logging.getLogger(__name__)


@csrf_exempt  # The address itself says who is asking, and nobody else can know it.
def handle(request: HttpRequest, grant: str, suffix: str) -> HttpResponse:
    """Hand a request to a block's handler, on behalf of whom the address was made for."""
    try:
        found = read_handler_grant(grant)
    except HandlerNotFound as error:
        return JsonResponse({"code": error.code, "message": str(error)}, status=404)
    try:
        runtime = make_runtime(granted_user(found), preview=found.preview)
        block = runtime.get_block(found.usage_key)
        answer = runtime.handle(block, found.handler, django_to_webob_request(request), suffix)
    except BlockstoreError as error:
        return JsonResponse({"code": error.code, "message": str(error)}, status=404)
    except NoSuchHandlerError as error:
        return JsonResponse({"code": "handler_not_found", "message": str(error)}, status=404)
    except Exception:
        # It is another package's code, and what it was sent is anybody's.
        log.exception("The handler %s of %s failed.", found.handler, found.usage_key)
        message = "The block could not do that with what it was sent."
        return JsonResponse({"code": "block_failed", "message": message}, status=422)
    response: HttpResponse = webob_to_django_response(answer)
    return response


@require_safe
@cache_control(public=True, max_age=3600)
def show_resource(_request: HttpRequest, block_type: str, uri: str) -> FileResponse:
    """Serve a public file of a block's package, such as a script."""
    block_class = find_class(block_type)
    if block_class is None:
        raise Http404
    try:
        file = block_class.open_local_resource(uri)
    except (DisallowedFileError, OSError) as error:
        raise Http404 from error
    media_type, _encoding = mimetypes.guess_type(uri)
    return FileResponse(file, content_type=media_type or "application/octet-stream")
