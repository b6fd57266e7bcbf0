"""Hands over to the pages where bundles of a type are previewed and edited."""

from __future__ import annotations

from typing import Any

import attrs
from django.http import HttpResponseBase, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.bundle_types import PageKind, find_page
from openedx_blockstore.exceptions import BundleVersionNotFound, DraftNotFound
from openedx_blockstore.models import Bundle, BundleVersion
from openedx_blockstore.plugin_api import PageRequest
from openedx_blockstore.rest_api.access import find_bundle, find_draft
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import query_number

_PARAMETERS = [
    OpenApiParameter(
        "version",
        {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
        description="The version that it is to be about; the latest one by default.",
    ),
    OpenApiParameter(
        "draft",
        OpenApiTypes.UUID,
        description="The draft that it is to be about, instead of a version; for authors.",
    ),
]


class PageSerializer(serializers.Serializer[Any]):
    """Where to go."""

    url = serializers.URLField()


_RESPONSES = {
    200: PageSerializer,
    302: OpenApiResponse(description="The same, for those who accept `text/html`: go there."),
}
_EXAMPLES = [
    OpenApiExample(
        "A video",
        value={
            "url": "https://studio.example.com/video/0b5ef1d9-6f5c-4ee8-93c8-6a5b4bb7bd5e?version=3"
        },
        response_only=True,
        status_codes=["200"],
    )
]


class BundleTypeSerializer(serializers.Serializer[Any]):
    """A type of bundles."""

    name = serializers.CharField(help_text="What bundles of this type have as their `type`.")
    title = serializers.CharField(
        allow_blank=True, help_text="What people call it; empty where nobody said."
    )
    max_files = serializers.IntegerField(help_text="How many files a version may hold.")


class BundleTypesView(BlockstoreView):
    """The types of bundles."""

    @extend_schema(responses=BundleTypeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the types of bundles that are known here. A bundle may have any other, or none."""
        return Response([attrs.asdict(each) for each in api.get_bundle_types()])


class PreviewView(BlockstoreView):
    """Where a bundle can be looked at."""

    errors = {"query": (400,)}

    @extend_schema(parameters=_PARAMETERS, responses=_RESPONSES, examples=_EXAMPLES)
    def get(self, request: Request, bundle_uuid: str) -> HttpResponseBase:
        """Return the address of the page where bundles of this type are previewed.

        Browsers, which accept `text/html`, are sent there.
        """
        row = find_bundle(request.user, bundle_uuid)
        return _hand_over(request, row, "preview")


class EditView(BlockstoreView):
    """Where a bundle can be edited."""

    errors = {"query": (400,), "get": (403,)}

    @extend_schema(parameters=_PARAMETERS, responses=_RESPONSES, examples=_EXAMPLES)
    def get(self, request: Request, bundle_uuid: str) -> HttpResponseBase:
        """Return the address of the page where bundles of this type are edited; for authors.

        Browsers, which accept `text/html`, are sent there.
        """
        row = find_bundle(request.user, bundle_uuid, "author")
        return _hand_over(request, row, "edit")


def _hand_over(request: Request, row: Bundle, page: PageKind) -> HttpResponseBase:
    query = request.query_params
    version = query_number(query.get("version"), "version")
    draft_uuid = None
    if (given := query.get("draft")) is not None:
        if version is not None:
            raise ValidationError("Give a version or a draft, not both.")
        draft = find_draft(request.user, given)
        if draft.bundle_id != row.pk:
            raise DraftNotFound(given)
        draft_uuid = draft.uuid
    bundle = api.get_bundle(row.uuid)
    if version is None and draft_uuid is None and page == "preview":
        # There is nothing to look at in a bundle without a version.
        version = bundle.latest_version
    if version is not None:
        versions = BundleVersion.objects.filter(bundle=row, version_num=version)
        if not versions.exists():
            raise BundleVersionNotFound(row.uuid, version)
    url = find_page(
        PageRequest(
            page=page,
            bundle_uuid=row.uuid,
            bundle_type=row.type,
            collection_uuid=row.collection.uuid,
            latest_version=bundle.latest_version,
            version=version,
            draft_uuid=draft_uuid,
        )
    )
    url = Addresses(request).absolute(url)
    wants_page = "text/html" in request.headers.get("Accept", "")
    response = HttpResponseRedirect(url) if wants_page else Response({"url": url})
    patch_vary_headers(response, ["Accept"])
    return response
