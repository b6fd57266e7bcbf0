"""Addresses of the plugin's REST API."""

from __future__ import annotations

import contextlib

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, include, path

from openedx_blockstore_tagging import views
from openedx_blockstore_tagging.conf import get_settings

urlpatterns: list[URLPattern | URLResolver] = [
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

# Wrong settings are told of by Django's checks, which look at addresses, too.
with contextlib.suppress(ImproperlyConfigured):
    if get_settings().LIBRARY_API:
        urlpatterns.append(
            path("v1/tagging/library/", include("openedx_blockstore_tagging.library_urls"))
        )
