"""The addresses below ``api/blockstore/`` in a host, and in the stand-alone project."""

from __future__ import annotations

from django.urls import include, path

app_name = "openedx_blockstore"

urlpatterns = [path("v1/", include("openedx_blockstore.rest_api.v1.urls"))]
