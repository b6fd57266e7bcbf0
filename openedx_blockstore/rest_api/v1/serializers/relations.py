"""Forms of dependencies, borrowers and sizes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from openedx_blockstore.data import DependenciesData
from openedx_blockstore.rest_api.v1.serializers.versions import (
    DependencySerializer,
    LinkSerializer,
    Visible,
    show_dependency,
    show_links,
)


class DependenciesSerializer(serializers.Serializer[Any]):
    """All that a version depends on."""

    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField()
    links = serializers.DictField(child=LinkSerializer(), help_text="The direct ones, by alias.")
    dependencies = DependencySerializer(many=True, help_text="Each once; weak links not followed.")
    diamonds = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Bundles of which there are several versions among them, with their numbers.",
    )


class BorrowerSerializer(serializers.Serializer[Any]):
    """A link to a bundle, over a span of the borrower's versions."""

    bundle_uuid = serializers.UUIDField(help_text="The borrower.")
    alias = serializers.CharField()
    lender_version = serializers.IntegerField()
    first_version = serializers.IntegerField()
    last_version = serializers.IntegerField(
        allow_null=True, help_text="Null where the latest version still has the link."
    )
    weak = serializers.BooleanField()


class BorrowerCountSerializer(serializers.Serializer[Any]):
    """How many bundles."""

    count = serializers.IntegerField()


class AffectedSerializer(serializers.Serializer[Any]):
    """A bundle that depends on another one."""

    bundle_uuid = serializers.UUIDField()


class OutdatedLinkSerializer(serializers.Serializer[Any]):
    """A link whose lender moved on."""

    alias = serializers.CharField()
    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField()
    latest_version = serializers.IntegerField()
    deleted = serializers.BooleanField()


class SizeSerializer(serializers.Serializer[Any]):
    """How much a version holds."""

    bytes = serializers.IntegerField(help_text="Each distinct content counts once.")
    files = serializers.IntegerField()
    bundle_versions = serializers.IntegerField()


def show_dependencies(found: DependenciesData, visible: Visible) -> dict[str, Any]:
    """Return dependencies as they are sent, without those that the caller may not see."""
    seen = [dependency for dependency in found.dependencies if visible(dependency)]
    uuids = {dependency.bundle_uuid for dependency in seen}
    return {
        "bundle_uuid": found.bundle_uuid,
        "version": found.version,
        "links": show_links(found.links.values(), visible),
        "dependencies": [show_dependency(dependency) for dependency in seen],
        "diamonds": {
            str(uuid): list(numbers) for uuid, numbers in found.diamonds.items() if uuid in uuids
        },
    }
