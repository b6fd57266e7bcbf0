"""The plugin's addresses, below Blockstore's own."""

from __future__ import annotations

from django.urls import path

from blockstore_notes.views import NotesView

urlpatterns = [path("v1/notes/<str:bundle_uuid>", NotesView.as_view(), name="notes")]
