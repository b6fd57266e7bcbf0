"""What direct uploads take and give."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from openedx_blockstore.rest_api.v1.serializers.common import (
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
)


class NewUploadSerializer(serializers.Serializer[Any]):
    """A file that is to be uploaded directly."""

    path = StrictCharField(trim_whitespace=False, help_text="Where it is to be in the draft.")
    size = StrictIntegerField(min_value=1, max_value=2**63 - 1, help_text="Of it, in bytes.")
    hash_digest = StrictCharField(
        min_length=64, max_length=64, help_text="Of it: the SHA-256 in lower-case hexadecimal."
    )
    public = StrictBooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether everybody may read the file; if not said, as it is.",
    )


class UploadSerializer(serializers.Serializer[Any]):
    """A direct upload, and how far it has come."""

    uuid = serializers.UUIDField()
    draft_uuid = serializers.UUIDField()
    path = serializers.CharField()
    size = serializers.IntegerField()
    hash_digest = serializers.CharField()
    part_size = serializers.IntegerField(help_text="Bytes of each part; the last has what is left.")
    part_count = serializers.IntegerField(help_text="The parts have the numbers from 1 to this.")
    parts = serializers.ListField(
        child=serializers.IntegerField(), help_text="The numbers of those that have arrived."
    )
    expires_at = serializers.DateTimeField(help_text="When it counts as abandoned.")
    completed = serializers.BooleanField(help_text="The file is in the draft.")


class PartNumbersSerializer(serializers.Serializer[Any]):
    """Parts that are to be sent."""

    parts = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=10_000),
        min_length=1,
        max_length=1_000,
        help_text="Their numbers.",
    )


class PartUrlSerializer(serializers.Serializer[Any]):
    """Where to send a part."""

    number = serializers.IntegerField()
    size = serializers.IntegerField(help_text="The bytes that it must have.")
    url = serializers.CharField(
        help_text="To be sent there with PUT, and no login; good for a while."
    )


class PartUrlsSerializer(serializers.Serializer[Any]):
    """Where to send parts."""

    parts = PartUrlSerializer(many=True)
