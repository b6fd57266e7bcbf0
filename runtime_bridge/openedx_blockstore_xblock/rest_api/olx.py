"""What authors have written of a block: reading it, and changing it in a draft."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.plugin_rest import extend_schema, valid
from openedx_blockstore_xblock import api
from openedx_blockstore_xblock.access import check_preview
from openedx_blockstore_xblock.conf import get_settings
from openedx_blockstore_xblock.preview import Preview, default_preview
from openedx_blockstore_xblock.rest_api.base import USAGE, BlockView
from openedx_blockstore_xblock.rest_api.block_serializers import (
    FieldsInputSerializer,
    OlxInputSerializer,
    OlxSerializer,
    show_olx,
)
from openedx_blockstore_xblock.rest_api.blocks import PREVIEW

_MAX_DRAFT_NAME = 180
_ETAG = re.compile(r'"([0-9a-f]{64})"')

_INTO = OpenApiParameter(
    "draft",
    OpenApiTypes.STR,
    description="The draft to change, made if it is not there; by default the one of the settings.",
)
_IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The digest of what the change was made from, in quotes; 409 if it is another now.",
)


class AuthoredView(BlockView):
    """A view of what authors have written; its ETag is the digest of that."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Give the answer the ETag that `If-Match` takes."""
        final = super().finalize_response(request, response, *args, **kwargs)
        digest = getattr(final, "data", None) and final.data.get("digest")
        if digest is not None:

            def set_etag(rendered: Any) -> None:
                rendered["ETag"] = f'"{digest}"'

            final.add_post_render_callback(set_etag)
        return final


class OlxView(AuthoredView):
    """The OLX of a block."""

    errors = {"get": (400, 403), "put": (409,)}

    @extend_schema(parameters=[USAGE, *PREVIEW], responses=OlxSerializer)
    def get(self, request: Request, usage_key: str) -> Response:
        """Return the OLX of a block; for its authors.

        With `draft`, what that draft of the block's own bundle has, wherever the block is used;
        otherwise what the mount shows, which in Studio-like processes is their draft.
        """
        key, _mount = self.authored(usage_key)
        preview = Preview.from_query(request.query_params) or default_preview()
        check_preview(self.looker, key, self.viewed(usage_key)[1], preview)
        if preview is not None and preview.draft:
            return Response(show_olx(api.get_block_olx(key, draft=preview.draft)))
        return Response(show_olx(api.get_block_olx(key, preview=preview)))

    @extend_schema(
        parameters=[USAGE, _INTO, _IF_MATCH], request=OlxInputSerializer, responses=OlxSerializer
    )
    def put(self, request: Request, usage_key: str) -> Response:
        """Give a block another OLX, in a draft of its bundle; for its authors.

        Of the block of a file's root it is the whole file, otherwise the block's own element.
        """
        key, _mount = self.authored(usage_key)
        values = valid(OlxInputSerializer(data=request.data))
        found = api.set_block_olx(
            key, values["olx"], draft=_draft_name(request), base=_base(request)
        )
        return Response(show_olx(found))


class FieldsView(AuthoredView):
    """The authored fields of a block."""

    errors = {"patch": (409,)}

    @extend_schema(
        parameters=[USAGE, _INTO, _IF_MATCH],
        request=FieldsInputSerializer,
        responses=OlxSerializer,
    )
    def patch(self, request: Request, usage_key: str) -> Response:
        """Set fields of a block, in a draft of its bundle; for its authors."""
        key, _mount = self.authored(usage_key)
        values = valid(FieldsInputSerializer(data=request.data))
        found = api.save_fields(
            key,
            values["values"],
            reset=values["reset"],
            draft=_draft_name(request),
            base=_base(request),
        )
        return Response(show_olx(found))


def _draft_name(request: Request) -> str:
    name: str = request.query_params.get("draft", get_settings().DRAFT)
    if not name.strip() or len(name) > _MAX_DRAFT_NAME or "\0" in name:
        raise ValidationError({"draft": "This is not the name of a draft."})
    return name


def _base(request: Request) -> str | None:
    header: str | None = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    found = _ETAG.fullmatch(header.strip())
    if found is None:
        raise ValidationError({"If-Match": "Send the digest in quotes, as the ETag has it."})
    return found[1]
