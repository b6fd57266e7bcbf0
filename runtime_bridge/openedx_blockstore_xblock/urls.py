"""Addresses of the runtime bridge."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import JavaScriptCatalog

from openedx_blockstore_xblock.rest_api import urls as rest_api
from openedx_blockstore_xblock.views import (
    blocks,
    comparing,
    contexts,
    drafts,
    editing,
    pages,
)

app_name = "openedx_blockstore_xblock"

urlpatterns = [
    *rest_api.urlpatterns,
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
    path("xblock/", contexts.show_courses, name="courses"),
    path("xblock/learn/<str:context>/", contexts.show_context, name="context"),
    path("xblock/learn/<str:context>/<str:alias>/", pages.show_mount, name="mount"),
    path("xblock/blocks/<str:usage>/", pages.show_block, name="block"),
    path("xblock/blocks/<str:usage>/edit/", editing.edit_block, name="edit"),
    path("xblock/blocks/<str:usage>/compare/", comparing.compare, name="compare"),
    path("xblock/bundles/<str:bundle>/draft/", drafts.show_draft, name="draft"),
    path("xblock/bundles/<str:bundle>/links/", drafts.show_links, name="links"),
]
