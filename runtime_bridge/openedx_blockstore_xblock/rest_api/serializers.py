"""Forms of what the bridge's REST API takes and gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from openedx_blockstore.data import BundleChanges
from openedx_blockstore_xblock.data import LearningContextData, MountData
from openedx_blockstore_xblock.pages import Outline


class TextField(serializers.CharField):
    """Text as it is; numbers are none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        """Read it."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class VersionField(serializers.IntegerField):
    """The number of a version; neither a text nor a truth value is one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": 2**31 - 1, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        """Read it."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class UUIDField(serializers.UUIDField):
    """A UUID as a text; numbers are none."""

    def to_internal_value(self, data: Any) -> Any:
        """Read it."""
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


# Contexts -----------------------------------------------------------------------------------------


class MountSerializer(serializers.Serializer[Any]):
    """What is mounted in a learning context."""

    alias = serializers.CharField()
    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField(
        allow_null=True, help_text="The version it is pinned to; null for the latest, or a draft."
    )
    draft = serializers.CharField(help_text="The name of the draft; empty for a version.")


class LearningContextSerializer(serializers.Serializer[Any]):
    """A learning context, with those of its mounts that the caller may view."""

    key = serializers.CharField()
    title = serializers.CharField()
    owner = serializers.CharField(help_text="Who may change it; empty for nobody but the staff.")
    # Django REST framework's own attribute of this name is for fields inside of others.
    parent: Any = serializers.CharField(
        allow_null=True, help_text="The context of which this is another attempt."
    )
    may_administer = serializers.BooleanField(help_text="Whether the caller may change it.")
    mounts = MountSerializer(many=True)


class NewContextSerializer(serializers.Serializer[Any]):
    """What a new learning context is to be."""

    id = TextField(help_text="Letters, digits, `_`, `-` and `.`; the key is `blockstore:{id}`.")
    title = TextField(required=False, allow_blank=True, default="")


class ContextChangeSerializer(serializers.Serializer[Any]):
    """What is to change in a learning context."""

    title = TextField(allow_blank=True)


class AttemptSerializer(serializers.Serializer[Any]):
    """Another attempt; what is left out is made up, or stays the same."""

    id = TextField(required=False)
    title = TextField(required=False, allow_blank=True)


class MountInputSerializer(serializers.Serializer[Any]):
    """What is to be mounted: a version, a draft; or, with neither, the latest version."""

    bundle_uuid = UUIDField()
    version = VersionField(required=False, allow_null=True, default=None)
    draft = TextField(required=False, allow_blank=True, default="", max_length=255)


class MountChangeSerializer(serializers.Serializer[Any]):
    """The version to pin a mount to, or null to follow the latest; or a draft."""

    version = VersionField(required=False, allow_null=True, default=None)
    draft = TextField(required=False, allow_blank=True, default="", max_length=255)


class OutlineSequenceSerializer(serializers.Serializer[Any]):
    """A sequence of a course."""

    title = serializers.CharField()
    usage_key = serializers.CharField(
        allow_null=True, help_text="Null where the course names one that it does not hold."
    )


class OutlineChapterSerializer(serializers.Serializer[Any]):
    """A chapter of a course."""

    title = serializers.CharField()
    sequences = OutlineSequenceSerializer(many=True)


class OutlineSerializer(serializers.Serializer[Any]):
    """What a course consists of."""

    title = serializers.CharField()
    chapters = OutlineChapterSerializer(many=True)


class MountedSerializer(MountSerializer):
    """What is mounted, and where one begins."""

    title = serializers.CharField(help_text="The bundle's.")
    is_author = serializers.BooleanField(help_text="Whether the caller is one of its authors.")
    usage_key = serializers.CharField(
        allow_null=True, help_text="The block that the bundle is there for, if it is for one."
    )
    outline = OutlineSerializer(allow_null=True, help_text="Of a course; null for all others.")


class MountedFileChangeSerializer(serializers.Serializer[Any]):
    """A file that differs."""

    path = serializers.CharField()
    kind = serializers.ChoiceField(choices=("added", "modified", "removed"))


class MountedLinkChangeSerializer(serializers.Serializer[Any]):
    """A link that differs."""

    alias = serializers.CharField()
    kind = serializers.ChoiceField(choices=("added", "modified", "removed"))


class MountUpdateSerializer(MountSerializer):
    """A pinned mount of which there is a newer version, and what is different there."""

    latest_version = serializers.IntegerField()
    files = MountedFileChangeSerializer(many=True)
    links = MountedLinkChangeSerializer(many=True)


class MountUpdatesSerializer(serializers.Serializer[Any]):
    """All updates that there are."""

    results = MountUpdateSerializer(many=True)


def show_mount(mount: MountData) -> dict[str, Any]:
    """Return a mount as it is sent."""
    return {
        "alias": mount.alias,
        "bundle_uuid": str(mount.bundle_uuid),
        "version": mount.version,
        "draft": mount.draft,
    }


def show_context(
    context: LearningContextData, *, mounts: Iterable[MountData], may_administer: bool
) -> dict[str, Any]:
    """Return a learning context as it is sent, with those mounts that may be seen."""
    return {
        "key": str(context.key),
        "title": context.title,
        "owner": context.owner,
        "parent": str(context.parent) if context.parent is not None else None,
        "may_administer": may_administer,
        "mounts": [show_mount(mount) for mount in mounts],
    }


def show_outline(outline: Outline) -> dict[str, Any]:
    """Return a course's outline as it is sent."""
    return {
        "title": outline.title,
        "chapters": [
            {
                "title": chapter.title,
                "sequences": [
                    {
                        "title": sequence.title,
                        "usage_key": str(sequence.usage_key) if sequence.usage_key else None,
                    }
                    for sequence in chapter.sequences
                ],
            }
            for chapter in outline.chapters
        ],
    }


def show_update(mount: MountData, latest_version: int, changes: BundleChanges) -> dict[str, Any]:
    """Return an update as it is sent."""
    return {
        **show_mount(mount),
        "latest_version": latest_version,
        "files": [{"path": each.path, "kind": each.kind} for each in changes.files],
        "links": [{"alias": each.alias, "kind": each.kind} for each in changes.links],
    }
