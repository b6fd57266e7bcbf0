"""Watches what others do: bundles and collections that are deleted, taxonomies that change."""

from __future__ import annotations

import contextlib
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from openedx_tagging.models import ObjectTag, Tag, Taxonomy

from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore_tagging.announcing import tag_changed, taxonomy_changed
from openedx_blockstore_tagging.object_ids import PREFIX

_BEFORE = "_blockstore_tagging_before"
#: What people see of a taxonomy, and of a tag.
_TAXONOMY_FIELDS = ("name", "export_id", "enabled", "allow_free_text")
_TAG_FIELDS = ("value", "parent_id", "external_id")


def _uid(name: str) -> str:
    return f"openedx_blockstore_tagging.{name}"


# What is deleted takes its tags along ------------------------------------------------------------


@receiver(pre_delete, sender=Bundle, dispatch_uid=_uid("bundle"))
def _bundle_goes(instance: Bundle, **_kwargs: object) -> None:
    """Delete the library's rows for a bundle; ours follow them."""
    ObjectTag.objects.filter(blockstore_bundle_tags__bundle=instance).delete()


@receiver(pre_delete, sender=Collection, dispatch_uid=_uid("collection"))
def _collection_goes(instance: Collection, **_kwargs: object) -> None:
    """Delete the library's rows for a collection; ours follow them."""
    ObjectTag.objects.filter(blockstore_collection_tag__collection=instance).delete()


# Taxonomies and tags -----------------------------------------------------------------------------


@receiver(pre_save, sender=Taxonomy, dispatch_uid=_uid("taxonomy_before"))
@receiver(pre_save, sender=Tag, dispatch_uid=_uid("tag_before"))
def _remember(sender: type[Model], instance: Model, **_kwargs: object) -> None:
    """Note what people saw until now."""
    fields = _TAXONOMY_FIELDS if sender is Taxonomy else _TAG_FIELDS
    rows = sender._default_manager.filter(pk=instance.pk)  # noqa: SLF001  (documented)
    setattr(instance, _BEFORE, rows.values_list(*fields).first() if instance.pk else None)


@receiver(post_save, sender=Taxonomy, dispatch_uid=_uid("taxonomy"))
def _taxonomy_saved(instance: Taxonomy, *, created: bool, raw: bool, **_kwargs: object) -> None:
    """Tell of a changed taxonomy; one that was missing until now gets the tags that wait for it."""
    if raw:
        return
    if created:
        waiting = ObjectTag.objects.filter(taxonomy=None, _export_id=instance.export_id)
        ours = waiting.filter(object_id__startswith=PREFIX)
        if ours.update(taxonomy=instance):
            taxonomy_changed(instance)
    elif _changed(instance, _TAXONOMY_FIELDS):
        _keep(ObjectTag.objects.filter(taxonomy=instance), _export_id=instance.export_id)
        taxonomy_changed(instance)


@receiver(post_save, sender=Tag, dispatch_uid=_uid("tag"))
def _tag_saved(instance: Tag, *, created: bool, raw: bool, **_kwargs: object) -> None:
    """Tell of a changed tag; one that was missing until now gets to those who wait for it."""
    if raw or instance.taxonomy_id is None:
        return
    if created:
        waiting = ObjectTag.objects.filter(taxonomy=instance.taxonomy_id, tag=None)
        ours = waiting.filter(_value=instance.value, object_id__startswith=PREFIX)
        if ours.update(tag=instance):
            tag_changed(instance)
    elif _changed(instance, _TAG_FIELDS):
        _keep(ObjectTag.objects.filter(tag=instance), _value=instance.value)
        tag_changed(instance)


@receiver(post_delete, sender=Taxonomy, dispatch_uid=_uid("taxonomy_gone"))
def _taxonomy_gone(instance: Taxonomy, **_kwargs: object) -> None:
    taxonomy_changed(instance)


@receiver(post_delete, sender=Tag, dispatch_uid=_uid("tag_gone"))
def _tag_gone(instance: Tag, *, origin: Any = None, **_kwargs: object) -> None:
    """Tell of a deleted tag, unless its whole taxonomy goes: then that is told of."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if instance.taxonomy_id is not None and not issubclass(model, Taxonomy):
        tag_changed(instance)


def _keep(rows: QuerySet[ObjectTag], **names: str) -> None:
    """Let our rows keep the name by which one knows a tag once it is deleted.

    Not all ways to rename one in the library do.
    """
    # Names that change places meet the library's constraint on their way; then the old ones stay.
    with contextlib.suppress(IntegrityError), transaction.atomic():
        rows.filter(object_id__startswith=PREFIX).update(**names)


def _changed(instance: Model, fields: tuple[str, ...]) -> bool:
    now = tuple(getattr(instance, name) for name in fields)
    return bool(getattr(instance, _BEFORE, None) != now)
