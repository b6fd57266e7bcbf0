"""What happened, for those who ask; and what others tell of, to be passed on."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import Q

from openedx_blockstore.api._events import bundle_event, locked_bundles, new_event, record
from openedx_blockstore.api._lookup import parse_uuid, require_version
from openedx_blockstore.api._transactions import locked, write_transaction
from openedx_blockstore.api._values import check_actor, check_text
from openedx_blockstore.data import EventData, EventKind, EventTarget
from openedx_blockstore.exceptions import BundleNotFound, CollectionNotFound, Invalid
from openedx_blockstore.models import Bundle, Collection

_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PAIR = 2

#: A collection or bundle by its UUID, a version as (bundle's UUID, number), or said in full.
AnnotationTarget = EventTarget | UUID | str | tuple[UUID | str, int]


def notify_annotation_changed(
    target: AnnotationTarget, namespace: str, *, actor: str = ""
) -> EventData:
    """Tell everybody that what somebody else knows of a collection, bundle or version changed.

    Plugins call this, and outside applications that keep data of their own about content, so that
    whoever listens to Blockstore hears of all changes in one place.

    Args:
        target: What it is about: the UUID of a bundle or collection, a pair of a bundle's UUID and
            the number of a version, or an :class:`~openedx_blockstore.data.EventTarget`.
        namespace: Whose data they are, such as ``tagging``: at most 100 letters, digits, dots,
            hyphens and underscores, the first a letter or digit.
        actor: The name of the user who changed them; empty for a program.

    Returns:
        The event.

    Raises:
        CollectionNotFound: There is no such collection.
        BundleNotFound: There is no such bundle, or neither a bundle nor a collection of this UUID.
        BundleVersionNotFound: The bundle has no such version.
        Invalid: The namespace or the target is not of this form.
    """
    check_actor(actor)
    if not _NAMESPACE.fullmatch(check_text("namespace", namespace)):
        raise Invalid(
            f"The namespace {namespace!r:.120} must be 1 to 100 of the letters A to Z and a to z, "
            f"digits, dots, hyphens and underscores, and begin with a letter or digit."
        )
    found = _target(target)
    with write_transaction():
        values: dict[str, Any] = {"actor": actor, "facts": {"namespace": namespace}}
        if found.kind == "collection":
            event = _collection_event(found.uuid, values)
        else:
            event = _bundle_event(found.uuid, found.version, values)
        record(event)
    return event


def _target(target: Any) -> EventTarget:
    """Return what is meant, where the form alone can tell; a bare UUID is looked up."""
    if isinstance(target, EventTarget):
        if target.kind not in ("collection", "bundle"):
            raise Invalid(f"A target is a collection or a bundle, not a {target.kind!r}.")
        if target.kind == "collection" and target.version is not None:
            raise Invalid("A collection has no versions.")
        return target
    if isinstance(target, tuple):
        if len(target) != _PAIR:
            raise Invalid("A version is named by a pair of the bundle's UUID and its number.")
        return EventTarget("bundle", target[0], target[1])
    uuid = parse_uuid(target)
    if uuid is None:
        raise BundleNotFound(target)
    is_collection = Collection.objects.filter(uuid=uuid).exists()
    return EventTarget("collection" if is_collection else "bundle", uuid)


def _collection_event(uuid: UUID | str, values: dict[str, Any]) -> EventData:
    row = locked(Collection.objects.filter(Q(uuid=parse_uuid(uuid)))).first()
    if row is None:
        raise CollectionNotFound(uuid)
    return new_event(EventKind.ANNOTATION_CHANGED, row.uuid, **values)


def _bundle_event(uuid: UUID | str, version: int | None, values: dict[str, Any]) -> EventData:
    conditions = Q(uuid=parse_uuid(uuid))
    if version is None:
        conditions &= Q(deleted_at=None)
    else:
        # The pinned versions of a deleted bundle can still be read, and said something of.
        conditions = Q(pk=require_version(uuid, version).bundle_id)
    row: Bundle | None = locked_bundles().filter(conditions).first()
    if row is None:
        raise BundleNotFound(uuid)
    return bundle_event(EventKind.ANNOTATION_CHANGED, row, version=version, **values)
