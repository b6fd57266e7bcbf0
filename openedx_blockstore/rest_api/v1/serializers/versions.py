"""Forms of bundle versions, and of what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rest_framework import serializers

from openedx_blockstore.data import (
    BundleChanges,
    BundleFileData,
    BundleLinkData,
    BundleVersionData,
    Dependency,
    FileHistoryEntry,
    LinkTarget,
)
from openedx_blockstore.models import BundleVersion
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import CHANGE_KINDS, StrictCharField

Visible = Callable[[Dependency], bool]


class DependencySerializer(serializers.Serializer[Any]):
    """A version of a bundle, as something that another one depends on."""

    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField()
    snapshot_digest = serializers.CharField(
        allow_blank=True, help_text="Of its manifest; empty where it is gone."
    )


class FileSerializer(serializers.Serializer[Any]):
    """A file of a version."""

    url = serializers.URLField()
    size = serializers.IntegerField()
    hash_digest = serializers.CharField(help_text="Lower-case hexadecimal SHA-256.")


class LinkSerializer(serializers.Serializer[Any]):
    """A link of a version."""

    direct = DependencySerializer()
    indirect = DependencySerializer(many=True)
    weak = serializers.BooleanField()


class SnapshotSerializer(serializers.Serializer[Any]):
    """What a version holds."""

    hash_digest = serializers.CharField(help_text="Of its manifest: what the content is.")
    created_at = serializers.DateTimeField()
    files = serializers.DictField(child=FileSerializer(), help_text="By path.")
    links = serializers.DictField(child=LinkSerializer(), help_text="By alias.")
    public = serializers.ListField(
        child=serializers.CharField(), help_text="The paths of the files that anybody may read."
    )


class VersionSummarySerializer(serializers.Serializer[Any]):
    """A version, without what it holds."""

    bundle = serializers.URLField()
    bundle_uuid = serializers.UUIDField()
    url = serializers.URLField()
    version_num = serializers.IntegerField()
    change_description = serializers.CharField(allow_blank=True)
    change_kind = serializers.ChoiceField(choices=CHANGE_KINDS)
    author = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    hash_digest = serializers.CharField(help_text="Of its manifest.")
    origin_version = serializers.IntegerField(
        allow_null=True, help_text="Its number where it was imported from."
    )


class ListedVersionSerializer(VersionSummarySerializer):
    """A version in a list."""

    annotations = serializers.DictField(
        child=serializers.JSONField(),
        required=False,
        help_text="What plugins know of it, by their names; where `annotations` asks for it.",
    )


class VersionSerializer(VersionSummarySerializer):
    """A version."""

    snapshot = SnapshotSerializer()


SUMMARY_FIELDS = tuple(VersionSummarySerializer().fields)
VERSION_FIELDS = tuple(VersionSerializer().fields)


class VersionInputSerializer(serializers.Serializer[Any]):
    """What may be changed about a version; never what it holds."""

    change_description = StrictCharField(
        required=False, allow_blank=True, trim_whitespace=False, max_length=10_000
    )


class FileChangeSerializer(serializers.Serializer[Any]):
    """A path that differs."""

    path = serializers.CharField()
    kind = serializers.ChoiceField(choices=("added", "modified", "removed"))
    before_digest = serializers.CharField(allow_null=True)
    after_digest = serializers.CharField(allow_null=True)


class TargetSerializer(serializers.Serializer[Any]):
    """Where a link leads."""

    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField()
    weak = serializers.BooleanField()


class LinkChangeSerializer(serializers.Serializer[Any]):
    """An alias that differs."""

    alias = serializers.CharField()
    kind = serializers.ChoiceField(choices=("added", "modified", "removed"))
    before = TargetSerializer(allow_null=True)
    after = TargetSerializer(allow_null=True)


class ChangesSerializer(serializers.Serializer[Any]):
    """What differs between two versions."""

    bundle_uuid = serializers.UUIDField()
    from_version = serializers.IntegerField(help_text="0 for nothing yet.")
    to_version = serializers.IntegerField()
    files = FileChangeSerializer(many=True)
    links = LinkChangeSerializer(many=True)


class HistorySerializer(serializers.Serializer[Any]):
    """A version that changed a path; or a gap, beyond which nothing is known."""

    version = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=("added", "modified", "removed", "gap"))
    digest = serializers.CharField(allow_null=True)
    size = serializers.IntegerField(allow_null=True)
    change_description = serializers.CharField(allow_blank=True)
    author = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField(allow_null=True)


def show_summary(row: BundleVersion, addresses: Addresses) -> dict[str, Any]:
    """Return a version's row, whose bundle is loaded, as it is sent."""
    return {
        "bundle": addresses.bundle(row.bundle.uuid),
        "bundle_uuid": row.bundle.uuid,
        "url": addresses.version(row.bundle.uuid, row.version_num),
        "version_num": row.version_num,
        "change_description": row.change_description,
        "change_kind": row.change_kind,
        "author": row.author,
        "created_at": row.created,
        "hash_digest": row.manifest_digest,
        "origin_version": row.origin_version,
    }


