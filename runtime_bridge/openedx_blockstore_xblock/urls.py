"""Addresses of the runtime bridge."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import JavaScriptCatalog

from openedx_blockstore_xblock.rest_api import blocks as rest_blocks
from openedx_blockstore_xblock.rest_api import contexts, mounts, usages
from openedx_blockstore_xblock.views import blocks, pages

app_name = "openedx_blockstore_xblock"

_CONTEXT = "v1/xblock/contexts/<str:context_key>"
_BLOCK = "v1/xblock/blocks/<str:usage_key>"

_REST = [
    path("v1/xblock/contexts", contexts.ContextListView.as_view(), name="contexts"),
    path(_CONTEXT, contexts.ContextDetailView.as_view(), name="context"),
    path(f"{_CONTEXT}/attempts", contexts.AttemptListView.as_view(), name="attempts"),
    path(f"{_CONTEXT}/updates", mounts.UpdatesView.as_view(), name="updates"),
    path(f"{_CONTEXT}/mounts/<str:alias>", mounts.MountView.as_view(), name="context-mount"),
    path(_BLOCK, rest_blocks.BlockDetailView.as_view(), name="block-detail"),
    path(f"{_BLOCK}/assets", usages.AssetListView.as_view(), name="block-assets"),
    path(f"{_BLOCK}/handlers", rest_blocks.HandlerListView.as_view(), name="block-handlers"),
    path(
        f"{_BLOCK}/handlers/<str:handler_name>",
        rest_blocks.HandlerDetailView.as_view(),
        name="block-handler",
    ),
    path(f"{_BLOCK}/settings", usages.SettingsView.as_view(), name="block-settings"),
    path(f"{_BLOCK}/state", usages.StateView.as_view(), name="block-state"),
    path(f"{_BLOCK}/view/<str:view_name>", rest_blocks.FragmentView.as_view(), name="block-view"),
]

urlpatterns = [
    *_REST,
    path(
        "xblock/handlers/<str:grant>/", blocks.HandlerView.as_view(), {"suffix": ""}, name="handler"
    ),
    path("xblock/handlers/<str:grant>/<path:suffix>", blocks.HandlerView.as_view(), name="handler"),
    path("xblock/resources/<str:block_type>/<path:uri>", blocks.show_resource, name="resource"),
    path(
        "xblock/texts.js",
        JavaScriptCatalog.as_view(packages=["openedx_blockstore_xblock"]),
        name="texts",
    ),
    path("xblock/learn/<str:context>/<str:alias>/", pages.show_mount, name="mount"),
    path("xblock/blocks/<str:usage>/", pages.show_block, name="block"),
]
