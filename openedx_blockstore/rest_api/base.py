"""What all views of the REST API have in common.

Nothing here depends on the host's ``REST_FRAMEWORK`` settings, so that the same requests get the
same answers everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from openedx_blockstore.rest_api.authentication import IsLoggedIn, authentication_classes
from openedx_blockstore.rest_api.errors import handle_error
from openedx_blockstore.rest_api.parsers import BoundedJSONParser
from openedx_blockstore.rest_api.renderers import AnyTextJSONRenderer
from openedx_blockstore.rest_api.schema import BlockstoreSchema
from openedx_blockstore.rest_api.throttling import AnonymousThrottle, UserThrottle
from openedx_blockstore.store import digest_of

_SAFE = frozenset({"GET", "HEAD"})


class AlwaysJSON(BaseContentNegotiation):
    """Answers in JSON, whatever a client says it prefers, and parses by the body's type."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser for the type of the body."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next(
            (parser for parser in parsers if parser.media_type in {kind, "*/*"}),
            None,
        )

    def select_renderer(
        self,
        request: Request,
        renderers: Sequence[BaseRenderer] | Any,
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the first one."""
        return renderers[0], renderers[0].media_type


class BlockstoreView(APIView):
    """A view of the REST API.

    Attributes:
        errors: By method, the statuses of errors that its operations have beside the usual ones,
            for the OpenAPI document.
    """

    errors: ClassVar[dict[str, Sequence[int]]] = {}

    schema: Any = BlockstoreSchema()
    permission_classes = [IsLoggedIn]
    parser_classes = [BoundedJSONParser]
    renderer_classes = [AnyTextJSONRenderer]
    content_negotiation_class = AlwaysJSON
    throttle_classes: Sequence[type[BaseThrottle]] = [UserThrottle, AnonymousThrottle]
    metadata_class = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view's function.

        A host may run each request in a transaction. A function of the Python API makes its own,
        as short as it can be, and an upload of hours must not keep one open.
        """
        view = super().as_view(**initkwargs)
        view._non_atomic_requests = {DEFAULT_DB_ALIAS, *connections}  # type: ignore[attr-defined]  # noqa: SLF001
        return view

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return how callers may say who they are."""
        return [authenticator() for authenticator in authentication_classes()]

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Return what makes an answer of an error."""
        return handle_error

    @property
    def user(self) -> AbstractBaseUser:
        """The caller, who is logged in."""
        return cast(AbstractBaseUser, self.request.user)

    @property
    def actor(self) -> str:
        """The name of the caller."""
        return str(self.request.user.get_username())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers that all answers have, and answer 304 where the caller knows it all."""
        final: Any = super().finalize_response(request, response, *args, **kwargs)
        if not final.has_header("Cache-Control"):
            # Who may see what changes any time, so a cache has to ask.
            final["Cache-Control"] = "private, no-cache"
        final["X-Content-Type-Options"] = "nosniff"
        patch_vary_headers(final, ["Authorization", "Cookie"])
        if isinstance(final, Response) and request.method in _SAFE and final.status_code == 200:  # noqa: PLR2004
            final.add_post_render_callback(_conditional(request._request))  # noqa: SLF001
        return final


def _conditional(request: HttpRequest) -> Callable[[Any], Any]:
    """Return what gives a rendered answer its ETag, and leaves it away if the caller has it."""

    def conditional(response: Any) -> Any:
        etag = "W/" + quote_etag(digest_of(response.content)[:32])
        response["ETag"] = etag
        final = get_conditional_response(request, etag=etag, response=response)
        if final is not None and final is not response:
            for name in ("Cache-Control", "Vary"):
                final[name] = response[name]
        return final

    return conditional
