"""What copying to another server takes and gives, beside archives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from openedx_blockstore.rest_api.v1.serializers.common import StrictCharField

_MAX_BUNDLES = 10_000
_MAX_DIGESTS = 200_000


class _DigestField(StrictCharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=64, max_length=64, **kwargs)


class WantedContentsSerializer(serializers.Serializer[Any]):
    """The contents that bundles list, which somebody is about to send."""

    bundles = serializers.DictField(
        child=serializers.ListField(child=_DigestField(), max_length=_MAX_DIGESTS),
        help_text="The digests, by the UUIDs that the bundles have where they come from.",
    )

    def validate_bundles(self, value: dict[str, list[str]]) -> dict[str, list[str]]:
        """Refuse more than can be answered at once."""
        if len(value) > _MAX_BUNDLES:
            raise serializers.ValidationError(f"At most {_MAX_BUNDLES:,} at once.")
        return value


class MissingContentsSerializer(serializers.Serializer[Any]):
    """The contents that have to be sent."""

    missing = serializers.ListField(child=serializers.CharField(), help_text="Their digests.")
