"""Addresses of the plugin's REST API."""

from __future__ import annotations

from django.urls import path

from openedx_blockstore_tagging import views

urlpatterns = [
    path("v1/tagging/taxonomies", views.TaxonomiesView.as_view(), name="taxonomies"),
    path("v1/tagging/bundles", views.TaggedBundlesView.as_view(), name="bundles"),
    path("v1/tagging/bundles/<str:bundle_uuid>", views.BundleTagsView.as_view(), name="bundle"),
    path(
        "v1/tagging/bundles/<str:bundle_uuid>/history",
        views.BundleHistoryView.as_view(),
        name="bundle-history",
    ),
    path("v1/tagging/collections", views.TaggedCollectionsView.as_view(), name="collections"),
    path(
        "v1/tagging/collections/<str:collection_uuid>",
        views.CollectionTagsView.as_view(),
        name="collection",
    ),
]
