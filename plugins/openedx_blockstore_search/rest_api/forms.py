"""The forms of what is asked and answered."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from openedx_blockstore_search.data import FileUse, Mark, SearchHit, SearchResults


def _several(name: str, text: str, **kwargs: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, kwargs.pop("type", OpenApiTypes.STR), description=text, many=True, **kwargs
    )


LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 0, "maximum": 100},
    description="Results on a page; 0 for nothing but what is known of all.",
)
CURSOR = OpenApiParameter(
    "cursor", OpenApiTypes.STR, description="Where the page begins; from `next` of the one before."
)

SEARCH = [
    OpenApiParameter(
        "q",
        {"type": "string", "maxLength": 1000},
        description=(
            'Words that must all be there; `"words in a row"`, `begin*`, `-not`. Without any, '
            "everything is found."
        ),
    ),
    _several("collection", "Only in one of these.", type=OpenApiTypes.UUID),
    _several("bundle", "Only in one of these.", type=OpenApiTypes.UUID),
    _several("kind", "Only these kinds.", enum=("bundle", "file", "part")),
    _several("type", "Only in bundles of one of these types."),
    _several("block_type", "Only parts of one of these types, such as `problem`."),
    _several("tag", "Only what has one of these tags, or one below: `taxonomy:tag`."),
    _several("licence", "Only what has one of these licences."),
    _several("language", "Only what is in one of these languages (BCP 47)."),
    _several("response", "Only problems that are answered in one of these ways."),
    _several("trait", "Only what has one of these: `name:value`."),
    _several("parent", "Only what is in one of these parts (their keys)."),
    _several("reference", "Only what refers to one of these files, by its name there."),
    OpenApiParameter(
        "versions",
        OpenApiTypes.STR,
        description="`latest`, `all`, or the number of a version.",
        default="latest",
    ),
    _several("facet", "Count the values of this field over all results."),
    OpenApiParameter(
        "facet_size",
        {"type": "integer", "minimum": 1, "maximum": 1000},
        description="How many values of each facet.",
        default=20,
    ),
    OpenApiParameter(
        "sort", OpenApiTypes.STR, enum=("relevance", "title", "newest"), default="relevance"
    ),
    LIMIT,
    CURSOR,
]


class MarkSerializer(serializers.Serializer[Any]):
    """A part of a text that is to be shown as found."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()


class SnippetSerializer(serializers.Serializer[Any]):
    """A piece of a text: plain text, to be escaped before it is shown."""

    text = serializers.CharField()
    marks = MarkSerializer(many=True)


class ParentSerializer(serializers.Serializer[Any]):
    """Something around a part."""

    key = serializers.CharField()
    type = serializers.CharField()
    title = serializers.CharField(allow_blank=True)


class HitSerializer(serializers.Serializer[Any]):
    """A bundle, file or part that was found."""

    kind = serializers.ChoiceField(choices=("bundle", "file", "part"))
    bundle_uuid = serializers.UUIDField()
    collection_uuid = serializers.UUIDField()
    bundle_type = serializers.CharField(allow_blank=True)
    first_version = serializers.IntegerField(help_text="The first version that has it like this.")
    last_version = serializers.IntegerField(
        allow_null=True, help_text="The last one; null while the latest version has it."
    )
    path = serializers.CharField(allow_blank=True)
    key = serializers.CharField(allow_blank=True, help_text="Of a part: identifies it.")
    block_type = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    title_marks = MarkSerializer(many=True)
    snippets = SnippetSerializer(many=True)
    parents = ParentSerializer(many=True, help_text="What it is in, the outermost first.")
    languages = serializers.ListField(child=serializers.CharField())
    traits = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    tags = serializers.ListField(child=serializers.CharField())
    licence = serializers.CharField(allow_blank=True)
    modified_at = serializers.DateTimeField(allow_null=True)
    score = serializers.FloatField()


