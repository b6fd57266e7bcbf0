"""What happened in a collection; and what outside applications tell of, to be passed on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore import api
from openedx_blockstore.api._events import event_data
from openedx_blockstore.data import Dependency, EventData, EventKind, EventTarget
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.models import Event
from openedx_blockstore.permissions import may, readable_collections
from openedx_blockstore.rest_api.access import (
    find_bundle,
    find_collection,
    in_body,
    visible_bundles,
)
from openedx_blockstore.rest_api.base import BlockstoreView
from openedx_blockstore.rest_api.describe import extend_schema
from openedx_blockstore.rest_api.pagination import page_body, page_request
from openedx_blockstore.rest_api.v1.serializers.common import PAGE, page_of, valid
from openedx_blockstore.rest_api.v1.serializers.events import (
    AnnotationInputSerializer,
    EventSerializer,
    moves_of,
    show_event,
)


class EventsView(BlockstoreView):
    """What happened in a collection."""

    errors = {"get": (400, 403)}

    @extend_schema(parameters=PAGE, responses=page_of(EventSerializer))
    def get(self, request: Request, collection_uuid: str) -> Response:
        """List what happened in the collection, the newest first; for its authors.

        Changes of roles are for its admins. The log does not go back forever.
        """
        wanted = page_request(request)
        row = find_collection(request.user, collection_uuid, "author")
        rows = Event.objects.filter(collection_uuid=row.uuid).order_by("-pk")
        if wanted.after:
            rows = rows.filter(pk__lt=wanted.after)
        if not may(request.user, "admin", row):
            rows = rows.exclude(kind=EventKind.ROLES_CHANGED.value)
        found, after = wanted.page(list(rows[: wanted.fetch]), lambda event: event.pk)
        return Response(page_body(request, _shown(request, list(map(event_data, found))), after))


class AnnotationsView(BlockstoreView):
    """Passes on what outside applications tell of."""

    @extend_schema(
        request=AnnotationInputSerializer,
        responses={201: EventSerializer},
        examples=[
            OpenApiExample(
                "Of a version of a bundle",
                value={
                    "bundle_uuid": "3f1cbb29-5f1f-4f0e-8a4e-6d0b8c3c9a11",
                    "version": 3,
                    "namespace": "my-tags",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Tell everybody that data about a collection, bundle or version changed; for authors.

        For applications that keep data of their own about content. Plugins and webhooks hear of it
        as of any other change.
        """
        values = valid(AnnotationInputSerializer(data=request.data))
        collection, bundle = values.get("collection_uuid"), values.get("bundle_uuid")
        version = values.get("version")
        if (collection is None) == (bundle is None):
            raise Invalid("Name either a collection or a bundle.")
        with in_body():
            if collection is not None:
                find_collection(request.user, str(collection), "author")
                target = EventTarget("collection", collection, version)
            else:
                find_bundle(request.user, str(bundle), "author", with_deleted=version is not None)
                target = EventTarget("bundle", UUID(str(bundle)), version)
            event = api.notify_annotation_changed(target, values["namespace"], actor=self.actor)
        return Response(_shown(request, [event])[0], status=201)


def _shown(request: Request, events: Sequence[EventData]) -> list[dict[str, Any]]:
    """Return events as they are sent, without what the caller may not see."""
    bundles = {
        target.bundle_uuid
        for event in events
        for change in event.links
        for target in (change.before, change.after)
        if target is not None
    }
    seen = visible_bundles(request.user, bundles) if bundles else set()
    named = {uuid for event in events for uuid in moves_of(event)}
    collections: set[UUID] = set()
    if named:
        readable = readable_collections(request.user).filter(uuid__in=named)
        collections = set(readable.values_list("uuid", flat=True))

    def visible(dependency: Dependency) -> bool:
        return dependency.bundle_uuid in seen

    return [show_event(event, visible, collections) for event in events]
