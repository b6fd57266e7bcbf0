"""Bundles: finding, making, changing and deleting them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from openedx_blockstore.models import Bundle, fold_text
from openedx_blockstore.permissions import User, authored_bundles, check, readable_bundles
from openedx_blockstore.rest_api.access import find_bundle, find_collection, in_body, parse_uuid
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.fields import Fields, requested_fields
from openedx_blockstore.rest_api.pagination import PageRequest, page_body, page_request, read_page
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.bundles import (
    BUNDLE_FIELDS,
    BundleInputSerializer,
    BundleSearchSerializer,
    BundleSerializer,
    RevertInputSerializer,
    show_bundle,
)
from openedx_blockstore.rest_api.v1.serializers.common import FIELDS, PAGE, valid
from openedx_blockstore.rest_api.v1.serializers.drafts import CommittedSerializer, show_advice
from openedx_blockstore.rest_api.v1.serializers.lists import list_of, sparse, sparse_page_of

# Databases bound the number of values in one statement.
_BATCH = 500

_FILTERS = [
    OpenApiParameter("uuid", OpenApiTypes.STR, description="Only these, separated by commas."),
    OpenApiParameter(
        "text_search",
        OpenApiTypes.STR,
        description="Only those with this in their title, description or slug.",
    ),
    OpenApiParameter("collection_uuid", OpenApiTypes.UUID, description="Only of this collection."),
    OpenApiParameter("type", OpenApiTypes.STR, description="Only of this type."),
]


class BundleListView(BlockstoreView):
    """All bundles that the caller may see."""

    errors = {"get": (400, 413, 415)}

    @extend_schema(parameters=[*_FILTERS, *PAGE, FIELDS], responses=list_of(BundleSerializer))
    def get(self, request: Request) -> Response:
        """List bundles in the order in which they were made.

        The filters may also stand in a body, as clients of the first Blockstore send them.
        """
        wanted = page_request(request, plain=True)
        fields = requested_fields(request, BUNDLE_FIELDS)
        # What stands in the address wins as a whole, as it did in the first Blockstore.
        given: Any = {
            name: value
            for name, value in request.query_params.items()
            if name not in {"cursor", "limit", "fields"}
        }
        given = given or request.data or {}
        if not isinstance(given, dict):
            raise ValidationError("Send an object with filters.")
        for old in ("collection__uuid",):
            if old in given:
                given["collection_uuid"] = given.pop(old)
        if isinstance(given.get("uuid"), str):
            # Those that are no UUIDs are not there, like those that are none of ours.
            parts = [part.strip() for part in given["uuid"].split(",") if part.strip()]
            given["uuid"] = [part for part in parts if parse_uuid(part) is not None]
        filters = valid(BundleSearchSerializer(data=given))
        return _found(request, filters, wanted, fields)

    @extend_schema(
        request=BundleInputSerializer,
        responses={201: BundleSerializer},
        examples=[
            OpenApiExample(
                "A bundle",
                value={
                    "collection_uuid": "0b5ef1d9-6f5c-4ee8-93c8-6a5b4bb7bd5e",
                    "title": "Unit 1",
                    "slug": "unit-1",
                    "description": "",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Make a bundle; for authors of the collection."""
        values = valid(BundleInputSerializer(data=request.data))
        with in_body():
            collection = find_collection(request.user, str(values.pop("collection_uuid")), "author")
        bundle = api.create_bundle(collection.uuid, **values, actor=self.actor)
        return Response(one_bundle(request, bundle), status=201)


