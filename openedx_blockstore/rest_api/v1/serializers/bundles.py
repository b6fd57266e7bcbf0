"""Forms of bundles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from openedx_blockstore.data import BundleData
from openedx_blockstore.rest_api.fields import Fields
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import (
    CHANGE_KINDS,
    StrictCharField,
    StrictIntegerField,
    StrictUUIDField,
    slug,
    text,
    title,
    version_field,
)


class BundleSerializer(serializers.Serializer[Any]):
    """A bundle."""

    uuid = serializers.UUIDField()
    url = serializers.URLField()
    title = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    slug = serializers.CharField(allow_blank=True)
    type = serializers.CharField(allow_blank=True)
    origin = serializers.CharField(
        allow_null=True, help_text="Where it was imported from, and its key there."
    )
    collection = serializers.URLField()
    collection_uuid = serializers.UUIDField()
    drafts = serializers.DictField(
        child=serializers.URLField(),
        help_text="The address of each draft, by its name; empty for all but authors.",
    )
    latest_version = serializers.IntegerField(help_text="0 where there is none yet.")
    versions = serializers.ListField(
        child=serializers.URLField(),
        help_text="The address of each version, the oldest first. Long lists are better asked for "
        "without it, with `fields`.",
    )


BUNDLE_FIELDS = tuple(BundleSerializer().fields)


class BundleInputSerializer(serializers.Serializer[Any]):
    """What may be said of a bundle."""

    collection_uuid = StrictUUIDField()
    title = title(required=True)
    slug = slug(required=True)
    description = text()
    type = text(max_length=60)


class BundleSearchSerializer(serializers.Serializer[Any]):
    """Which bundles to find; what is not given does not restrict."""

    uuid = serializers.ListField(
        child=StrictUUIDField(), required=False, max_length=10_000, help_text="Only these."
    )
    text_search = StrictCharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=500,
        help_text="Only those with this in their title, description or slug, whatever its case.",
    )
    collection_uuid = StrictUUIDField(required=False)
    type = StrictCharField(required=False, allow_blank=True, max_length=60)
    cursor = StrictCharField(required=False, max_length=100)
    limit = StrictIntegerField(required=False, min_value=1, max_value=1000)


class RevertInputSerializer(serializers.Serializer[Any]):
    """The version to go back to."""

    version = version_field()
    change_description = text()
    change_kind = serializers.ChoiceField(choices=CHANGE_KINDS, required=False)


def show_bundle(
    bundle: BundleData, addresses: Addresses, fields: Fields, *, with_drafts: bool
) -> dict[str, Any]:
    """Return a bundle as it is sent.

    Args:
        with_drafts: Whether the caller may see its drafts.
    """
    collection: UUID = bundle.collection_uuid  # type: ignore[assignment]  # always known here
    drafts = bundle.drafts if with_drafts else {}
    values: dict[str, Any] = {
        "uuid": bundle.uuid,
        "url": addresses.bundle(bundle.uuid),
        "title": bundle.title,
        "description": bundle.description,
        "slug": bundle.slug,
        "type": bundle.type,
        "origin": bundle.origin,
        "collection": addresses.collection(collection),
        "collection_uuid": collection,
        "drafts": {name: addresses.draft(uuid) for name, uuid in drafts.items()},
        "latest_version": bundle.latest_version,
    }
    if fields.wants("versions"):
        version = addresses.versions(bundle.uuid)
        values["versions"] = [version(n) for n in range(1, bundle.latest_version + 1)]
    return fields.pick(values)
