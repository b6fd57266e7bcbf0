"""The plugin's addresses, below those of Blockstore's own REST API."""

from __future__ import annotations

from django.urls import path, re_path

from openedx_blockstore_licensing import views

app_name = "openedx_blockstore_licensing"

_VERSION = r"^v1/licensing/bundle_versions/(?P<bundle_uuid>[^/,]+),(?P<version_num>[^/]+)"

urlpatterns = [
    path("v1/licensing/licenses", views.LicenseListView.as_view(), name="licenses"),
    path(
        "v1/licensing/collections/<str:collection_uuid>",
        views.CollectionLicenseView.as_view(),
        name="collection",
    ),
    path(
        "v1/licensing/bundles/<str:bundle_uuid>", views.BundleLicenseView.as_view(), name="bundle"
    ),
    re_path(rf"{_VERSION}$", views.VersionLicenseView.as_view(), name="bundle-version"),
    re_path(rf"{_VERSION}/report$", views.ReportView.as_view(), name="report"),
    path("v1/licensing/check", views.CheckView.as_view(), name="check"),
    path("v1/licensing/publishers", views.PublisherListView.as_view(), name="publishers"),
    path("v1/licensing/publisher", views.PublisherView.as_view(), name="publisher"),
    path("v1/licensing/copies", views.CopyView.as_view(), name="copies"),
]
