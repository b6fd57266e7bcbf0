"""The addresses below ``api/blockstore/`` in a host, and in the stand-alone project."""

from __future__ import annotations

from django.urls import path

from openedx_blockstore import views

app_name = "openedx_blockstore"

urlpatterns = [
    path(
        "v1/bundle_versions/<uuid:bundle_uuid>,<int:version_num>/files/<path:path>",
        views.version_file,
        name="version-file",
    ),
    path("v1/drafts/<uuid:draft_uuid>/files/<path:path>", views.draft_file, name="draft-file"),
]
