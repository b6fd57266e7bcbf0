"""The log of events: reading it, trimming it, and telling it of what others have changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from openedx_blockstore.api._event_positions import give_positions, lock_log
from openedx_blockstore.api._events import (
    bundle_event,
    event_data,
    locked_bundles,
    new_event,
    record,
)
from openedx_blockstore.api._lookup import parse_uuid, require_version
from openedx_blockstore.api._transactions import locked, write_transaction
from openedx_blockstore.api._values import check_actor, check_flag, check_page, check_text
from openedx_blockstore.data import EventData, EventKind, EventTarget, TrimmedEvents
from openedx_blockstore.exceptions import BundleNotFound, CollectionNotFound, Invalid, NotFound
from openedx_blockstore.models import (
    Bundle,
    Collection,
    Event,
    EventConsumerState,
    SetAsideEvent,
)
from openedx_blockstore.plugin_api import EventConsumer
from openedx_blockstore.plugin_manager import plugins

_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PAIR = 2
_BATCH = 500

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


def get_events(
    collection_uuid: UUID | str,
    *,
    bundle_uuid: UUID | str | None = None,
    before: UUID | str | None = None,
    limit: int | None = None,
) -> list[EventData]:
    """Return what happened in a collection, the newest first, as far as the log goes back.

    A collection that is gone still has its events; one that never was has none.

    Args:
        bundle_uuid: Only what happened to this bundle.
        before: The UUID of the last event of the page before.
        limit: How many to return at most; None for all.

    Raises:
        NotFound: There is no event ``before`` (any more).
        Invalid: The limit is not positive.
    """
    check_page(limit)
    rows = Event.objects.filter(Q(collection_uuid=parse_uuid(collection_uuid)))
    if bundle_uuid is not None:
        rows = rows.filter(Q(bundle_uuid=parse_uuid(bundle_uuid) or UUID(int=0)))
    if before is not None:
        last = Event.objects.filter(Q(uuid=parse_uuid(before))).first()
        if last is None:
            raise NotFound(f"There is no event {before!r:.100}.")
        rows = rows.filter(pk__lt=last.pk)
    return [event_data(row) for row in rows.order_by("-pk")[:limit]]


# Trimming ----------------------------------------------------------------------------------------


def trim_events(before: datetime, *, dry_run: bool = False, force: bool = False) -> TrimmedEvents:
    """Remove old events from the log.

    What a consumer that is on has not handled yet, or has set aside, is kept. A consumer that is
    given the log again later gets only what is left of it.

    Args:
        before: What happened before that time (aware) is old enough.
        dry_run: Only say what would be trimmed.
        force: Trim what consumers still need, too. They never get it.

    Raises:
        Invalid: The time is none, or has no time zone.
        PluginError: Plugins that are on can not be used, so nobody knows what they still need.
    """
    _check_time(before)
    for name, value in (("dry_run", dry_run), ("force", force)):
        check_flag(name, value)
    positions = {} if force else _positions()
    old = Event.objects.filter(position__lte=give_positions(), at__lt=before)
    free = old
    if positions:
        free = free.filter(position__lte=min(positions.values()))
    if not force:
        free = free.filter(~Exists(SetAsideEvent.objects.filter(event=OuterRef("pk"))))
    count = free.count() if dry_run else _remove(free)
    kept = old.count() - (count if dry_run else 0)
    return TrimmedEvents(
        count=count,
        kept=kept,
        kept_for=_needing(old, positions) if kept else (),
        dry_run=bool(dry_run),
    )


def _check_time(value: Any) -> None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Invalid(f"The time must be a datetime with a time zone, not {value!r:.100}.")


def _positions() -> Mapping[str, int]:
    """Return how far the consumers are that are on; one that has not begun is at the start."""
    enabled = plugins(EventConsumer)
    rows = EventConsumerState.objects.filter(name__in=enabled, replay=False)
    known = dict(rows.values_list("name", "position"))
    return {name: known.get(name, 0) for name in enabled}


def _remove(rows: QuerySet[Event]) -> int:
    """Remove events a batch at a time, so that nobody has to wait long."""
    count = 0
    while keys := list(rows.order_by("position").values_list("pk", flat=True)[:_BATCH]):
        with write_transaction():
            log = lock_log()
            batch = Event.objects.filter(pk__in=keys)
            newest = batch.aggregate(newest=Max("position", default=0))["newest"]
            log.trimmed_position = max(log.trimmed_position, newest)
            log.save(update_fields=["trimmed_position"])
            batch.delete()
        count += len(keys)
    return count


def _needing(old: QuerySet[Event], positions: Mapping[str, int]) -> tuple[str, ...]:
    """Return the consumers that still need some of these events, sorted."""
    behind = {name for name, at in positions.items() if old.filter(position__gt=at).exists()}
    aside = SetAsideEvent.objects.filter(event__in=old).values_list("consumer__name", flat=True)
    return tuple(sorted(behind.union(aside.distinct())))
