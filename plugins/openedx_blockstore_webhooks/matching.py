"""Makes deliveries of events: who is to be told of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q, QuerySet

from openedx_blockstore.data import EventData
from openedx_blockstore_webhooks import runner
from openedx_blockstore_webhooks._rows import parse_uuid
from openedx_blockstore_webhooks.conf import get_settings
from openedx_blockstore_webhooks.data import DeliveryState, Scope
from openedx_blockstore_webhooks.models import (
    Delivery,
    Message,
    Subscription,
    WatchedDependency,
)
from openedx_blockstore_webhooks.payloads import message_of

T = TypeVar("T")

_BATCH = 500
#: Deliveries that are made in one transaction.
_AT_ONCE = 2000
#: What has to be known of a subscription here.
_COLUMNS = ("uuid", "scope", "target_uuid", "watched", "kinds", "active", "created")


def record(events: Sequence[EventData], *, now: datetime | None = None) -> int:
    """Write down who is to be told of some events; telling an event twice changes nothing.

    Args:
        now: What time it is, if not now.

    Returns:
        How many deliveries these events have.
    """
    now = now or datetime.now(UTC)
    horizon = now - timedelta(days=get_settings().KEEP_DAYS)
    # A delivery that was trimmed must not come back because the log is read again.
    recent = [event for event in events if event.at >= horizon]
    count = 0
    for wanted in batches(_matches(recent, horizon), _AT_ONCE):
        with transaction.atomic():
            messages = _messages({event.uuid: event for _row, event in wanted})
            enqueue([(row, messages[event.uuid]) for row, event in wanted], now=now)
        count += len(wanted)
    return count


def _messages(events: Mapping[UUID, EventData]) -> dict[UUID, Message]:
    made = [message_of(event) for event in events.values()]
    Message.objects.bulk_create(made, ignore_conflicts=True)
    rows = Message.objects.filter(event_uuid__in=list(events))
    return {row.event_uuid: row for row in rows.defer("data")}


def enqueue(wanted: Sequence[tuple[Subscription, Message]], *, now: datetime) -> None:
    """Write down deliveries, unless they are there, and see to it that somebody sends them.

    It must run in a transaction.
    """
    active = sorted({row.pk for row, _message in wanted if row.active})
    for keys in batches(active, _BATCH):
        # Before the deliveries are inserted: a sender that is about to go home waits for these
        # locks, and then sees what there is to do.
        Subscription.objects.filter(pk__in=keys).update(due=now)
    Delivery.objects.bulk_create(
        [
            Delivery(
                uuid=uuid5(row.uuid, message.event_uuid.hex),
                subscription=row,
                message=message,
                state=DeliveryState.PENDING if row.active else DeliveryState.SKIPPED,
                due=now if row.active else None,
                created=now,
            )
            for row, message in wanted
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    if active:
        transaction.on_commit(runner.wake)


def _matches(
    events: Sequence[EventData], horizon: datetime
) -> Iterable[tuple[Subscription, EventData]]:
    """Return each subscription that is to be told of an event, once, in the events' order."""
    by_target = _subscriptions(events, horizon)
    for event in events:
        found: dict[int, Subscription] = {}
        for target in (*_collections(event), *_bundles(event)):
            found |= {row.pk: row for row in by_target.get(target, ())}
        for row in found.values():
            if event.at >= row.created and (not row.kinds or event.kind.value in row.kinds):
                yield row, event


def _subscriptions(
    events: Sequence[EventData], horizon: datetime
) -> dict[tuple[str, UUID], list[Subscription]]:
    found: dict[tuple[str, UUID], list[Subscription]] = defaultdict(list)
    targets = {target for event in events for target in (*_collections(event), *_bundles(event))}
    if not targets:
        return found
    # Deliveries of a subscription that is not active can be replayed, but not for ever.
    rows = Subscription.objects.filter(Q(active=True) | Q(disabled_at__gt=horizon))
    rows = rows.only(*_COLUMNS)
    for row in rows.filter(target_uuid__in=[uuid for _what, uuid in targets]):
        what = "collection" if row.scope == Scope.COLLECTION else "bundle"
        found[what, row.target_uuid].append(row)
    bundles = [uuid for what, uuid in targets if what == "bundle"]
    for bundle_uuid, row in _watching(rows, bundles):
        found["bundle", bundle_uuid].append(row)
    return found


def _watching(
    rows: QuerySet[Subscription], bundles: Sequence[UUID]
) -> Iterable[tuple[UUID, Subscription]]:
    """Return who watches a bundle that depends on one of these, with the one it depends on."""
    watching: dict[int, list[UUID]] = defaultdict(list)
    pairs = WatchedDependency.objects.filter(bundle_uuid__in=bundles)
    for watched_id, bundle_uuid in pairs.values_list("watched_id", "bundle_uuid"):
        watching[watched_id].append(bundle_uuid)
    for keys in batches(watching, _BATCH):
        for row in rows.filter(watched__in=keys):
            for bundle_uuid in watching.get(row.watched_id or 0, ()):
                yield bundle_uuid, row


def _collections(event: EventData) -> Iterable[tuple[str, UUID]]:
    yield "collection", event.collection_uuid
    # Where a bundle was moved from, it is news, too.
    changes = event.facts.get("changes")
    moved = changes.get("collection_uuid") if isinstance(changes, Mapping) else None
    before = parse_uuid(moved[0]) if isinstance(moved, Sequence) and moved else None
    if before is not None:
        yield "collection", before


def _bundles(event: EventData) -> Iterable[tuple[str, UUID]]:
    if event.bundle_uuid is not None:
        yield "bundle", event.bundle_uuid


def batches(values: Iterable[T], size: int) -> Iterable[list[T]]:
    """Return values in lists, since databases bound what one statement may hold."""
    rest = iter(values)
    return iter(lambda: list(islice(rest, size)), [])
