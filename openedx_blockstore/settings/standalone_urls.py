"""Addresses of the stand-alone project: the admin, Blockstore's own, and those of plugins."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from openedx_blockstore.rest_api.plugin_urls import mounted, plugin_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    *(mounted(urls, below="^api/") for urls in plugin_urls()),
    path("api/", include("openedx_blockstore.urls")),
]
