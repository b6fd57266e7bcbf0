"""Addresses of the bridge's REST API, below Blockstore's own."""

from __future__ import annotations

from django.urls import path

from openedx_blockstore_xblock.rest_api import blocks, contexts, mounts, olx, usages

_CONTEXT = "v1/xblock/contexts/<str:context_key>"
_BLOCK = "v1/xblock/blocks/<str:usage_key>"

urlpatterns = [
    path("v1/xblock/contexts", contexts.ContextListView.as_view(), name="rest-contexts"),
    path(_CONTEXT, contexts.ContextDetailView.as_view(), name="rest-context"),
    path(f"{_CONTEXT}/attempts", contexts.AttemptListView.as_view(), name="rest-attempts"),
    path(f"{_CONTEXT}/updates", mounts.UpdatesView.as_view(), name="rest-updates"),
    path(f"{_CONTEXT}/mounts/<str:alias>", mounts.MountView.as_view(), name="rest-context-mount"),
    path(_BLOCK, blocks.BlockDetailView.as_view(), name="rest-block-detail"),
    path(f"{_BLOCK}/assets", usages.AssetListView.as_view(), name="rest-block-assets"),
    path(f"{_BLOCK}/handlers", blocks.HandlerListView.as_view(), name="rest-block-handlers"),
    path(
        f"{_BLOCK}/handlers/<str:handler_name>",
        blocks.HandlerDetailView.as_view(),
        name="rest-block-handler",
    ),
    path(f"{_BLOCK}/fields", olx.FieldsView.as_view(), name="rest-block-fields"),
    path(f"{_BLOCK}/olx", olx.OlxView.as_view(), name="rest-block-olx"),
    path(f"{_BLOCK}/settings", usages.SettingsView.as_view(), name="rest-block-settings"),
    path(f"{_BLOCK}/state", usages.StateView.as_view(), name="rest-block-state"),
    path(f"{_BLOCK}/view/<str:view_name>", blocks.FragmentView.as_view(), name="rest-block-view"),
]
