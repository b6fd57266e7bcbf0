"""Collections, their roles, and who changed them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.models import CollectionRole
from openedx_blockstore.permissions import check_create_collection, readable_collections
from openedx_blockstore.rest_api.access import find_collection
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.fields import requested_fields
from openedx_blockstore.rest_api.pagination import page_body, page_request
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.collections import (
    AuditSerializer,
    CollectionInputSerializer,
    CollectionSerializer,
    RoleInputSerializer,
    RoleSerializer,
    show_audit,
    show_collection,
)
from openedx_blockstore.rest_api.v1.serializers.common import FIELDS, PAGE, page_of, valid
from openedx_blockstore.rest_api.v1.serializers.lists import list_of

_FIELDS = tuple(CollectionSerializer().fields)
_EXAMPLE = OpenApiExample(
    "A collection",
    value={"title": "Physics", "visibility": "public_read", "owner": "University of X"},
    request_only=True,
)


class CollectionListView(BlockstoreView):
    """All collections that the caller may see."""

    errors = {"get": (400,)}

    @extend_schema(parameters=[*PAGE, FIELDS], responses=list_of(CollectionSerializer))
    def get(self, request: Request) -> Response:
        """List the collections that the caller may see, in the order in which they were made."""
        wanted = page_request(request, plain=True)
        fields = requested_fields(request, _FIELDS)
        found = readable_collections(request.user).filter(pk__gt=wanted.after).order_by("pk")
        rows, after = wanted.page(list(found[: wanted.fetch]), lambda row: row.pk)
        addresses = Addresses(request)
        results = [fields.pick(show_collection(collection, addresses)) for collection in rows]
        return Response(results if wanted.plain else page_body(request, results, after))

    @extend_schema(
        request=CollectionInputSerializer,
        responses={201: CollectionSerializer},
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Make a collection. The caller becomes its admin."""
        check_create_collection(request.user)
        values = valid(CollectionInputSerializer(data=request.data))
        collection = api.create_collection(**values, actor=self.actor)
        api.set_role(collection.uuid, "admin", user=self.user, actor=self.actor)
        return Response(show_collection(collection, Addresses(request)), status=201)


class CollectionView(BlockstoreView):
    """One collection."""

    errors = {"delete": (409,)}

    @extend_schema(responses=CollectionSerializer)
    def get(self, request: Request, collection_uuid: str) -> Response:
        """Return a collection."""
        row = find_collection(request.user, collection_uuid)
        return Response(show_collection(row, Addresses(request)))

    @extend_schema(request=CollectionInputSerializer, responses=CollectionSerializer)
    def put(self, request: Request, collection_uuid: str) -> Response:
        """Change a collection; what is left out stays as it is."""
        return self._change(request, collection_uuid, partial=False)

    @extend_schema(request=CollectionInputSerializer(partial=True), responses=CollectionSerializer)
    def patch(self, request: Request, collection_uuid: str) -> Response:
        """Change a collection in part."""
        return self._change(request, collection_uuid, partial=True)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, collection_uuid: str) -> Response:
        """Delete an empty collection. One with bundles is a conflict."""
        row = find_collection(request.user, collection_uuid, "admin")
        api.delete_collection(row.uuid, actor=self.actor)
        return Response(status=204)

    def _change(self, request: Request, collection_uuid: str, *, partial: bool) -> Response:
        row = find_collection(request.user, collection_uuid, "admin")
        values = valid(CollectionInputSerializer(data=request.data, partial=partial))
        collection = api.update_collection(row.uuid, **values, actor=self.actor)
        return Response(show_collection(collection, Addresses(request)))


class RolesView(BlockstoreView):
    """The roles on a collection."""

    errors = {"get": (400, 403)}

    @extend_schema(parameters=PAGE, responses=page_of(RoleSerializer))
    def get(self, request: Request, collection_uuid: str) -> Response:
        """List who has which role; for admins of the collection."""
        wanted = page_request(request)
        row = find_collection(request.user, collection_uuid, "admin")
        rows = (
            CollectionRole.objects.filter(collection=row, pk__gt=wanted.after)
            .select_related("user", "group")
            .order_by("pk")[: wanted.fetch]
        )
        roles, after = wanted.page(list(rows), lambda role: role.pk)
        results = [
            {
                "role": role.role,
                "user": role.user.get_username() if role.user is not None else None,
                "group": role.group.name if role.group is not None else None,
            }
            for role in roles
        ]
        return Response(page_body(request, results, after))

    @extend_schema(
        request=RoleInputSerializer,
        responses={204: None},
        examples=[
            OpenApiExample("To a user", value={"user": "ada", "role": "author"}),
            OpenApiExample("From a group", value={"group": "physicists", "role": None}),
        ],
    )
    def put(self, request: Request, collection_uuid: str) -> Response:
        """Give a user or a group a role, or take it away; for admins of the collection."""
        row = find_collection(request.user, collection_uuid, "admin")
        values = valid(RoleInputSerializer(data=request.data))
        user, group = values.get("user"), values.get("group")
        if (user is None) == (group is None):
            raise Invalid("Name either a user or a group.")
        api.set_role(row.uuid, values["role"], user=user, group=group, actor=self.actor)
        return Response(status=204)


class AuditView(BlockstoreView):
    """Who changed a collection."""

    errors = {"get": (400, 403)}

    @extend_schema(parameters=PAGE, responses=page_of(AuditSerializer))
    def get(self, request: Request, collection_uuid: str) -> Response:
        """List who changed the collection's metadata or roles, oldest first; for its admins."""
        wanted = page_request(request)
        row = find_collection(request.user, collection_uuid, "admin")
        found = api.get_collection_audit(row.uuid, after=wanted.after, limit=wanted.fetch)
        entries, after = wanted.page(found, lambda entry: entry.key)
        results: list[dict[str, Any]] = [show_audit(entry) for entry in entries]
        return Response(page_body(request, results, after))
