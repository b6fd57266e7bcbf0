"""Handlers of blocks, and the files of their packages."""

from __future__ import annotations

import logging
import mimetypes

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from xblock.django.request import django_to_webob_request, webob_to_django_response
from xblock.exceptions import DisallowedFileError, NoSuchHandlerError

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore.plugin_rest import PluginView
from openedx_blockstore_xblock.access import MountAccess, check_preview, view_usage
from openedx_blockstore_xblock.block_classes import find_class
from openedx_blockstore_xblock.editing import EditSession
from openedx_blockstore_xblock.exceptions import HandlerNotFound
from openedx_blockstore_xblock.handlers import HandlerGrant, read_handler_grant
from openedx_blockstore_xblock.requests import granted_account, granted_user, make_runtime

log = logging.getLogger(__name__)


class BlockFailed(APIException):
    """A block could not do what it was asked for."""

    status_code = 422
    default_code = "block_failed"
    default_detail = "The block could not do that with what it was sent."


class HandlerView(PluginView):
    """The handlers of blocks. The address itself says who is asking, and nobody else can know it.

    What goes wrong is answered as everywhere else in the REST API.
    """

    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    schema = None  # browsers come here, by addresses that they are given

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return that nobody needs to say who they are."""
        return []

    def handle(self, request: Request, grant: str, suffix: str) -> HttpResponse:
        """Hand a request to a block's handler, on behalf of whom the address was made for."""
        found = read_handler_grant(grant)
        account = granted_account(found)
        # What could be viewed when the address was made may be nobody's business by now.
        access = view_usage(account, found.usage_key)
        check_preview(account, found.usage_key, access, found.preview)
        user = granted_user(found, account, is_author=access.is_author)
        editing = _editing(found, access)
        runtime = make_runtime(
            user, preview=found.preview, author_mode=editing is not None, editing=editing
        )
        block = runtime.get_block(found.usage_key)
        try:
            webob = django_to_webob_request(request._request)  # noqa: SLF001  (documented as such)
            answer = runtime.handle(block, found.handler, webob, suffix)
        except NoSuchHandlerError as error:
            raise HandlerNotFound from error
        except (BlockstoreError, DatabaseError, RequestDataTooBig):
            raise
        except Exception as error:
            # It is another package's code, and what it was sent is anybody's.
            log.exception("The handler %s of %s failed.", found.handler, found.usage_key)
            raise BlockFailed from error
        response: HttpResponse = webob_to_django_response(answer)
        return response

    get = post = put = patch = delete = handle


def _editing(grant: HandlerGrant, access: MountAccess) -> EditSession | None:
    """Return what saves the changes of an author; None where nobody edits.

    Raises:
        HandlerNotFound: Whom the address was made for is no author any more.
    """
    if not grant.base or grant.preview is None:
        return None
    if not access.is_author:
        raise HandlerNotFound
    return EditSession(grant.preview.draft, {grant.usage_key: grant.base})


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
