"""What a context sets for a usage, what learners have left there, and the files it may show."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.plugin_rest import (
    PAGE,
    PluginPagination,
    extend_schema,
    page_of,
    valid,
)
from openedx_blockstore_xblock import api
from openedx_blockstore_xblock.access import administer_context
from openedx_blockstore_xblock.asset_lists import list_assets
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.rest_api.base import USAGE, BlockView
from openedx_blockstore_xblock.rest_api.block_serializers import (
    AssetSerializer,
    SettingsSerializer,
    show_asset,
)
from openedx_blockstore_xblock.rest_api.blocks import PREVIEW, LoadedBlockView

_USER = OpenApiParameter(
    "user", OpenApiTypes.STR, description="The name of the learner; by default the caller."
)


class SettingsView(BlockView):
    """What a learning context sets for a usage, instead of what authors have written."""

    errors = {"get": (403,)}

    @extend_schema(parameters=[USAGE], responses=SettingsSerializer)
    def get(self, request: Request, usage_key: str) -> Response:
        """Return what the context sets; for those who may change it, and the block's authors."""
        key, access = self.viewed(usage_key)
        if not access.is_author:
            _check_admin(self, key)
        values = ALL_CONTEXTS.settings(key.context_key, [key]).get(key, {})
        return Response({"values": dict(values)})

    @extend_schema(
        parameters=[USAGE], request=SettingsSerializer, responses={200: SettingsSerializer}
    )
    def put(self, request: Request, usage_key: str) -> Response:
        """Set fields such as `due` and `max_attempts`, in place of all set before.

        For the owner of the context and staff. The bundle does not change.
        """
        key, _access = self.viewed(usage_key)
        _check_admin(self, key)
        values = valid(SettingsSerializer(data=request.data))["values"]
        api.set_usage_settings(key, values)
        return Response({"values": values})

    @extend_schema(parameters=[USAGE], responses={204: None})
    def delete(self, request: Request, usage_key: str) -> Response:
        """Take back all that the context sets; for its owner and staff."""
        key, _access = self.viewed(usage_key)
        _check_admin(self, key)
        api.set_usage_settings(key, {})
        return Response(status=204)


class StateView(BlockView):
    """What a learner has left in a block."""

    @extend_schema(parameters=[USAGE, _USER], responses={204: None})
    def delete(self, request: Request, usage_key: str) -> Response:
        """Let a learner begin a block anew, wherever in the context it is used.

        The block's authors reset their own state; the context's owner, and staff, that of
        everybody. Learners do not, since they would get around limits of attempts: a further
        attempt of the context lets them begin anew.
        """
        key, access = self.viewed(usage_key)
        if not self.looker.is_authenticated:
            raise NotAuthenticated
        name = request.query_params.get("user")
        if name is None or name == self.looker.get_username():
            if not access.is_author:
                _check_admin(self, key)
            learner: Any = self.looker
        else:
            _check_admin(self, key)
            learner = _find_user(name)
        api.reset_state(key, user_id=learner.pk)
        return Response(status=204)


class AssetListView(LoadedBlockView):
    """The static files that a block may show."""

    errors = {"get": (400, 403)}

    @extend_schema(parameters=[USAGE, *PAGE, *PREVIEW], responses=page_of(AssetSerializer))
    def get(self, request: Request, usage_key: str) -> Response:
        """List the files that a block finds as `/static/{name}`, with addresses good for a day.

        Those beside the block's file, and at the root of its bundle; and those behind links to
        which the block refers. A file is added by `PUT drafts/{draft_uuid}/files/{path}`.
        """
        page = PluginPagination(request)
        block, _is_author = self.load(request, usage_key)
        numbered = list(enumerate(list_assets(block), start=1))
        return page.answer_items(
            numbered[page.after : page.after + page.fetch],
            lambda asset: show_asset(asset, block.runtime.asset_url(block, asset.name)),
        )


def _check_admin(view: BlockView, key: BlockstoreUsageKey) -> None:
    if not view.looker.is_authenticated:
        raise NotAuthenticated
    administer_context(view.looker, key.context_key)


def _find_user(name: str) -> Any:
    model: Any = get_user_model()
    found = None
    if "\0" not in name:
        found = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()  # noqa: SLF001 - Django's own name
    if found is None:
        raise ValidationError({"user": "There is nobody of this name."})
    return found
