"""Forms of events, and of what others tell of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from rest_framework import serializers

from openedx_blockstore.data import BundleChanges, EventData, EventKind
from openedx_blockstore.rest_api.v1.serializers.common import (
    StrictCharField,
    StrictUUIDField,
    version_field,
)
from openedx_blockstore.rest_api.v1.serializers.versions import (
    FileChangeSerializer,
    LinkChangeSerializer,
    Visible,
    show_changes,
)

KINDS = tuple(kind.value for kind in EventKind)


class EventSerializer(serializers.Serializer[Any]):
    """One thing that happened."""

    uuid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    at = serializers.DateTimeField()
    actor = serializers.CharField(
        allow_blank=True, help_text="The name of the user; empty for a program that named nobody."
    )
    collection_uuid = serializers.UUIDField()
    bundle_uuid = serializers.UUIDField(
        allow_null=True, help_text="Null for what happened to the collection."
    )
    bundle_type = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField(allow_null=True)
    files = FileChangeSerializer(many=True, help_text="The paths that a new version changed.")
    links = LinkChangeSerializer(many=True, help_text="The aliases that a new version changed.")
    facts = serializers.DictField(help_text="What else there is to say, by kind.")


class AnnotationInputSerializer(serializers.Serializer[Any]):
    """What an outside application tells of: either a collection or a bundle."""

    collection_uuid = StrictUUIDField(required=False)
    bundle_uuid = StrictUUIDField(required=False)
    version = version_field(required=False, allow_null=True, help_text="Of the bundle, if of one.")
    namespace = StrictCharField(max_length=100, help_text="Whose data changed, such as `my-tags`.")


def show_event(event: EventData, visible: Visible, collections: Collection[UUID]) -> dict[str, Any]:
    """Return an event as it is sent.

    Args:
        visible: Tells which versions behind links the caller may see; other links are left out.
        collections: Those of the other collections it may name that the caller may see.
    """
    changes = BundleChanges(
        bundle_uuid=event.bundle_uuid or event.collection_uuid,
        from_version=0,
        to_version=event.version or 0,
        files=event.files,
        links=event.links,
    )
    shown = show_changes(changes, visible)
    return {
        "uuid": event.uuid,
        "kind": event.kind.value,
        "at": event.at,
        "actor": event.actor,
        "collection_uuid": event.collection_uuid,
        "bundle_uuid": event.bundle_uuid,
        "bundle_type": event.bundle_type,
        "version": event.version,
        "files": shown["files"],
        "links": shown["links"],
        "facts": _facts(event, collections),
    }


def moves_of(event: EventData) -> set[UUID]:
    """Return the collections between which an event says that a bundle was moved."""
    changes = event.facts.get("changes", {})
    return {UUID(value) for value in changes.get("collection_uuid", ()) if value is not None}


def _facts(event: EventData, collections: Collection[UUID]) -> dict[str, Any]:
    facts = dict(event.facts)
    if moves_of(event):
        shown = [
            value if value is not None and UUID(value) in collections else None
            for value in facts["changes"]["collection_uuid"]
        ]
        facts["changes"] = {**facts["changes"], "collection_uuid": shown}
    return facts
