"""Forms of drafts, and of changes to them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from openedx_blockstore.data import DraftData, Finding, LinkTarget
from openedx_blockstore.exceptions import InvalidLink
from openedx_blockstore.rest_api.access import parse_uuid
from openedx_blockstore.rest_api.v1.addresses import Addresses
from openedx_blockstore.rest_api.v1.serializers.common import (
    CHANGE_KINDS,
    ON_CONFLICT,
    FindingSerializer,
    StrictCharField,
    StrictUUIDField,
    text,
)
from openedx_blockstore.rest_api.v1.serializers.versions import (
    DependencySerializer,
    Visible,
    show_file,
    show_link,
)


class DraftSummarySerializer(serializers.Serializer[Any]):
    """A draft, without what it shows."""

    uuid = serializers.UUIDField()
    url = serializers.URLField()
    bundle = serializers.URLField()
    bundle_uuid = serializers.UUIDField()
    name = serializers.CharField()


class DraftFileSerializer(serializers.Serializer[Any]):
    """A file as a draft shows it."""

    url = serializers.URLField()
    size = serializers.IntegerField()
    hash_digest = serializers.CharField(help_text="Lower-case hexadecimal SHA-256.")
    modified = serializers.BooleanField(help_text="It is not as in the version below.")


class DraftLinkSerializer(serializers.Serializer[Any]):
    """A link as a draft shows it."""

    direct = DependencySerializer()
    indirect = DependencySerializer(many=True)
    weak = serializers.BooleanField()
    modified = serializers.BooleanField()


class StagedDraftSerializer(serializers.Serializer[Any]):
    """What a draft shows."""

    base_snapshot = serializers.CharField(
        allow_null=True, help_text="The digest of the manifest of the version below; null for none."
    )
    base_version = serializers.IntegerField(help_text="Its number; 0 for none.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    files = serializers.DictField(child=DraftFileSerializer(), help_text="By path.")
    links = serializers.DictField(child=DraftLinkSerializer(), help_text="By alias.")
    public = serializers.ListField(child=serializers.CharField())
    deleted_files = serializers.ListField(child=serializers.CharField())
    deleted_links = serializers.ListField(child=serializers.CharField())


class DraftSerializer(DraftSummarySerializer):
    """A draft."""

    staged_draft = StagedDraftSerializer()


DRAFT_SUMMARY_FIELDS = tuple(DraftSummarySerializer().fields)
DRAFT_FIELDS = tuple(DraftSerializer().fields)


class DraftInputSerializer(serializers.Serializer[Any]):
    """A draft to be made."""

    bundle_uuid = StrictUUIDField()
    name = StrictCharField(max_length=180, trim_whitespace=False)


class CommitInputSerializer(serializers.Serializer[Any]):
    """What to commit, and what to say of it."""

    paths = serializers.ListField(
        child=StrictCharField(trim_whitespace=False),
        required=False,
        max_length=20_000,
        help_text="Only these, a link as `links/{alias}`; the rest stays staged.",
    )
    change_description = text()
    change_kind = serializers.ChoiceField(choices=CHANGE_KINDS, required=False)
    on_conflict = serializers.ChoiceField(
        choices=ON_CONFLICT,
        required=False,
        help_text="What to do with paths that others changed since: fail, take the draft's, or "
        "take what is there.",
    )


class UpdateInputSerializer(serializers.Serializer[Any]):
    """How to lay the draft over the latest version."""

    on_conflict = serializers.ChoiceField(choices=ON_CONFLICT, required=False)


class CommittedSerializer(serializers.Serializer[Any]):
    """The version that was made."""

    bundle_version = serializers.URLField()
    updated_draft = serializers.URLField(required=False)
    version_num = serializers.IntegerField()
    hash_digest = serializers.CharField()
    advice = FindingSerializer(
        many=True, help_text="What plugins say to it, such as that a licence forbids a link."
    )


class AdviceSerializer(serializers.Serializer[Any]):
    """What plugins say to what was done."""

    advice = FindingSerializer(many=True)


class LinkInputSerializer(serializers.Serializer[Any]):
    """Where a link is to lead."""

    bundle_uuid = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    weak = serializers.BooleanField(required=False)


@extend_schema_field(OpenApiTypes.BYTE)
class _Base64Field(serializers.CharField):
    """The contents of a file."""


class DraftChangeSerializer(serializers.Serializer[Any]):
    """Files to write, by path, and links to set, by alias; null deletes. All of it, or nothing."""

    files = serializers.DictField(
        child=_Base64Field(allow_null=True, allow_blank=True), required=False
    )
    links = serializers.DictField(child=LinkInputSerializer(allow_null=True), required=False)


def read_changes(
    body: Any,
) -> tuple[dict[str, bytes | None], dict[str, LinkTarget | None]]:
    """Return the files and links in the body of a change.

    Raises:
        ValidationError: It has another form.
        InvalidLink: A link leads to what can not be a version.
    """
    if not isinstance(body, Mapping):
        raise ValidationError("Send an object with `files` and `links`.")
    files = {path: _contents(path, value) for path, value in _mapping(body, "files").items()}
    links = {alias: _link(alias, value) for alias, value in _mapping(body, "links").items()}
    return files, links


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name, {})
    if not isinstance(value, Mapping):
        raise ValidationError({name: "Send an object."})
    return value


def _contents(path: str, value: Any) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValidationError({"files": {path: "Send the contents in Base64, or null to delete."}})
    try:
        # Lenient with line breaks, as clients of the first Blockstore could be.
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValidationError({"files": {path: f"This is no Base64: {error}"}}) from error


def _link(alias: str, value: Any) -> LinkTarget | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not {"bundle_uuid", "version"} <= set(value):
        raise ValidationError(
            {"links": {alias: "Send an object with `bundle_uuid` and `version`, or null."}}
        )
    uuid, version, weak = value["bundle_uuid"], value["version"], value.get("weak", False)
    parsed = parse_uuid(uuid) if isinstance(uuid, str) else None
    if parsed is None:
        raise ValidationError({"links": {alias: f"{uuid!r} is no UUID."}})
    if isinstance(version, bool) or not isinstance(version, int):
        raise ValidationError({"links": {alias: f"{version!r} is no number of a version."}})
    if not isinstance(weak, bool):
        raise ValidationError({"links": {alias: "`weak` must be true or false."}})
    if not 0 < version < 2**31:
        raise no_such_version(alias, LinkTarget(parsed, version))
    return LinkTarget(parsed, version, weak)


def show_advice(advice: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return advice as it is sent."""
    return [attrs.asdict(finding) for finding in advice]


