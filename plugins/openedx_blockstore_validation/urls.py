"""Addresses of the plugin, below ``api/blockstore/`` in a host and ``api/`` alone."""

from __future__ import annotations

from django.urls import path, re_path

from openedx_blockstore_validation import views

app_name = "openedx_blockstore_validation"

urlpatterns = [
    path("v1/validation/codes", views.CodesView.as_view(), name="codes"),
    path("v1/validation/drafts/<str:draft_uuid>", views.DraftFindingsView.as_view(), name="draft"),
    re_path(
        r"^v1/validation/bundle_versions/(?P<bundle_uuid>[^/,]+),(?P<version_num>[^/]+)$",
        views.VersionFindingsView.as_view(),
        name="bundle-version",
    ),
]
