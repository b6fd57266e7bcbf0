"""What plugins know of versions and collections."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.rest_api.access import find_bundle, find_collection
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.v1.version_numbers import parse_number

_EXAMPLES = [
    OpenApiExample("With one plugin", value={"tags": ["physics"]}, response_only=True),
]


class VersionAnnotationsView(BlockstoreView):
    """What plugins know of a version."""

    @extend_schema(responses=OpenApiTypes.OBJECT, examples=_EXAMPLES)
    def get(self, request: Request, bundle_uuid: str, version_num: str) -> Response:
        """Return what plugins know of a version, by their names. It changes without versions."""
        bundle = find_bundle(request.user, bundle_uuid, with_deleted=True)
        number = parse_number(bundle.uuid, version_num)
        return Response(api.get_annotations(bundle.uuid, number))


class CollectionAnnotationsView(BlockstoreView):
    """What plugins know of a collection."""

    @extend_schema(responses=OpenApiTypes.OBJECT, examples=_EXAMPLES)
    def get(self, request: Request, collection_uuid: str) -> Response:
        """Return what plugins know of a collection as such, by their names."""
        collection = find_collection(request.user, collection_uuid)
        return Response(api.get_collection_annotations(collection.uuid))
