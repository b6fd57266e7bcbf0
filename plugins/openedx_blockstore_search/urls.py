"""The addresses of search."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "openedx_blockstore_search"

urlpatterns: list[URLPattern] = []
