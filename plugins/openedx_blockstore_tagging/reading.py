"""Finds the tags of collections, bundles and parts, in a few statements however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from openedx_blockstore.exceptions import BundleNotFound, BundleVersionNotFound, CollectionNotFound
from openedx_blockstore.models_api import Bundle, BundleVersion, Collection
from openedx_blockstore.plugin_tools import annotations_covering
from openedx_blockstore_tagging.data import (
    AppliedTag,
    BundleTags,
    TaggedBundle,
    TaggedCollection,
    TagSpan,
)
from openedx_blockstore_tagging.models import BundleTag, BundleTagQuerySet, CollectionTag
from openedx_blockstore_tagging.taxonomies import (
    TAG_RELATIONS,
    applied,
    batches,
    in_order,
    shown,
)

_MAX_VERSION = 2**31

#: A version of a bundle by its number; None for the latest.
Version = tuple[UUID, int | None]


# What there is -----------------------------------------------------------------------------------


def find_bundle(bundle_uuid: UUID | str) -> Bundle:
    """Return a bundle's row.

    Raises:
        BundleNotFound: There is none, or it was deleted.
    """
    bundle = Bundle.objects.filter(uuid=_uuid(bundle_uuid), deleted_at=None).first()
    if bundle is None:
        raise BundleNotFound(bundle_uuid)
    return bundle


def find_collection(collection_uuid: UUID | str) -> Collection:
    """Return a collection's row.

    Raises:
        CollectionNotFound: There is none.
    """
    collection = Collection.objects.filter(uuid=_uuid(collection_uuid)).first()
    if collection is None:
        raise CollectionNotFound(collection_uuid)
    return collection


def _uuid(value: UUID | str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(value)
    except (ValueError, TypeError, AttributeError):
        return UUID(int=0)


def check_versions(bundle: Bundle, versions: Iterable[Any]) -> None:
    """Make sure that a bundle has some versions.

    Raises:
        BundleVersionNotFound: It does not have one of them.
    """
    wanted = set()
    for version in versions:
        known = isinstance(version, int) and not isinstance(version, bool)
        if not known or not 1 <= version < _MAX_VERSION:
            raise BundleVersionNotFound(bundle.uuid, version)
        wanted.add(version)
    rows = BundleVersion.objects.filter(bundle=bundle, version_num__in=wanted)
    missing = wanted - set(rows.values_list("version_num", flat=True))
    if missing:
        raise BundleVersionNotFound(bundle.uuid, min(missing))


def latest_version(bundle: Bundle) -> int:
    """Return the number of a bundle's latest version; 0 where it has none."""
    versions = BundleVersion.objects.filter(bundle=bundle).order_by("-version_num")
    return versions.values_list("version_num", flat=True).first() or 0


# The tags of something ---------------------------------------------------------------------------


def visible_rows() -> BundleTagQuerySet:
    """Return the tags of bundles that are shown, with all that showing them needs."""
    relations = (f"object_tag__{name}" for name in TAG_RELATIONS)
    return BundleTag.objects.filter(shown()).select_related(*relations)


def visible_collection_rows() -> QuerySet[CollectionTag]:
    """Return the tags of collections that are shown, with all that showing them needs."""
    relations = (f"object_tag__{name}" for name in TAG_RELATIONS)
    return CollectionTag.objects.filter(shown()).select_related("collection", *relations)


def tags_of_versions(versions: Iterable[Version]) -> dict[Version, BundleTags]:
    """Return the tags of many versions; those without any are left out.

    It takes one statement for each 200 versions, and one for each 200 bundles that are asked for
    without a number.
    """
    asked = list(dict.fromkeys(versions))
    rows: defaultdict[Version, list[BundleTag]] = defaultdict(list)
    latest = [uuid for uuid, version in asked if version is None]
    for some in batches(latest):
        for row in visible_rows().open().filter(bundle__uuid__in=some).select_related("bundle"):
            rows[row.bundle.uuid, None].append(row)
    numbered = [(uuid, version) for uuid, version in asked if version is not None]
    covering: Mapping[Any, list[BundleTag]] = annotations_covering(visible_rows(), numbered)
    rows.update(covering)
    return {version: _bundle_tags(rows[version]) for version in asked if rows.get(version)}


def _bundle_tags(rows: Iterable[BundleTag]) -> BundleTags:
    parts: dict[str, list[AppliedTag]] = defaultdict(list)
    for row in rows:
        parts[row.part].append(applied(row.object_tag))
    whole = in_order(parts.pop("", ()))
    return BundleTags(tags=whole, parts={part: in_order(parts[part]) for part in sorted(parts)})


def tags_of_collections(collection_uuids: Iterable[UUID]) -> dict[UUID, tuple[AppliedTag, ...]]:
    """Return the tags of many collections; those without any are left out."""
    found: dict[UUID, list[AppliedTag]] = defaultdict(list)
    for some in batches(list(dict.fromkeys(collection_uuids))):
        for row in visible_collection_rows().filter(collection__uuid__in=some):
            found[row.collection.uuid].append(applied(row.object_tag))
    return {uuid: in_order(tags) for uuid, tags in found.items()}


def history_of(bundle: Bundle, part: str | None) -> list[TagSpan]:
    """Return which tags held for which versions; of all parts, unless one is named."""
    rows = visible_rows().filter(bundle=bundle)
    if part is not None:
        rows = rows.filter(part=part)
    spans = [
        TagSpan(applied(row.object_tag), row.part, row.first_version, row.last_version)
        for row in rows
        if part is None or row.part == part
    ]
    order = {tag: number for number, tag in enumerate(in_order({span.tag for span in spans}))}
    return sorted(spans, key=lambda span: (span.part, span.first_version, order[span.tag]))


# What has some tag -------------------------------------------------------------------------------


def bundles_with(
    bundles: QuerySet[Bundle], condition: Q, *, after: int, limit: int | None
) -> list[TaggedBundle]:
    """Return the bundles whose latest version has a tag, or a part that has it, in pages.

    Args:
        condition: About a ``BundleTag``.
        after: The key of the last one of the page before.
    """
    tagged = BundleTag.objects.open().filter(shown(), condition)
    found = bundles.filter(deleted_at=None, pk__gt=after, pk__in=tagged.values("bundle")).order_by(
        "pk"
    )
    pages = list(found.values_list("pk", "uuid")[:limit])
    parts: dict[int, set[str]] = defaultdict(set)
    for some in batches(pages):
        rows = tagged.filter(bundle__in=[key for key, _uuid in some])
        for key, part in rows.values_list("bundle_id", "part"):
            parts[key].add(part)
    return [
        TaggedBundle(key, uuid, "" in parts[key], tuple(sorted(parts[key] - {""})))
        for key, uuid in pages
    ]


def collections_with(
    collections: QuerySet[Collection], condition: Q, *, after: int, limit: int | None
) -> list[TaggedCollection]:
    """Return the collections that have a tag, in pages; as :func:`bundles_with`."""
    tagged = CollectionTag.objects.filter(shown(), condition)
    found = collections.filter(pk__gt=after, pk__in=tagged.values("collection")).order_by("pk")
    pages = found.values_list("pk", "uuid")[:limit]
    return [TaggedCollection(key, uuid) for key, uuid in pages]
