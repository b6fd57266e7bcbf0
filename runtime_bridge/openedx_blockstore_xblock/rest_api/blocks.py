"""Blocks: what there is to know of them, what they show, and where their handlers are."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from xblock.core import XBlock

from openedx_blockstore.plugin_rest import Addresses, extend_schema
from openedx_blockstore_xblock.access import author_usage, check_preview
from openedx_blockstore_xblock.describing import (
    AUTHOR_VIEWS,
    LEARNER_VIEWS,
    MAX_BLOCKS,
    MAX_DEPTH,
    descendants,
    describe,
    has_view,
    shown_view,
)
from openedx_blockstore_xblock.exceptions import HandlerNotFound, ViewNotFound
from openedx_blockstore_xblock.handlers import handler_names
from openedx_blockstore_xblock.preview import Preview, default_preview
from openedx_blockstore_xblock.requests import block_user, make_runtime
from openedx_blockstore_xblock.rest_api.base import USAGE, BlockView
from openedx_blockstore_xblock.rest_api.block_serializers import (
    BlockTreeSerializer,
    FragmentSerializer,
    HandlerSerializer,
    HandlersSerializer,
    show_block,
    show_fragment,
)

_DEPTH = OpenApiParameter(
    "depth",
    {"type": "integer", "minimum": 0, "maximum": MAX_DEPTH},
    description="How many levels of what is below the block to describe as well.",
)
_VIEW = OpenApiParameter(
    "view_name",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="`student_view`, `public_view`; for authors `author_view` and `studio_view`.",
    required=True,
)
_HANDLER = OpenApiParameter(
    "handler_name", OpenApiTypes.STR, OpenApiParameter.PATH, required=True,
    description="The name of a handler, as the block's class has it.",
)  # fmt: skip
_SUFFIX = OpenApiParameter(
    "suffix", OpenApiTypes.STR, description="What the handler is given beside its name."
)
#: How the mount is looked at, where that is not as learners see it.
PREVIEW = [
    OpenApiParameter(
        "version",
        OpenApiTypes.STR,
        description="A version of the mounted bundle: its number, `latest` or `mounted`.",
    ),
    OpenApiParameter("draft", OpenApiTypes.STR, description="The name of a draft; for authors."),
    OpenApiParameter(
        "as_of", OpenApiTypes.STR, description="A date or a moment: what was the latest then."
    ),
]
_MAX_SUFFIX = 500


class LoadedBlockView(BlockView):
    """A view of what a block is for whoever is asking."""

    def load(self, request: Request, text: str) -> tuple[XBlock, bool]:
        """Return the block in the address, and whether the caller is one of its authors.

        Raises:
            BlockNotFound, MountNotFound: There is no such one, or not for the caller.
            InvalidPreview: The query asks for what can not be looked at.
            PermissionDenied: Or for what the caller may not look at.
        """
        key, access = self.viewed(text)
        preview = Preview.from_query(request.query_params) or default_preview()
        check_preview(self.looker, key, access, preview)
        runtime = make_runtime(
            block_user(request._request, is_author=access.is_author),  # noqa: SLF001 - its session
            preview=preview,
            author_mode=access.is_author,
            absolute=Addresses(request).absolute,
        )
        return runtime.get_block(key), access.is_author


class BlockDetailView(LoadedBlockView):
    """What there is to know of a block."""

    errors = {"get": (400, 403)}

    @extend_schema(parameters=[USAGE, _DEPTH, *PREVIEW], responses=BlockTreeSerializer)
    def get(self, request: Request, usage_key: str) -> Response:
        """Return what there is to know of a block, and of those below it if one asks for them."""
        depth = _depth(request)
        block, is_author = self.load(request, usage_key)
        below = descendants(block, depth)
        shown = [show_block(describe(each), is_author=is_author) for each in _some(below)]
        body = {
            **show_block(describe(block), is_author=is_author),
            "is_author": is_author,
            "descendants": shown,
            "is_complete": next(below, None) is None,
        }
        return Response(body)


class FragmentView(LoadedBlockView):
    """What a block shows."""

    errors = {"get": (400, 403)}

    @extend_schema(parameters=[USAGE, _VIEW, *PREVIEW], responses=FragmentSerializer)
    def get(self, request: Request, usage_key: str, view_name: str) -> Response:
        """Return what a block shows: HTML, the scripts and styles it needs, and how it begins.

        Visitors without an account see `public_view`. Where an author's view is missing in a
        block, `author_view` is what learners see.
        """
        if view_name not in (*LEARNER_VIEWS, *AUTHOR_VIEWS):
            raise ViewNotFound(usage_key, view_name)
        block, is_author = self.load(request, usage_key)
        if view_name != "public_view" and not self.looker.is_authenticated:
            raise NotAuthenticated
        if view_name in AUTHOR_VIEWS:
            author_usage(self.looker, block.scope_ids.usage_id)
        if not has_view(block, view_name):
            raise ViewNotFound(usage_key, view_name)
        fragment = block.runtime.render(block, shown_view(block, view_name), {})
        return Response(show_fragment(describe(block), fragment, is_author=is_author))


class HandlerListView(LoadedBlockView):
    """Where the handlers of a block are."""

    errors = {"get": (400, 403)}

    @extend_schema(parameters=[USAGE, *PREVIEW], responses=HandlersSerializer)
    def get(self, request: Request, usage_key: str) -> Response:
        """Return the addresses of a block's handlers, for the caller alone, and good for a day."""
        block, _is_author = self.load(request, usage_key)
        urls = {name: block.runtime.handler_url(block, name) for name in handler_names(block)}
        return Response({"handlers": urls})


class HandlerDetailView(LoadedBlockView):
    """Where a handler of a block is."""

    errors = {"get": (400, 403)}

    @extend_schema(parameters=[USAGE, _HANDLER, _SUFFIX, *PREVIEW], responses=HandlerSerializer)
    def get(self, request: Request, usage_key: str, handler_name: str) -> Response:
        """Return the address of a handler, for the caller alone, and good for a day."""
        block, _is_author = self.load(request, usage_key)
        if handler_name not in handler_names(block):
            raise HandlerNotFound(handler_name)
        suffix = request.query_params.get("suffix", "")
        if len(suffix) > _MAX_SUFFIX or not suffix.isprintable():
            raise ValidationError({"suffix": f"Give at most {_MAX_SUFFIX} printable characters."})
        return Response({"url": block.runtime.handler_url(block, handler_name, suffix)})


def _depth(request: Request) -> int:
    text: str = request.query_params.get("depth", "0")
    if text not in {str(number) for number in range(MAX_DEPTH + 1)}:
        raise ValidationError({"depth": f"Give a number from 0 to {MAX_DEPTH}."})
    return int(text)


def _some(blocks: Any) -> Any:
    for _number, block in zip(range(MAX_BLOCKS), blocks, strict=False):
        yield block
