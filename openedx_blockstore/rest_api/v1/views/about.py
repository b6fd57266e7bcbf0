"""Where everything is, who is asking, how to log in, and the description of all that."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, BasicAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.permissions import is_staff, may_create_collections
from openedx_blockstore.rest_api.authentication import authentication_classes
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.schema import cached_schema
from openedx_blockstore.rest_api.throttling import LoginThrottle
from openedx_blockstore.rest_api.v1.addresses import Addresses

_RESOURCES = {
    "bundles": "bundles",
    "bundle_versions": "bundle-versions",
    "collections": "collections",
    "drafts": "drafts",
    "jobs": "jobs",
    "me": "me",
    "schema": "schema",
    "docs": "docs",
}


class RootView(BlockstoreView):
    """Where everything is."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="get_root")
    def get(self, request: Request) -> Response:
        """Return the addresses of the resources."""
        addresses = Addresses(request)
        return Response(
            {
                name: addresses.absolute(reverse(f"openedx_blockstore:{view}"))
                for name, view in _RESOURCES.items()
            }
        )


class UserSerializer(serializers.Serializer[Any]):
    """Who is asking."""

    username = serializers.CharField()
    is_staff = serializers.BooleanField(help_text="May do everything.")
    may_create_collections = serializers.BooleanField()


class MeView(BlockstoreView):
    """Who is asking."""

    @extend_schema(responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Return who the caller is logged in as."""
        return Response(
            {
                "username": request.user.get_username(),
                "is_staff": is_staff(request.user),
                "may_create_collections": may_create_collections(request.user),
            }
        )


class TokenSerializer(serializers.Serializer[Any]):
    """A token, for the header `Authorization: Token …`."""

    token = serializers.CharField()


class TokenView(BlockstoreView):
    """Tokens for programs; where `rest_framework.authtoken` is installed."""

    errors = {"post": (404,), "delete": (404,)}

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Take a name and password, here alone."""
        return [BasicAuthentication(), *(each() for each in authentication_classes())]

    def perform_authentication(self, request: Request) -> None:
        """Count attempts before looking at the password: those that fail are what counts."""
        throttle = LoginThrottle()
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait() or 1)
        super().perform_authentication(request)

    @extend_schema(request=None, responses=TokenSerializer)
    def post(self, request: Request) -> Response:
        """Return the caller's token, made if there is none; log in by HTTP Basic."""
        token, _created = self._tokens().get_or_create(user=request.user)
        return Response({"token": token.key})

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Make the caller's token worthless."""
        self._tokens().filter(user=request.user).delete()
        return Response(status=204)

    def _tokens(self) -> Any:
        if not apps.is_installed("rest_framework.authtoken"):
            raise NotFound("This server has no tokens.")
        return apps.get_model("authtoken", "Token").objects


class SchemaView(BlockstoreView):
    """The OpenAPI document."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Return the description of this API, as OpenAPI 3."""
        here = Addresses(request).absolute(reverse("openedx_blockstore:root"))
        return Response(cached_schema(here.removesuffix("/v1/")))


class DocsView(BlockstoreView):
    """The OpenAPI document, to browse and to try."""

    schema = None

    def get(self, request: Request) -> HttpResponse:
        """Return a page that shows the document. All of it comes from this server."""
        page = render_to_string(
            "openedx_blockstore/rest_api/docs.html",
            {"schema_url": reverse("openedx_blockstore:schema")},
            request=request._request,  # noqa: SLF001
        )
        return HttpResponse(page)


class UnknownView(BlockstoreView):
    """Whatever else one may ask for."""

    schema = None

    def get(self, request: Request, rest: str = "") -> Response:
        """There is nothing."""
        raise NotFound("There is nothing at this address.")

    post = put = patch = delete = get