class BundleSearchView(BlockstoreView):
    """The same list, for questions that are too long for an address."""

    @extend_schema(
        parameters=[FIELDS],
        request=BundleSearchSerializer,
        responses=sparse_page_of(BundleSerializer),
        examples=[
            OpenApiExample(
                "Some of many",
                value={"uuid": ["0b5ef1d9-6f5c-4ee8-93c8-6a5b4bb7bd5e"], "text_search": "unit"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """List bundles as `GET bundles` does, in pages; to go on, send `cursor` in the body.

        The cursor is the one in the address in `next`.
        """
        filters = valid(BundleSearchSerializer(data=request.data))
        limit = filters.pop("limit", None)
        wanted = read_page(filters.pop("cursor", None), str(limit) if limit is not None else None)
        return _found(request, filters, wanted, requested_fields(request, BUNDLE_FIELDS))


class BundleView(BlockstoreView):
    """One bundle."""

    errors = {"get": (400,), "put": (409,), "patch": (409,)}

    @extend_schema(parameters=[FIELDS], responses=sparse(BundleSerializer))
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """Return a bundle."""
        fields = requested_fields(request, BUNDLE_FIELDS)
        row = find_bundle(request.user, bundle_uuid)
        return Response(one_bundle(request, api.get_bundle(row.uuid), fields))

    @extend_schema(request=BundleInputSerializer, responses=BundleSerializer)
    def put(self, request: Request, bundle_uuid: str) -> Response:
        """Change a bundle; see PATCH."""
        return self._change(request, bundle_uuid, partial=False)

    @extend_schema(request=BundleInputSerializer(partial=True), responses=BundleSerializer)
    def patch(self, request: Request, bundle_uuid: str) -> Response:
        """Change a bundle; for authors.

        Moving it to another collection is for admins of its collection who are authors of the
        other one.
        """
        return self._change(request, bundle_uuid, partial=True)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bundle_uuid: str) -> Response:
        """Delete a bundle; for authors. It can be undone."""
        row = find_bundle(request.user, bundle_uuid, "author")
        api.delete_bundle(row.uuid, actor=self.actor)
        return Response(status=204)

    def _change(self, request: Request, bundle_uuid: str, *, partial: bool) -> Response:
        row = find_bundle(request.user, bundle_uuid, "author")
        values = valid(BundleInputSerializer(data=request.data, partial=partial))
        if (target := values.pop("collection_uuid", row.collection.uuid)) != row.collection.uuid:
            with in_body():
                find_collection(request.user, str(target), "author")
            check(request.user, "admin", row.collection)
            values["collection_uuid"] = target
        bundle = api.update_bundle(row.uuid, **values, actor=self.actor)
        return Response(one_bundle(request, bundle))


class UndeleteView(BlockstoreView):
    """Takes back the deletion of a bundle."""

    @extend_schema(request=None, responses=BundleSerializer)
    def post(self, request: Request, bundle_uuid: str) -> Response:
        """Take back the deletion of a bundle; for authors."""
        row = find_bundle(request.user, bundle_uuid, "author", with_deleted=True)
        bundle = api.undelete_bundle(row.uuid, actor=self.actor)
        return Response(one_bundle(request, bundle))


class RevertView(BlockstoreView):
    """Goes back to what a bundle held before."""

    errors = {"post": (409,)}

    @extend_schema(
        request=RevertInputSerializer,
        responses={201: CommittedSerializer},
        examples=[OpenApiExample("Back to the second", value={"version": 2}, request_only=True)],
    )
    def post(self, request: Request, bundle_uuid: str) -> Response:
        """Make a new version that holds what an old one holds; for authors."""
        row = find_bundle(request.user, bundle_uuid, "author")
        values = valid(RevertInputSerializer(data=request.data))
        with in_body():
            version = api.revert_bundle(
                row.uuid, values.pop("version"), author=self.actor, **values
            )
        return Response(
            {
                "bundle_version": Addresses(request).version(row.uuid, version.version),
                "version_num": version.version,
                "hash_digest": version.manifest_digest,
                "advice": show_advice(api.get_advice(row.uuid, version.version)),
            },
            status=201,
        )


def one_bundle(
    request: Request, bundle: BundleData, fields: Fields | None = None
) -> dict[str, Any]:
    """Return a bundle as the caller may see it."""
    fields = fields or Fields(None, known=BUNDLE_FIELDS)
    authored = _authored(request.user, [bundle.uuid])
    return show_bundle(bundle, Addresses(request), fields, with_drafts=bundle.uuid in authored)


def _found(
    request: Request, filters: dict[str, Any], wanted: PageRequest, fields: Fields
) -> Response:
    rows = _filtered(request.user, filters)
    keys, after = wanted.page(_keys(rows, filters.get("uuid"), wanted), lambda pair: pair[0])
    uuids = [uuid for _key, uuid in keys]
    authored = _authored(request.user, uuids) if fields.wants("drafts") else set()
    addresses = Addresses(request)
    results = [
        show_bundle(bundle, addresses, fields, with_drafts=bundle.uuid in authored)
        for bundle in (api.get_bundles(uuids=uuids) if uuids else [])
    ]
    return Response(results if wanted.plain else page_body(request, results, after))


def _filtered(user: User, filters: dict[str, Any]) -> QuerySet[Bundle]:
    rows = readable_bundles(user).filter(deleted_at=None)
    if text := filters.get("text_search"):
        rows = rows.filter(search_text__contains=fold_text(text))
    if (collection_uuid := filters.get("collection_uuid")) is not None:
        rows = rows.filter(collection__uuid=collection_uuid)
    if (type_ := filters.get("type")) is not None:
        rows = rows.filter(type=type_)
    return rows


def _keys(
    rows: QuerySet[Bundle], uuids: Sequence[UUID] | None, wanted: PageRequest
) -> list[tuple[int, UUID]]:
    rows = rows.filter(pk__gt=wanted.after).order_by("pk")
    if uuids is None:
        return list(rows.values_list("pk", "uuid")[: wanted.fetch])
    found: set[tuple[int, UUID]] = set()
    for start in range(0, len(uuids), _BATCH):
        found.update(rows.filter(uuid__in=uuids[start : start + _BATCH]).values_list("pk", "uuid"))
    return sorted(found)[: wanted.fetch]


def _authored(user: User, uuids: Iterable[UUID]) -> set[UUID]:
    """Return those of these bundles whose drafts a user may see."""
    wanted = list(uuids)
    rows = authored_bundles(user)
    return {
        uuid
        for start in range(0, len(wanted), _BATCH)
        for uuid in rows.filter(uuid__in=wanted[start : start + _BATCH]).values_list(
            "uuid", flat=True
        )
    }
