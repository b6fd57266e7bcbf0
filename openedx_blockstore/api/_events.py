"""Writes down what happens, in the same transaction, and announces it when that is committed.

Whoever records an event of a bundle holds the bundle's row locked (or has just made it), and so
with collections. That is why events of one bundle have ids in the order in which they happened.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.dispatch import Signal

from openedx_blockstore import signals
from openedx_blockstore.api._transactions import locked, write_connection
from openedx_blockstore.data import (
    DraftEventData,
    EventData,
    EventKind,
    FileChange,
    LinkChange,
    LinkEventData,
    LinkTarget,
)
from openedx_blockstore.models import Bundle, Collection, Event

logger = logging.getLogger(__name__)

#: Sent after a transaction that has recorded events, once; whoever delivers them listens.
recorded = Signal()

_BATCH = 100

_SIGNALS: Mapping[EventKind, Signal] = {
    EventKind.COLLECTION_CREATED: signals.collection_created,
    EventKind.COLLECTION_UPDATED: signals.collection_updated,
    EventKind.COLLECTION_DELETED: signals.collection_deleted,
    EventKind.ROLES_CHANGED: signals.roles_changed,
    EventKind.BUNDLE_CREATED: signals.bundle_created,
    EventKind.BUNDLE_UPDATED: signals.bundle_updated,
    EventKind.BUNDLE_DELETED: signals.bundle_deleted,
    EventKind.BUNDLE_UNDELETED: signals.bundle_undeleted,
    EventKind.VERSION_CREATED: signals.version_created,
    EventKind.VERSION_DELETED: signals.version_deleted,
    EventKind.ANNOTATION_CHANGED: signals.annotation_changed,
}


def new_event(kind: EventKind, collection_uuid: UUID, **values: Any) -> EventData:
    """Return an event that happens now.

    Args:
        values: What else :class:`~openedx_blockstore.data.EventData` has.
    """
    values.setdefault("at", datetime.now(UTC))
    return EventData(uuid=uuid4(), kind=kind, collection_uuid=collection_uuid, **values)


def locked_bundles() -> QuerySet[Bundle]:
    """Return a query for bundles that locks them, and makes them fit for :func:`bundle_event`."""
    # A join would lock the collection as well, where the database can not be told not to.
    collections = Collection.objects.filter(pk=OuterRef("collection_id"))
    return locked(Bundle.objects.annotate(collection_uuid=Subquery(collections.values("uuid"))))


def bundle_event(
    kind: EventKind, bundle: Any, *, collection: Collection | None = None, **values: Any
) -> EventData:
    """Return an event of a bundle, whose row is new or locked, that happens now.

    Args:
        bundle: As :func:`locked_bundles` finds it, unless its collection is given.
        values: As in :func:`new_event`.
    """
    # MySQL may not show a collection that is newer than a surrounding transaction of the host to
    # the query for the bundle.
    uuid = collection.uuid if collection is not None else bundle.collection_uuid
    return new_event(
        kind,
        uuid or bundle.collection.uuid,
        bundle_uuid=bundle.uuid,
        bundle_type=bundle.type,
        **values,
    )


def bundle_created(bundle: Bundle, collection: Collection, *, actor: str = "") -> EventData:
    """Return the event of a bundle that was just made."""
    return bundle_event(
        EventKind.BUNDLE_CREATED,
        bundle,
        collection=collection,
        actor=actor,
        facts={"title": bundle.title, "slug": bundle.slug, "origin": bundle.origin},
    )


def record(*events: EventData) -> None:
    """Write events to the log, in their order; call in the transaction that makes the changes."""
    if not events:
        return
    Event.objects.bulk_create([_row(event) for event in events], batch_size=_BATCH)
    for event in events:
        for signal, payload in _announcements(event):
            announce(signal, payload)
    connection = write_connection()
    if not any(each[1] is _tell_recorded for each in connection.run_on_commit):
        transaction.on_commit(_tell_recorded, using=connection.alias)


def announce(signal: Signal, payload: EventData | LinkEventData | DraftEventData) -> None:
    """Send a signal once the outermost transaction is committed, but not if it is rolled back."""

    def send() -> None:
        try:
            signal.send_robust(sender=type(payload), event=payload)
        except Exception:
            # What receivers raise is caught and logged by Django, unless they have no names.
            logger.exception("A receiver of a signal failed, and kept it from others")

    transaction.on_commit(send, using=write_connection().alias)


def _tell_recorded() -> None:
    recorded.send_robust(sender=None)


def _announcements(event: EventData) -> list[tuple[Signal, EventData | LinkEventData]]:
    found: list[tuple[Signal, EventData | LinkEventData]] = [(_SIGNALS[event.kind], event)]
    for change in event.links:
        for signal, target in (
            (signals.link_deleted, change.before),
            (signals.link_created, change.after),
        ):
            if target is not None and event.bundle_uuid is not None and event.version is not None:
                link = LinkEventData(
                    event_uuid=event.uuid,
                    at=event.at,
                    collection_uuid=event.collection_uuid,
                    bundle_uuid=event.bundle_uuid,
                    version=event.version,
                    alias=change.alias,
                    target=target,
                    actor=event.actor,
                )
                found.append((signal, link))
    return found


# Rows --------------------------------------------------------------------------------------------


def _row(event: EventData) -> Event:
    payload: dict[str, Any] = {"facts": dict(event.facts)}
    if event.files:
        payload["files"] = [
            [file.path, file.kind, file.before_digest, file.after_digest] for file in event.files
        ]
    if event.links:
        payload["links"] = [
            [link.alias, link.kind, _plain(link.before), _plain(link.after)] for link in event.links
        ]
    return Event(
        uuid=event.uuid,
        kind=event.kind.value,
        at=event.at,
        actor=event.actor,
        collection_uuid=event.collection_uuid,
        bundle_uuid=event.bundle_uuid,
        bundle_type=event.bundle_type,
        version=event.version,
        payload=payload,
    )


def _plain(target: LinkTarget | None) -> list[Any] | None:
    return [str(target.bundle_uuid), target.version, target.weak] if target is not None else None


def event_data(row: Event) -> EventData:
    """Return the event that a row of the log tells of."""
    payload = row.payload
    return EventData(
        uuid=row.uuid,
        kind=EventKind(row.kind),
        at=row.at,
        collection_uuid=row.collection_uuid,
        bundle_uuid=row.bundle_uuid,
        bundle_type=row.bundle_type,
        version=row.version,
        actor=row.actor,
        files=tuple(FileChange(*values) for values in payload.get("files", ())),
        links=tuple(
            LinkChange(alias, kind, _target(before), _target(after))
            for alias, kind, before, after in payload.get("links", ())
        ),
        facts=payload["facts"],
        position=row.position,
    )


def _target(values: list[Any] | None) -> LinkTarget | None:
    return LinkTarget(*values) if values is not None else None
