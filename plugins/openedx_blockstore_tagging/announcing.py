"""Tells whoever watches content that its tags changed, or are called otherwise now, or are gone.

A tag can be on a hundred thousand bundles. When it is renamed or deleted, a few are told of
with the change; the rest follow, so many at a time, whenever an event of this plugin is handled,
and since that makes more events, until all are told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet
from openedx_tagging.models import ObjectTag, Tag, Taxonomy

from openedx_blockstore import api
from openedx_blockstore.data import EventData, EventKind, EventTarget
from openedx_blockstore.exceptions import NotFound
from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore.plugin_api import EventConsumer
from openedx_blockstore.plugin_tools import write_transaction
from openedx_blockstore_tagging.models import BundleTag, CollectionTag, TaxonomyChange
from openedx_blockstore_tagging.object_ids import PREFIX
from openedx_blockstore_tagging.taxonomies import tag_and_below

#: The namespace of the events, and the name of the plugin's part in exports.
NAMESPACE = "tagging"

#: How many bundles and collections are told of with the change itself.
AT_ONCE = 20
#: How many are told of at a time afterwards.
AT_A_TIME = 500


def announce_bundle(bundle_uuid: UUID, *, actor: str = "") -> None:
    """Tell that the tags of a bundle changed."""
    api.notify_annotation_changed(EventTarget("bundle", bundle_uuid), NAMESPACE, actor=actor)


def announce_collection(collection_uuid: UUID, *, actor: str = "") -> None:
    """Tell that the tags of a collection changed."""
    target = EventTarget("collection", collection_uuid)
    api.notify_annotation_changed(target, NAMESPACE, actor=actor)


# Taxonomies --------------------------------------------------------------------------------------


def taxonomy_changed(taxonomy: Taxonomy) -> None:
    """Tell of all that has a tag of a taxonomy that has changed, or was deleted just now."""
    _changed(TaxonomyChange(taxonomy_key=taxonomy.pk, export_id=taxonomy.export_id))


def tag_changed(tag: Tag) -> None:
    """Tell of all that has a tag that has changed, or was deleted just now, or one below it."""
    assert tag.taxonomy_id is not None
    _changed(TaxonomyChange(taxonomy_key=tag.taxonomy_id, tag_key=tag.pk, value=tag.value))


def _changed(change: TaxonomyChange) -> None:
    ours = ObjectTag.objects.filter(_touched(change, ""), object_id__startswith=PREFIX)
    if ours.exists():
        with write_transaction():
            change.save()
            _tell(change, AT_ONCE)


def tell_more() -> bool:
    """Go on with the oldest change that not all have been told of.

    Returns:
        Whether there was one.
    """
    if not TaxonomyChange.objects.exists():
        return False
    with write_transaction():
        change = TaxonomyChange.objects.select_for_update().order_by("pk").first()
        if change is not None:
            _tell(change, AT_A_TIME)
    return change is not None


class Announcer(EventConsumer):
    """Goes on telling of changed taxonomies whenever there was an event of this plugin."""

    kinds = frozenset({EventKind.ANNOTATION_CHANGED})

    def handle(self, events: Sequence[EventData]) -> None:
        """Tell of some more, which makes events; so it is called again as long as there are any."""
        if any(event.facts.get("namespace") == NAMESPACE for event in events):
            tell_more()


def _tell(change: TaxonomyChange, count: int) -> None:
    bundles = list(_bundles(change).values_list("pk", "uuid")[:count])
    for key, uuid in bundles:
        change.told_bundles = key
        # It may have been deleted since.
        with contextlib.suppress(NotFound):
            announce_bundle(uuid)
    left = count - len(bundles)
    collections = list(_collections(change).values_list("pk", "uuid")[:left])
    for key, uuid in collections:
        change.told_collections = key
        with contextlib.suppress(NotFound):
            announce_collection(uuid)
    if len(collections) < left:
        change.delete()
    else:
        change.save(update_fields=["told_bundles", "told_collections"])


def _bundles(change: TaxonomyChange) -> QuerySet[Bundle]:
    tagged = BundleTag.objects.filter(_touched(change)).values("bundle")
    rows = Bundle.objects.filter(pk__in=tagged, pk__gt=change.told_bundles, deleted_at=None)
    return rows.order_by("pk")


def _collections(change: TaxonomyChange) -> QuerySet[Collection]:
    tagged = CollectionTag.objects.filter(_touched(change)).values("collection")
    rows = Collection.objects.filter(pk__in=tagged, pk__gt=change.told_collections)
    return rows.order_by("pk")


def _touched(change: TaxonomyChange, at: str = "object_tag__") -> Q:
    """Return the condition for what has the tag; ``at`` leads to the library's row for that."""
    taxonomy, tag = f"{at}taxonomy", f"{at}tag"
    # The library keeps the names of what is deleted.
    if change.tag_key is None:
        gone = Q(**{taxonomy: None, f"{at}_export_id": change.export_id})
        return Q(**{taxonomy: change.taxonomy_key}) | gone
    gone = Q(**{taxonomy: change.taxonomy_key, tag: None, f"{at}_value": change.value})
    return Q(**{f"{tag}__in": tag_and_below(change.tag_key).values("pk")}) | gone
