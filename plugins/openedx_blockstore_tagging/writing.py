"""Gives tags to bundles over spans of versions, and to collections; the only writer of them.

Whoever calls a function here has begun a transaction, and locked the bundle's or collection's row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import uuid4

from attrs import frozen
from openedx_tagging.models import ObjectTag, Taxonomy

from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore.plugin_tools import replace_annotations
from openedx_blockstore_tagging.exceptions import TooManyTags
from openedx_blockstore_tagging.models import BundleTag, CollectionTag
from openedx_blockstore_tagging.object_ids import (
    PREFIX,
    bundle_object_id,
    collection_object_id,
    past_object_id,
)
from openedx_blockstore_tagging.taxonomies import BATCH, MAX_TAGS, Choice, TagKey, batches, key_of

_KEY = ("part", "taxonomy", "object_tag")

#: Tells slots apart: the part, and the taxonomy's key, or its name where it is not here.
SlotKey: TypeAlias = tuple[str, int | str]


@frozen
class Slot:
    """Where tags go: a part of a bundle, and a taxonomy.

    Attributes:
        part: Its key; empty for the bundle as a whole, and for a collection.
        taxonomy: None for one that is not here; the library keeps the name of such.
        export_id: The taxonomy's name.
    """

    part: str
    taxonomy: Taxonomy | None
    export_id: str

    @property
    def key(self) -> SlotKey:
        """What tells it apart from others."""
        return self.part, self.taxonomy.pk if self.taxonomy is not None else self.export_id


#: Identifies a tag of something.
_TagAt: TypeAlias = tuple[SlotKey, TagKey]

#: The tags that are to be in some slots.
Wanted: TypeAlias = Mapping[Slot, Sequence[Choice]]


# Bundles -----------------------------------------------------------------------------------------


def set_tags(
    bundle: Bundle, slot: Slot, choices: Sequence[Choice], *, first: int, last: int | None
) -> bool:
    """Let exactly these tags be in a slot for a span of versions.

    Args:
        slot: Its taxonomy is here.
        last: None for all later versions.

    Returns:
        Whether anything has changed.

    Raises:
        TooManyTags: The part would have more than anything may have.
    """
    rows = _rows_of(bundle, {slot.part})
    tags = _object_tags({slot: choices}, rows)
    changed = replace_annotations(
        BundleTag,
        bundle,
        [({"object_tag": tags[slot.key, choice.key]}, {}) for choice in choices],
        key_names=_KEY,
        within={"part": slot.part, "taxonomy": slot.taxonomy},
        first_version=first,
        last_version=last,
    )
    if changed:
        _tidy(bundle, rows, {slot.part}, first, last)
    return changed


def set_version_tags(bundle: Bundle, wanted: Wanted, *, version: int, onwards: bool) -> bool:
    """Let exactly these tags be in several slots for one version; leave other slots alone.

    It takes as many statements for many slots as for one.

    Args:
        onwards: Also for all versions after it, which are still to be made.

    Returns:
        Whether anything has changed.

    Raises:
        TooManyTags: A part would have more than anything may have.
    """
    rows = _rows_of(bundle, None)
    tags = _object_tags(wanted, rows)
    slots = {slot.key for slot in wanted}
    others = [row for row in rows if _slot_of(row.part, row.object_tag) not in slots]
    entries: list[dict[str, Any]] = [
        {"part": slot.part, "taxonomy": slot.taxonomy, "object_tag": tags[slot.key, choice.key]}
        for slot, choices in wanted.items()
        for choice in choices
    ]
    changed = False
    # What is in other slots may end with this version.
    for first, last in ((version, version), (version + 1, None))[: 2 if onwards else 1]:
        changed |= replace_annotations(
            BundleTag,
            bundle,
            [
                *((entry, {}) for entry in entries),
                *((_entry(row), {}) for row in others if _covers(row, first, last)),
            ],
            key_names=_KEY,
            first_version=first,
            last_version=last,
        )
    if changed:
        parts = {slot.part for slot in wanted}
        _tidy(bundle, rows, parts, version, None if onwards else version)
    return changed


def _entry(row: BundleTag) -> dict[str, Any]:
    return {"part": row.part, "taxonomy": row.taxonomy_id, "object_tag": row.object_tag_id}


def _covers(row: BundleTag, first: int, last: int | None) -> bool:
    if row.last_version is None:
        return row.first_version <= first
    return last is not None and row.first_version <= first and row.last_version >= last


def _rows_of(bundle: Bundle, parts: set[str] | None) -> list[BundleTag]:
    rows = BundleTag.objects.filter(bundle=bundle)
    if parts is not None and len(parts) == 1:
        rows = rows.filter(part=next(iter(parts)))
    # Some databases find what is equal but for blanks at the end.
    found = [
        row
        for row in rows.select_related("object_tag__taxonomy", "object_tag__tag")
        if parts is None or row.part in parts
    ]
    # The library finds a taxonomy that was not here for tags that have waited for it.
    stale = [row for row in found if row.taxonomy_id != row.object_tag.taxonomy_id]
    for row in stale:
        row.taxonomy_id = row.object_tag.taxonomy_id
    if stale:
        BundleTag.objects.bulk_update(stale, ["taxonomy"], batch_size=BATCH)
    return found


def _object_tags(wanted: Wanted, rows: Iterable[BundleTag]) -> Mapping[_TagAt, ObjectTag]:
    """Return the library's rows for the wanted tags: those that are there, and new ones."""
    tags = {
        (_slot_of(row.part, row.object_tag), key_of(row.object_tag)): row.object_tag for row in rows
    }
    return {**tags, **_saved(_missing(wanted, tags))}