class FacetSerializer(serializers.Serializer[Any]):
    """A value, and how many of the results have it."""

    value = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()


class ResultsSerializer(serializers.Serializer[Any]):
    """A page of results, and what is known of all."""

    next = serializers.URLField(allow_null=True, help_text="The next page; null after the last.")
    results = HitSerializer(many=True)
    total = serializers.IntegerField()
    total_is_exact = serializers.BooleanField(help_text="Otherwise there are more.")
    facets = serializers.DictField(child=FacetSerializer(many=True))
    suggestions = serializers.ListField(
        child=serializers.CharField(), help_text="What may have been meant."
    )


class FileUseSerializer(serializers.Serializer[Any]):
    """A place that refers to a file."""

    bundle_uuid = serializers.UUIDField()
    path = serializers.CharField()
    name = serializers.CharField()
    part_key = serializers.CharField(allow_blank=True)
    part_type = serializers.CharField(allow_blank=True)
    part_title = serializers.CharField(allow_blank=True)
    alias = serializers.CharField(allow_null=True)


class FileUsageSerializer(serializers.Serializer[Any]):
    """A page of places that refer to a file."""

    next = serializers.URLField(allow_null=True)
    results = FileUseSerializer(many=True)
    version = serializers.IntegerField(help_text="The bundle's latest version, which it is about.")
    hidden = serializers.IntegerField(
        help_text="Places of this page in bundles that the caller may not see."
    )
    uncertain = serializers.ListField(
        child=serializers.CharField(),
        help_text="Files that could not be read in full, and may refer to more.",
    )


class UnusedFilesSerializer(serializers.Serializer[Any]):
    """A page of files to which nothing refers."""

    next = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField(help_text="The bundle's latest version, which it is about.")
    uncertain = serializers.ListField(
        child=serializers.CharField(), help_text="Files that could not be read in full."
    )
    uncertain_borrowers = serializers.IntegerField(
        help_text="Bundles that link to this one, and are not known in full."
    )


def show_results(found: SearchResults, following: str | None) -> dict[str, Any]:
    """Return a page of results as it is sent."""
    return {
        "next": following,
        "results": [_show_hit(hit) for hit in found.hits],
        "total": found.total,
        "total_is_exact": found.total_is_exact,
        "facets": {
            name: [{"value": each.value, "count": each.count} for each in values]
            for name, values in found.facets.items()
        },
        "suggestions": list(found.suggestions),
    }


def _show_hit(hit: SearchHit) -> dict[str, Any]:
    document = hit.document
    return {
        "kind": document.kind,
        "bundle_uuid": document.bundle_uuid,
        "collection_uuid": document.collection_uuid,
        "bundle_type": document.bundle_type,
        "first_version": document.first_version,
        "last_version": document.last_version,
        "path": document.path,
        "key": document.key,
        "block_type": document.block_type,
        "title": document.title,
        "title_marks": _marks(hit.title_marks),
        "snippets": [
            {"text": snippet.text, "marks": _marks(snippet.marks)} for snippet in hit.snippets
        ],
        "parents": [
            {"key": each.key, "type": each.type, "title": each.title} for each in document.parents
        ],
        "languages": list(document.languages),
        "traits": {name: list(values) for name, values in document.traits.items()},
        "tags": list(document.tags),
        "licence": document.licence,
        "modified_at": document.modified_at,
        "score": hit.score,
    }


def _marks(marks: tuple[Mark, ...]) -> list[dict[str, int]]:
    return [{"start": start, "end": end} for start, end in marks]


def show_use(use: FileUse) -> dict[str, Any]:
    """Return a place that refers to a file as it is sent."""
    return {
        "bundle_uuid": use.bundle_uuid,
        "path": use.path,
        "name": use.name,
        "part_key": use.part_key,
        "part_type": use.part_type,
        "part_title": use.part_title,
        "alias": use.alias,
    }
