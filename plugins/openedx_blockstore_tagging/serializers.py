"""What is sent and received."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from openedx_blockstore_tagging.data import AppliedTag, BundleTags, TagSpan, TaxonomyData
from openedx_blockstore_tagging.values import is_text

_MAX_VERSION = 2**31 - 1


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class TaxonomyField(serializers.Field[Any, Any, Any, Any]):
    """A taxonomy by its number, or by its ``export_id``."""

    def to_internal_value(self, data: Any) -> int | str:
        """Read it; in a query all are texts."""
        if isinstance(data, bool) or not isinstance(data, (int, str)) or data == "":
            raise serializers.ValidationError("Give a taxonomy by its number or its export_id.")
        # The language taxonomy of the library has the number -1.
        if isinstance(data, str) and data.removeprefix("-").isdecimal() and data.isascii():
            return int(data) if len(data) <= 20 else 0  # noqa: PLR2004  (larger than any key)
        if isinstance(data, str) and not is_text(data):
            raise serializers.ValidationError("This holds a character that no text has.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Write it."""
        return value


class _Text(serializers.CharField):
    """Text as it is; numbers are none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Read it."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def _version(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=_MAX_VERSION, **kwargs)


# Received ----------------------------------------------------------------------------------------


class TagsInputSerializer(serializers.Serializer[Any]):
    """The tags of one taxonomy that something is to have."""

    taxonomy = TaxonomyField(help_text="The taxonomy's number, or its `export_id`.")
    values = serializers.ListField(
        child=_Text(),
        help_text="What people call the tags; none to take them all away.",
    )


class BundleTagsInputSerializer(TagsInputSerializer):
    """The tags of one taxonomy that a bundle, or a part of one, is to have."""

    part = _Text(
        required=False, help_text="The key of the part; without it, the bundle as a whole."
    )
    version = _version(
        required=False, help_text="From this version on; without it, from the latest on."
    )
    versions = serializers.ListField(
        child=_version(),
        required=False,
        min_length=2,
        max_length=2,
        help_text="The first and the last version, where it is about a few.",
    )


class TagsQuerySerializer(serializers.Serializer[Any]):
    """Whose tags are wanted."""

    version = _version(required=False)
    part = _Text(required=False)


class FindQuerySerializer(serializers.Serializer[Any]):
    """Which tag is looked for."""

    taxonomy = TaxonomyField()
    value = serializers.CharField(required=False)
    collection = serializers.CharField(required=False)


# Sent --------------------------------------------------------------------------------------------


class TaxonomySerializer(serializers.Serializer[Any]):
    """A taxonomy that one may tag with."""

    id = serializers.IntegerField()
    export_id = serializers.CharField(help_text="Identifies it wherever it is.")
    name = serializers.CharField()
    description = serializers.CharField()
    enabled = serializers.BooleanField()
    allow_multiple = serializers.BooleanField()
    allow_free_text = serializers.BooleanField()
    system_defined = serializers.BooleanField()


class TagSerializer(serializers.Serializer[Any]):
    """A tag that something has."""

    taxonomy = serializers.CharField(help_text="The `export_id` of its taxonomy.")
    taxonomy_id = serializers.IntegerField()
    taxonomy_name = serializers.CharField()
    value = serializers.CharField()
    lineage = serializers.ListField(
        child=serializers.CharField(), help_text="The tags above it, and its own value at the end."
    )
    external_id = serializers.CharField(allow_null=True)


class BundleTagsSerializer(serializers.Serializer[Any]):
    """The tags of a version of a bundle, and of its parts."""

    tags = TagSerializer(many=True)
    parts = serializers.DictField(
        child=TagSerializer(many=True), help_text="By the key of the part; those that have some."
    )


class CollectionTagsSerializer(serializers.Serializer[Any]):
    """The tags of a collection."""

    tags = TagSerializer(many=True)


class TagSpanSerializer(serializers.Serializer[Any]):
    """A tag, and the versions for which it holds."""

    tag = TagSerializer()
    part = serializers.CharField(help_text="Empty for the bundle as a whole.")
    first_version = serializers.IntegerField()
    last_version = serializers.IntegerField(
        allow_null=True, help_text="Null while it holds for the latest."
    )


class BundleHistorySerializer(serializers.Serializer[Any]):
    """Which tags held for which versions."""

    spans = TagSpanSerializer(many=True)


class TaggedBundleSerializer(serializers.Serializer[Any]):
    """A bundle with the tag."""

    bundle_uuid = serializers.UUIDField()
    url = serializers.URLField()
    whole = serializers.BooleanField(help_text="The bundle as a whole has the tag.")
    parts = serializers.ListField(
        child=serializers.CharField(), help_text="The keys of the parts that have it."
    )


class TaggedCollectionSerializer(serializers.Serializer[Any]):
    """A collection with the tag."""

    collection_uuid = serializers.UUIDField()
    url = serializers.URLField()


_TAXONOMY: tuple[str, ...] = tuple(TaxonomySerializer().fields)
_TAG: tuple[str, ...] = tuple(TagSerializer().fields)


def show_taxonomy(taxonomy: TaxonomyData) -> dict[str, Any]:
    """Return what is sent of a taxonomy."""
    return {name: getattr(taxonomy, name) for name in _TAXONOMY}


def show_tag(tag: AppliedTag) -> dict[str, Any]:
    """Return what is sent of a tag."""
    return {**{name: getattr(tag, name) for name in _TAG}, "lineage": list(tag.lineage)}


def show_bundle_tags(tags: BundleTags) -> dict[str, Any]:
    """Return what is sent of the tags of a version."""
    return {
        "tags": [show_tag(tag) for tag in tags.tags],
        "parts": {part: [show_tag(tag) for tag in some] for part, some in tags.parts.items()},
    }


def show_span(span: TagSpan) -> dict[str, Any]:
    """Return what is sent of a tag and its versions."""
    return {
        "tag": show_tag(span.tag),
        "part": span.part,
        "first_version": span.first_version,
        "last_version": span.last_version,
    }
