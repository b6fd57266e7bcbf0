"""The plugin's part of the REST API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from blockstore_notes.api import set_note
from blockstore_notes.models import Note
from openedx_blockstore.plugin_rest import (
    PAGE,
    PluginPagination,
    PluginView,
    extend_schema,
    page_of,
    valid,
    visible_bundle,
)


class NoteSerializer(serializers.Serializer[Any]):
    """A note about a span of versions."""

    text = serializers.CharField(max_length=10_000)
    first_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    last_version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, allow_null=True, default=None
    )


class NotesView(PluginView):
    """The notes about a bundle."""

    errors = {"get": (400,)}

    @extend_schema(parameters=PAGE, responses=page_of(NoteSerializer))
    def get(self, request: Request, bundle_uuid: str) -> Response:
        """List the notes about a bundle; for those who may read it."""
        bundle = visible_bundle(request.user, bundle_uuid)
        rows = Note.objects.filter(bundle=bundle)
        return PluginPagination(request).answer(rows, lambda note: NoteSerializer(note).data)

    @extend_schema(request=NoteSerializer, responses={204: None})
    def put(self, request: Request, bundle_uuid: str) -> Response:
        """Say something about a span of versions; for authors."""
        bundle = visible_bundle(request.user, bundle_uuid, "author")
        values = valid(NoteSerializer(data=request.data))
        set_note(bundle.uuid, values.pop("text"), **values)
        return Response(status=204)
