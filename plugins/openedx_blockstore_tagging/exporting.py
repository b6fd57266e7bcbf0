"""Gathers what an export has to know about tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from openedx_tagging.models import ModelSystemDefinedTaxonomy, ObjectTag, Taxonomy

from openedx_blockstore_tagging import reading
from openedx_blockstore_tagging.archive import (
    Archived,
    ArchivedTag,
    ArchivedTaxonomy,
    TagsByTaxonomy,
)


def archived_version(bundle_uuid: UUID, version: int) -> Archived | None:
    """Return what an export of a version is to say.

    It names every taxonomy of which the bundle had tags so far: where several versions are taken
    back one after the other, those of one must not go on in the next that has none.

    Returns:
        None where there never were any.
    """
    rows = reading.visible_rows().filter(bundle__uuid=bundle_uuid, first_version__lte=version)
    parts: dict[str, dict[str, list[ObjectTag]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        had = parts[row.part][row.object_tag.export_id]
        if row.last_version is None or row.last_version >= version:
            had.append(row.object_tag)
    if not parts:
        return None
    used = [tag for part in parts.values() for tags in part.values() for tag in tags]
    whole = parts.pop("", {})
    return Archived(
        tags=_tags(whole),
        parts={part: _tags(tags) for part, tags in parts.items()},
        taxonomies=_taxonomies(used),
    )


def archived_collection(collection_uuid: UUID) -> Archived | None:
    """Return what an archive that holds a collection is to say of it; None for nothing."""
    tags: dict[str, list[ObjectTag]] = defaultdict(list)
    for row in reading.visible_collection_rows().filter(collection__uuid=collection_uuid):
        tags[row.object_tag.export_id].append(row.object_tag)
    if not tags:
        return None
    used = [tag for some in tags.values() for tag in some]
    return Archived(tags=_tags(tags), taxonomies=_taxonomies(used))


def _tags(tags: dict[str, list[ObjectTag]]) -> TagsByTaxonomy:
    return {
        taxonomy: tuple(ArchivedTag(tag.value, _identity(tag)) for tag in some)
        for taxonomy, some in tags.items()
    }


def _identity(object_tag: ObjectTag) -> str | None:
    """Return what a tag is known by everywhere; the keys of rows, such as users, are not."""
    if object_tag.tag is None or object_tag.taxonomy is None:
        return None
    made_of_rows = isinstance(object_tag.taxonomy.cast(), ModelSystemDefinedTaxonomy)
    return None if made_of_rows else object_tag.tag.external_id


def _taxonomies(used: Iterable[ObjectTag]) -> dict[str, ArchivedTaxonomy]:
    taxonomies: dict[str, Taxonomy] = {}
    tags: dict[str, dict[tuple[str, ...], ArchivedTag]] = defaultdict(dict)
    for object_tag in used:
        taxonomy = object_tag.taxonomy
        assert taxonomy is not None
        taxonomies[taxonomy.export_id] = taxonomy.cast()
        tag = object_tag.tag
        while tag is not None:
            lineage = tuple(tag.get_lineage())
            parent = lineage[-2] if len(lineage) > 1 else None
            tags[taxonomy.export_id][lineage] = ArchivedTag(tag.value, tag.external_id, parent)
            tag = tag.get_next_ancestor()
    return {
        name: ArchivedTaxonomy(
            export_id=name,
            name=taxonomy.name,
            description=taxonomy.description,
            allow_multiple=taxonomy.allow_multiple,
            allow_free_text=taxonomy.allow_free_text,
            system_defined=taxonomy.system_defined,
            # The system makes the tags of such a taxonomy, wherever that is.
            tags=()
            if taxonomy.system_defined
            else tuple(tags[name][k] for k in sorted(tags[name])),
        )
        for name, taxonomy in taxonomies.items()
    }
