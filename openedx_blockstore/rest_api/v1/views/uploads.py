"""Direct uploads: reserve, ask where to send parts, see which have arrived, complete."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.api import uploads
from openedx_blockstore.exceptions import DraftNotFound, UploadNotFound
from openedx_blockstore.rest_api import access
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.v1.serializers.uploads import (
    NewUploadSerializer,
    PartNumbersSerializer,
    PartUrlsSerializer,
    UploadSerializer,
)


class DraftUploadsView(BlockstoreView):
    """The direct uploads to a draft."""

    @extend_schema(request=NewUploadSerializer, responses={201: UploadSerializer})
    def post(self, request: Request, draft_uuid: UUID | str) -> Response:
        """Reserve a direct upload of a large file to the object store.

        Where the storage takes none (`direct_upload_unavailable`), and for small files, PUT the
        file to its address in the draft.
        """
        access.find_draft(request.user, str(draft_uuid))
        serializer = NewUploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        upload = uploads.begin_upload(
            draft_uuid,
            given["path"],
            size=given["size"],
            digest=given["hash_digest"],
            public=given["public"],
        )
        return Response(UploadSerializer(upload).data, status=201)


class _UploadView(BlockstoreView):
    """An upload is for those who may edit its draft; for others it does not exist."""

    def check_upload(self, upload_uuid: UUID | str) -> None:
        """Make sure that the caller may edit the upload's draft.

        Raises:
            UploadNotFound: There is no such upload, or not for the caller.
        """
        try:
            access.find_draft(self.request.user, str(uploads.upload_draft(upload_uuid)))
        except DraftNotFound as error:
            raise UploadNotFound(upload_uuid) from error


class UploadView(_UploadView):
    """One direct upload."""

    errors = {"get": (400,)}

    @extend_schema(responses=UploadSerializer)
    def get(self, request: Request, upload_uuid: UUID | str) -> Response:
        """Say which parts have arrived, to go on after a cut."""
        self.check_upload(upload_uuid)
        return Response(UploadSerializer(uploads.get_upload(upload_uuid)).data)

    @extend_schema(responses={204: OpenApiResponse(description="Given up.")})
    def delete(self, request: Request, upload_uuid: UUID | str) -> Response:
        """Give an upload up, and remove what has arrived."""
        self.check_upload(upload_uuid)
        uploads.abort_upload(upload_uuid)
        return Response(status=204)


class UploadPartsView(_UploadView):
    """Where to send the parts of an upload."""

    @extend_schema(request=PartNumbersSerializer, responses={200: PartUrlsSerializer})
    def post(self, request: Request, upload_uuid: UUID | str) -> Response:
        """Return the URLs to send parts to, in any order and several at a time.

        Send each with PUT, with its exact size, and without this API's authentication. A URL that
        has expired is asked for again.
        """
        self.check_upload(upload_uuid)
        serializer = PartNumbersSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        urls = uploads.get_upload_urls(upload_uuid, serializer.validated_data["parts"])
        return Response(
            {
                "parts": [
                    {"number": number, "size": size, "url": url}
                    for number, (size, url) in sorted(urls.items())
                ]
            }
        )


class UploadCompleteView(_UploadView):
    """The end of an upload."""

    errors = {"post": (409,)}

    @extend_schema(
        request=None,
        parameters=[
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="The ETag that the file must have in the draft.",
            )
        ],
        responses={200: UploadSerializer},
    )
    def post(self, request: Request, upload_uuid: UUID | str) -> Response:
        """Verify what has arrived, and write it to the draft.

        It may be repeated: after missing parts were sent, after a failure, and after success.
        """
        self.check_upload(upload_uuid)
        etag = request.headers.get("If-Match", "").strip()
        digest = etag.removeprefix('"').removesuffix('"') or None
        upload = uploads.complete_upload(upload_uuid, if_match=digest)
        return Response(UploadSerializer(upload).data)
