"""Copying to another server, so that only the bytes go over the network that are missing there."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.rest_api.access import find_collection
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.v1.serializers.common import valid
from openedx_blockstore.rest_api.v1.serializers.jobs import ArchiveImportSerializer, JobSerializer
from openedx_blockstore.rest_api.v1.serializers.replication import (
    MissingContentsSerializer,
    WantedContentsSerializer,
)
from openedx_blockstore.rest_api.v1.views import transfers


class MissingContentsView(BlockstoreView):
    """Which contents have to be sent."""

    @extend_schema(
        request=WantedContentsSerializer,
        responses=MissingContentsSerializer,
        examples=[
            OpenApiExample(
                "One file of one bundle",
                value={
                    "bundles": {
                        "3f1cbb29-5f1f-4f0e-8a4e-6d0b8c3c9a11": [
                            "5194098322e0a5b90d7e5ab98ac5dfee7ebd93dfc50d10ba05d588894b5c8524"
                        ]
                    }
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, collection_uuid: str) -> Response:
        """Return the digests of the contents that no version of these bundles has here.

        For authors of the collection, who may read all that is in it. `import_thin` takes an
        archive without the others.
        """
        row = find_collection(request.user, collection_uuid, "author")
        wanted = valid(WantedContentsSerializer(data=request.data))["bundles"]
        named = {digest for digests in wanted.values() for digest in digests}
        known = api.find_known_contents(row.uuid, wanted)
        return Response({"missing": sorted(named - known)})


class ImportThinView(transfers.ImportView):
    """Imports archives that do not hold what is here."""

    kind = "import_archive"
    details = {"known_contents": True}

    @extend_schema(
        parameters=[transfers.DRY_RUN, transfers.AS_JOB],
        request=transfers.ARCHIVE,
        responses={200: ArchiveImportSerializer, 202: JobSerializer},
    )
    def post(self, request: Request, collection_uuid: str) -> Response:
        """Import an archive of many trees, of which contents that are here may be left out.

        See `missing_contents`. Otherwise it is as `import`.
        """
        return self.run(request, collection_uuid)
