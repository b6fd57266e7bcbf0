"""The addresses of search, below those of Blockstore."""

from __future__ import annotations

from django.urls import path

from openedx_blockstore_search.rest_api import views

app_name = "openedx_blockstore_search"

urlpatterns = [
    path("v1/search", views.SearchView.as_view(), name="search"),
    path("v1/search/file_usage", views.FileUsageView.as_view(), name="file-usage"),
    path("v1/search/unused_files", views.UnusedFilesView.as_view(), name="unused-files"),
]