def _tidy(
    bundle: Bundle, before: Iterable[BundleTag], parts: set[str], first: int, last: int | None
) -> None:
    """Let the library's rows follow ours: gone, or held once, or holding for the latest version."""
    rows = _rows_of(bundle, parts)
    _check_counts(rows, first, last)
    current = {row.object_tag_id for row in rows if row.last_version is None}
    places = {row.object_tag_id: row for row in rows}
    used = {row.object_tag_id for row in before if row.part in parts} - set(places)
    for some in batches(sorted(used)):
        ObjectTag.objects.filter(pk__in=some).delete()
    past: list[ObjectTag] = []
    latest: list[ObjectTag] = []
    for key, row in places.items():
        object_id = bundle_object_id(bundle.uuid, row.part)
        named = object_id if key in current else past_object_id(object_id, key)
        if row.object_tag.object_id != named:
            row.object_tag.object_id = named
            (latest if key in current else past).append(row.object_tag)
    # First out of the way, then into it: to some databases "resume" and "résumé" are the same.
    _rename(past)
    _rename(latest)


def _check_counts(rows: Iterable[BundleTag], first: int, last: int | None) -> None:
    """Make sure that no part has too many tags in any version of a span."""
    changes: Counter[tuple[str, float]] = Counter()
    end = float("inf") if last is None else last
    for row in rows:
        until = float("inf") if row.last_version is None else row.last_version
        if row.first_version <= end and until >= first:
            changes[row.part, max(row.first_version, first)] += 1
            changes[row.part, until + 1] -= 1
    count: Counter[str] = Counter()
    for part, version in sorted(changes):
        count[part] += changes[part, version]
        if count[part] > MAX_TAGS:
            raise TooManyTags(count[part], MAX_TAGS)


# Collections -------------------------------------------------------------------------------------


def set_collection_tags(collection: Collection, wanted: Wanted) -> bool:
    """Let exactly these tags be in these slots of a collection; leave other slots alone.

    Returns:
        Whether anything has changed.

    Raises:
        TooManyTags: The collection would have more than anything may have.
    """
    rows = CollectionTag.objects.filter(collection=collection)
    tags = [
        row.object_tag for row in rows.select_related("object_tag__taxonomy", "object_tag__tag")
    ]
    slots = {slot.key for slot in wanted}
    keys = {(slot.key, choice.key) for slot, choices in wanted.items() for choice in choices}
    had = {(_slot_of("", tag), key_of(tag)): tag for tag in tags}
    dropped = [tag.pk for key, tag in had.items() if key[0] in slots and key not in keys]
    missing = _missing(wanted, had)
    count = len(had) - len(dropped) + len(missing)
    if missing and count > MAX_TAGS:
        raise TooManyTags(count, MAX_TAGS)
    for some in batches(dropped):
        ObjectTag.objects.filter(pk__in=some).delete()
    made = list(_saved(missing).values())
    for tag in made:
        tag.object_id = collection_object_id(collection.uuid)
    _rename(made)
    CollectionTag.objects.bulk_create(
        [CollectionTag(collection=collection, object_tag=tag) for tag in made], batch_size=BATCH
    )
    return bool(dropped or missing)


# The library's rows ------------------------------------------------------------------------------


def _slot_of(part: str, tag: ObjectTag) -> SlotKey:
    return part, tag.taxonomy_id if tag.taxonomy_id is not None else tag.export_id


def _missing(wanted: Wanted, there: Mapping[_TagAt, ObjectTag]) -> dict[_TagAt, ObjectTag]:
    """Return new rows, not saved yet, for the wanted tags that are not there."""
    return {
        (slot.key, choice.key): ObjectTag(
            taxonomy=slot.taxonomy,
            tag=choice.tag,
            _value=choice.value,
            _export_id=slot.export_id,
        )
        for slot, choices in wanted.items()
        for choice in choices
        if (slot.key, choice.key) not in there
    }


def _saved(tags: Mapping[_TagAt, ObjectTag]) -> Mapping[_TagAt, ObjectTag]:
    """Save new rows under names that nothing else has; afterwards they have primary keys."""
    for tag in tags.values():
        tag.object_id = f"{PREFIX}new:{uuid4()}"
    made = ObjectTag.objects.bulk_create(tags.values(), batch_size=BATCH)
    # Some databases do not say which keys they have given.
    nameless = {tag.object_id: tag for tag in made if getattr(tag, "pk", None) is None}
    for some in batches(list(nameless)):
        for key, name in ObjectTag.objects.filter(object_id__in=some).values_list(
            "pk", "object_id"
        ):
            nameless[name].pk = key
    return tags


def _rename(tags: Sequence[ObjectTag]) -> None:
    if tags:
        ObjectTag.objects.bulk_update(tags, ["object_id"], batch_size=BATCH)
