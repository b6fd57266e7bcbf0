"""The public functions of this plugin. They are for code that may do everything, and check values.

Changing tags makes no version. Whoever watches a bundle or collection is told once, with the
namespace ``tagging``, and only if something has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q, QuerySet
from openedx_tagging import api as library

from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore.plugin_tools import changing_bundle, changing_collection
from openedx_blockstore_tagging import reading, writing
from openedx_blockstore_tagging.announcing import announce_bundle, announce_collection
from openedx_blockstore_tagging.data import (
    AppliedTag,
    BundleTags,
    TaggedBundle,
    TaggedCollection,
    TagSpan,
    TaxonomyData,
)
from openedx_blockstore_tagging.exceptions import TagConflict, TagNotFound
from openedx_blockstore_tagging.reading import Version
from openedx_blockstore_tagging.taxonomies import (
    choose,
    describe_taxonomy,
    find_taxonomy,
    stored_tags,
    tag_and_below,
    usable_taxonomy,
)
from openedx_blockstore_tagging.values import check_part, check_value

_MAX_KEY = 2**63


def get_taxonomies() -> list[TaxonomyData]:
    """Return the taxonomies that one may tag with, by name."""
    return [describe_taxonomy(taxonomy) for taxonomy in library.get_taxonomies(enabled=True)]


# Bundles and their parts -------------------------------------------------------------------------


def tag_bundle(
    bundle_uuid: UUID | str,
    taxonomy_id: int | str,
    values: Iterable[str],
    *,
    version: int | None = None,
    versions: tuple[int, int] | None = None,
    part: str | None = None,
    actor: str = "",
) -> bool:
    """Let a bundle, or a part of one, have exactly these tags of a taxonomy.

    Its tags of other taxonomies, and those of other versions, stay as they are.

    Args:
        taxonomy_id: The taxonomy's key, or its ``export_id``.
        values: What people call the tags; none to take them all away.
        version: From this version on. Without it and ``versions``: from the latest on.
        versions: The first and the last version, where it is about a few.
        part: The key of a part, such as ``problem/p1.xml`` or ``course.xml#p1``; its file need not
            be there.
        actor: Who does it.

    Returns:
        Whether anything has changed.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It does not have such a version.
        TaxonomyNotFound: There is no such taxonomy.
        TaxonomyDisabled: It was switched off.
        TagNotFound: It has a list of tags, and some are not in there.
        SingleTagTaxonomy: It allows one tag, and there are more.
        InvalidTag: A value can be no tag.
        InvalidPart: The key of the part can be none.
        TooManyTags: There would be more than the library allows.
        TagConflict: The database refused them.
        Invalid: Both ``version`` and ``versions``, or versions that are no span.
    """
    bundle = reading.find_bundle(bundle_uuid)
    taxonomy = usable_taxonomy(taxonomy_id)
    key = check_part(part)
    first, last = _span(bundle, version, versions)
    with _refusals(), changing_bundle(bundle.uuid) as locked:
        slot = writing.Slot(key, taxonomy, taxonomy.export_id)
        choices = choose(taxonomy, values)
        changed = writing.set_tags(locked, slot, choices, first=first, last=last)
        if changed:
            announce_bundle(bundle.uuid, actor=actor)
    return changed


def get_tags(
    bundle_uuid: UUID | str, version: int | None = None, part: str | None = None
) -> tuple[AppliedTag, ...]:
    """Return the tags of a bundle, or of a part of one.

    They are called what they are called now, whatever they were called when they were set. Tags
    that are gone from their taxonomy, and those of disabled taxonomies, are left out.

    Args:
        version: None for the latest.
        part: The key of a part; None for the bundle as a whole.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It does not have that version.
    """
    tags = get_all_tags(bundle_uuid, version)
    return tags.parts.get(check_part(part), ()) if part else tags.tags


def get_all_tags(bundle_uuid: UUID | str, version: int | None = None) -> BundleTags:
    """Return the tags of a bundle and of its parts; as :func:`get_tags`."""
    bundle = reading.find_bundle(bundle_uuid)
    if version is not None:
        reading.check_versions(bundle, [version])
    found = reading.tags_of_versions([(bundle.uuid, version)])
    return found.get((bundle.uuid, version), BundleTags())


def get_tags_for(versions: Iterable[Version]) -> dict[Version, BundleTags]:
    """Return the tags of many versions, in one statement for each 200.

    Args:
        versions: Pairs of a bundle's UUID and a number, or None for its latest version.

    Returns:
        The tags by pair; pairs without any, also since they are not there, are left out.
    """
    return reading.tags_of_versions(versions)


def get_tag_history(bundle_uuid: UUID | str, part: str | None = None) -> list[TagSpan]:
    """Return which tags held for which versions of a bundle.

    Args:
        part: The key of a part; an empty one for the bundle as a whole; None for all.

    Raises:
        BundleNotFound: There is no such bundle.
    """
    bundle = reading.find_bundle(bundle_uuid)
    return reading.history_of(bundle, check_part(part) if part is not None else None)


def find_bundles(
    taxonomy_id: int | str,
    value: str | None = None,
    *,
    collection_uuid: UUID | str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[TaggedBundle]:
    """Return the bundles whose latest version has a tag, or one below it, or a part that has one.

    Args:
        value: What people call the tag; None for any of the taxonomy.
        collection_uuid: Only those in this collection.
        after: The ``key`` of the last one of the page before.
        limit: How many at most.

    Raises:
        TaxonomyNotFound: There is no such taxonomy.
        TagNotFound: It has a list of tags, and this is not in there.
        CollectionNotFound: There is no such collection.
        Invalid: The limit or the key is none.
    """
    bundles = Bundle.objects.all()
    if collection_uuid is not None:
        bundles = bundles.filter(collection=reading.find_collection(collection_uuid))
    return find_bundles_among(bundles, taxonomy_id, value, after=after, limit=limit)


def find_bundles_among(
    bundles: QuerySet[Bundle],
    taxonomy_id: int | str,
    value: str | None = None,
    *,
    after: int | None = None,
    limit: int | None = None,
) -> list[TaggedBundle]:
    """Return those of some bundles with a tag; otherwise as :func:`find_bundles`."""
    start = _check_page(after, limit)
    condition = _with_tag(taxonomy_id, value)
    return reading.bundles_with(bundles, condition, after=start, limit=limit)


# Collections -------------------------------------------------------------------------------------


def tag_collection(
    collection_uuid: UUID | str,
    taxonomy_id: int | str,
    values: Iterable[str],
    *,
    actor: str = "",
) -> bool:
    """Let a collection have exactly these tags of a taxonomy; as :func:`tag_bundle`.

    Raises:
        CollectionNotFound: There is no such collection.
    """
    collection = reading.find_collection(collection_uuid)
    taxonomy = usable_taxonomy(taxonomy_id)
    with _refusals(), changing_collection(collection.uuid) as locked:
        slot = writing.Slot("", taxonomy, taxonomy.export_id)
        changed = writing.set_collection_tags(locked, {slot: choose(taxonomy, values)})
        if changed:
            announce_collection(collection.uuid, actor=actor)
    return changed


def get_collection_tags(collection_uuid: UUID | str) -> tuple[AppliedTag, ...]:
    """Return the tags of a collection; as :func:`get_tags`.

    Raises:
        CollectionNotFound: There is no such collection.
    """
    uuid = reading.find_collection(collection_uuid).uuid
    return reading.tags_of_collections([uuid]).get(uuid, ())


def get_collection_tags_for(
    collection_uuids: Iterable[UUID],
) -> dict[UUID, tuple[AppliedTag, ...]]:
    """Return the tags of many collections, in one statement for each 200."""
    return reading.tags_of_collections(collection_uuids)


def find_collections(
    taxonomy_id: int | str,
    value: str | None = None,
    *,
    after: int | None = None,
    limit: int | None = None,
) -> list[TaggedCollection]:
    """Return the collections that have a tag, or one below it; as :func:`find_bundles`."""
    collections = Collection.objects.all()
    return find_collections_among(collections, taxonomy_id, value, after=after, limit=limit)


def find_collections_among(
    collections: QuerySet[Collection],
    taxonomy_id: int | str,
    value: str | None = None,
    *,
    after: int | None = None,
    limit: int | None = None,
) -> list[TaggedCollection]:
    """Return those of some collections with a tag; otherwise as :func:`find_collections`."""
    start = _check_page(after, limit)
    condition = _with_tag(taxonomy_id, value)
    return reading.collections_with(collections, condition, after=start, limit=limit)


# What they have in common ------------------------------------------------------------------------


@contextmanager
def _refusals() -> Iterator[None]:
    """Say in our words what the database refuses, once the transaction is undone."""
    try:
        yield
    except IntegrityError as error:
        raise TagConflict from error


def _span(bundle: Bundle, version: Any, versions: Any) -> tuple[int, int | None]:
    if versions is None:
        if version is None:
            return max(reading.latest_version(bundle), 1), None
        reading.check_versions(bundle, [version])
        return version, None
    if version is not None:
        raise Invalid("Say either from which version on, or from which to which.")
    if not isinstance(versions, Sequence) or len(versions) != 2:  # noqa: PLR2004
        raise Invalid(f"versions must be the first and the last one, not {versions!r}.")
    reading.check_versions(bundle, versions)
    first, last = versions
    if last < first:
        raise Invalid(f"Versions {first} to {last} are no span: it ends before it begins.")
    return first, last


def _check_page(after: Any, limit: Any) -> int:
    for name, value, least in (("after", after, 0), ("limit", limit, 1)):
        if value is None:
            continue
        known = isinstance(value, int) and not isinstance(value, bool)
        if not known or not least <= value < _MAX_KEY:
            raise Invalid(f"{name} must be a number from {least} on, or None, not {value!r}.")
    return after or 0


def _with_tag(taxonomy_id: int | str, value: str | None) -> Q:
    taxonomy = find_taxonomy(taxonomy_id)
    if value is None:
        return Q(object_tag__taxonomy=taxonomy.pk)
    text = check_value(value)
    if taxonomy.allow_free_text:
        return Q(object_tag__taxonomy=taxonomy.pk, object_tag___value__iexact=text)
    tag = stored_tags(taxonomy, [text]).get(text)
    if tag is None:
        # Some taxonomies make their tags when they are first used.
        if not taxonomy.validate_value(text):
            raise TagNotFound(taxonomy.export_id, [text])
        return Q(pk__in=[])
    return Q(object_tag__tag__in=tag_and_below(tag.pk).values("pk"))
