"""Addresses of the stand-alone project: the admin, Blockstore's own, and those of plugins."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from openedx_blockstore.rest_api.plugin_urls import mounted, plugin_urls

#: Where one begins: with the courses, if there is what shows them.
_START = (
    "openedx_blockstore_xblock:courses"
    if apps.is_installed("openedx_blockstore_xblock")
    else "admin:index"
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name=_START)),
    path("admin/", admin.site.urls),
    # For learners, too, whom the admin pages would not let in. It looks as theirs.
    path("accounts/login/", LoginView.as_view(template_name="admin/login.html"), name="login"),
    path("accounts/logout/", LogoutView.as_view(next_page="/"), name="logout"),
    *(mounted(urls, below="^api/") for urls in plugin_urls()),
    path("api/", include("openedx_blockstore.urls")),
]
