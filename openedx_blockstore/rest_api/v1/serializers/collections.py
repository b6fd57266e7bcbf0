"""Forms of collections, their roles and their audit."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from openedx_blockstore.data import CollectionAuditData, CollectionData
from openedx_blockstore.models import Collection
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import StrictCharField, text, title

VISIBILITIES = ("private", "public_read", "public_reuse")
ROLES = ("admin", "author", "reader")


class CollectionSerializer(serializers.Serializer[Any]):
    """A collection."""

    uuid = serializers.UUIDField()
    url = serializers.URLField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    owner = serializers.CharField(allow_blank=True, help_text="Who owns the content legally.")
    author = serializers.CharField(allow_blank=True, help_text="Who is credited for it.")
    publisher = serializers.CharField(allow_blank=True, help_text="The IRI of the publisher.")
    visibility = serializers.ChoiceField(
        choices=VISIBILITIES,
        help_text=(
            "Who may read it without a role: nobody, everybody who is logged in, or those, who may "
            "also link to it and copy it."
        ),
    )


class CollectionInputSerializer(serializers.Serializer[Any]):
    """What may be said of a collection."""

    title = title(required=True)
    description = text()
    owner = text(max_length=255)
    author = text(max_length=255)
    publisher = text(max_length=500)
    visibility = serializers.ChoiceField(choices=VISIBILITIES, required=False)


class RoleSerializer(serializers.Serializer[Any]):
    """A role of a user, or of all members of a group."""

    role = serializers.ChoiceField(choices=ROLES)
    user = serializers.CharField(allow_null=True)
    group = serializers.CharField(allow_null=True)


class RoleInputSerializer(serializers.Serializer[Any]):
    """A role to set; null takes it away. Either a user or a group is given."""

    role = serializers.ChoiceField(choices=ROLES, allow_null=True)
    user = StrictCharField(required=False, allow_null=True, max_length=255)
    group = StrictCharField(required=False, allow_null=True, max_length=255)


class AuditSerializer(serializers.Serializer[Any]):
    """One change of a collection's metadata or roles."""

    action = serializers.ChoiceField(choices=("created", "updated", "deleted", "roles"))
    actor = serializers.CharField(
        allow_blank=True, help_text="The name of the user; empty for a program that named nobody."
    )
    at = serializers.DateTimeField()
    changes = serializers.DictField(
        child=serializers.ListField(
            child=serializers.CharField(allow_null=True, allow_blank=True),
            min_length=2,
            max_length=2,
        ),
        help_text="What it was before, and afterwards, by what it is.",
    )


def show_collection(
    collection: CollectionData | Collection, addresses: Addresses
) -> dict[str, Any]:
    """Return a collection, or its row, as it is sent."""
    return {
        "uuid": collection.uuid,
        "url": addresses.collection(collection.uuid),
        "title": collection.title,
        "description": collection.description,
        "owner": collection.owner,
        "author": collection.author,
        "publisher": collection.publisher,
        "visibility": collection.visibility,
    }


def show_audit(entry: CollectionAuditData) -> dict[str, Any]:
    """Return an entry of the audit as it is sent."""
    return {
        "action": entry.action,
        "actor": entry.actor,
        "at": entry.at,
        "changes": {what: list(states) for what, states in entry.changes.items()},
    }