def show_snapshot(
    version: BundleVersionData, addresses: Addresses, visible: Visible
) -> dict[str, Any]:
    """Return what a version holds as it is sent."""
    files = version.files.values()
    url = addresses.version_files(version.bundle_uuid, version.version)
    return {
        "hash_digest": version.manifest_digest,
        "created_at": version.created_at,
        "files": {file.path: show_file(file, url(file)) for file in files},
        "links": show_links(version.links.values(), visible),
        "public": [file.path for file in files if file.public],
    }


def show_file(file: BundleFileData, url: str) -> dict[str, Any]:
    """Return a file as it is sent: with the fields that the first clients expect, and no more.

    They make an object of their own with exactly these.
    """
    return {
        "url": url,
        "size": file.size,
        "hash_digest": file.hash_digest,
    }


def show_links(links: Iterable[BundleLinkData], visible: Visible) -> dict[str, Any]:
    """Return links as they are sent, without those that the caller may not see."""
    return {link.name: show_link(link, visible) for link in links if visible(link.direct)}


def show_link(link: BundleLinkData, visible: Visible) -> dict[str, Any]:
    """Return a link as it is sent."""
    return {
        "direct": show_dependency(link.direct),
        "indirect": [show_dependency(d) for d in link.indirect if visible(d)],
        "weak": link.weak,
    }


def show_dependency(dependency: Dependency) -> dict[str, Any]:
    """Return a dependency as it is sent: exactly what the first clients expect."""
    return {
        "bundle_uuid": dependency.bundle_uuid,
        "version": dependency.version,
        "snapshot_digest": dependency.snapshot_digest,
    }


def show_changes(changes: BundleChanges, visible: Visible) -> dict[str, Any]:
    """Return changes as they are sent. A link that the caller may not see is not there."""
    links = []
    for change in changes.links:
        before = _target(change.before, visible)
        after = _target(change.after, visible)
        if before is None and after is None:
            continue
        kind = "added" if before is None else "removed" if after is None else "modified"
        links.append({"alias": change.alias, "kind": kind, "before": before, "after": after})
    return {
        "bundle_uuid": changes.bundle_uuid,
        "from_version": changes.from_version,
        "to_version": changes.to_version,
        "files": [
            {
                "path": change.path,
                "kind": change.kind,
                "before_digest": change.before_digest,
                "after_digest": change.after_digest,
            }
            for change in changes.files
        ],
        "links": links,
    }


def _target(target: LinkTarget | None, visible: Visible) -> dict[str, Any] | None:
    if target is None or not visible(Dependency(target.bundle_uuid, target.version)):
        return None
    return {
        "bundle_uuid": target.bundle_uuid,
        "version": target.version,
        "weak": target.weak,
    }


def show_history(entry: FileHistoryEntry) -> dict[str, Any]:
    """Return a step in the history of a path as it is sent."""
    return {
        "version": entry.version,
        "kind": entry.kind,
        "digest": entry.digest,
        "size": entry.size,
        "change_description": entry.change_description,
        "author": entry.author,
        "created_at": entry.created_at,
    }