def no_such_version(alias: str, target: LinkTarget) -> InvalidLink:
    """Return the error for a link to what does not exist, or not for the caller."""
    return InvalidLink(alias, f"bundle {target.bundle_uuid} has no version {target.version}")


def show_draft(draft: DraftData, addresses: Addresses, visible: Visible | None) -> dict[str, Any]:
    """Return a draft as it is sent.

    Args:
        visible: Which dependencies the caller may see; None to leave out what the draft shows.
    """
    values: dict[str, Any] = {
        "uuid": draft.uuid,
        "url": addresses.draft(draft.uuid),
        "bundle": addresses.bundle(draft.bundle_uuid),
        "bundle_uuid": draft.bundle_uuid,
        "name": draft.name,
    }
    if visible is not None:
        url = addresses.draft_files(draft.uuid)
        values["staged_draft"] = {
            "base_snapshot": draft.base_digest or None,
            "base_version": draft.base_version,
            "created_at": draft.created_at,
            "updated_at": draft.updated_at,
            "files": {
                path: {**show_file(file, url(file)), "modified": file.modified}
                for path, file in draft.files.items()
            },
            "links": {
                alias: {**show_link(link, visible), "modified": link.modified}
                for alias, link in draft.links.items()
                if visible(link.direct)
            },
            "public": [path for path, file in draft.files.items() if file.public],
            "deleted_files": draft.deleted_files,
            "deleted_links": draft.deleted_links,
        }
    return values
