"""Consumers of the log of events: how far they are, and what to do about those that fail.

Nothing is handed over here: whoever does that finds what was asked for in the tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from openedx_blockstore.api._events import event_data
from openedx_blockstore.api._lookup import parse_uuid
from openedx_blockstore.api._transactions import write_transaction
from openedx_blockstore.api._values import check_page, is_storable
from openedx_blockstore.data import EventConsumerData, SetAsideEventData
from openedx_blockstore.exceptions import NotFound, PluginNotFound
from openedx_blockstore.models import Event, EventConsumerState, SetAsideEvent
from openedx_blockstore.plugin_api import CONTRACTS, EventConsumer
from openedx_blockstore.plugin_manager import usable_plugins

_State = SetAsideEvent.State


def get_event_consumers() -> list[EventConsumerData]:
    """Return all consumers of events, sorted by name: those that are on, and those that once were.

    Counting what is before them in the log takes the longer the further they are behind.
    """
    enabled = usable_plugins(EventConsumer)
    states = {state.name: state for state in EventConsumerState.objects.all()}
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = SetAsideEvent.objects.values_list("consumer_id", "state")
    for consumer_id, state, count in rows.annotate(count=Count("pk")).order_by():
        counts[consumer_id][state] = count
    unplaced = Event.objects.filter(position=None).count()
    found = []
    for name in sorted({*enabled, *states}):
        row = states.get(name, EventConsumerState(name=name))
        behind = Event.objects.filter(position__gt=row.position).count()
        found.append(
            _data(row, counts[row.pk or 0], enabled=name in enabled, lag=behind + unplaced)
        )
    return found


def _data(
    row: EventConsumerState, counts: Mapping[str, int], *, enabled: bool, lag: int
) -> EventConsumerData:
    return EventConsumerData(
        name=row.name,
        enabled=enabled,
        position=row.position,
        lag=lag,
        failed=counts.get(_State.FAILED, 0),
        waiting=counts.get(_State.WAITING, 0),
        dead=counts.get(_State.DEAD, 0),
        failures=row.failures,
        next_attempt=row.next_attempt,
        last_success=row.last_success,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        replaying=row.replay,
        leased_until=row.leased_until,
    )


def get_set_aside_events(
    consumer: str | None = None, *, limit: int | None = None
) -> list[SetAsideEventData]:
    """Return the events that consumers have set aside, in the order of the log.

    Args:
        consumer: Only those of this consumer.
        limit: How many to return at most; None for all.

    Raises:
        PluginNotFound: There is no such consumer.
        Invalid: The limit is not positive.
    """
    check_page(limit)
    rows = SetAsideEvent.objects.select_related("consumer", "event").order_by("position", "pk")
    if consumer is not None:
        rows = rows.filter(consumer=_find(consumer))
    return [
        SetAsideEventData(
            consumer=row.consumer.name,
            event=event_data(row.event),
            state=row.state,  # type: ignore[arg-type]
            attempts=row.attempts,
            next_attempt=row.next_attempt,
            error=row.error,
        )
        for row in rows[:limit]
    ]


def replay_events(consumer: str) -> None:
    """Have the whole log given to a consumer once more, from the start.

    It begins when events are handed over the next time. What the consumer has set aside is
    forgotten, since it comes again. Events that were trimmed away do not.

    Raises:
        PluginNotFound: There is no such consumer.
    """
    with write_transaction():
        EventConsumerState.objects.filter(pk=_find(consumer).pk).update(
            replay=True, failures=0, next_attempt=None
        )


def retry_events(consumer: str, event_uuid: UUID | str | None = None) -> int:
    """Have events that failed tried again right away, even those that were given up.

    One that was given up comes after later ones of its bundle, which went on without it.

    Args:
        event_uuid: Only this one; None for all that the consumer has set aside.

    Returns:
        How many there are.

    Raises:
        PluginNotFound: There is no such consumer.
        NotFound: It has not set this event aside.
    """
    now = datetime.now(UTC)
    with write_transaction():
        state = _find(consumer)
        rows = _set_aside(state, event_uuid).filter(state__in=[_State.FAILED, _State.DEAD])
        count = rows.update(state=_State.FAILED, attempts=0, next_attempt=now, changed=now)
        EventConsumerState.objects.filter(pk=state.pk).update(next_attempt=None, failures=0)
    return count


def drop_events(consumer: str, event_uuid: UUID | str | None = None) -> int:
    """Let a consumer go on without events that failed; later ones that wait for them go on, too.

    Args:
        event_uuid: Only this one; None for all that were given up.

    Returns:
        How many there were.

    Raises:
        PluginNotFound: There is no such consumer.
        NotFound: It has not set this event aside.
    """
    with write_transaction():
        rows = _set_aside(_find(consumer), event_uuid)
        if event_uuid is None:
            rows = rows.filter(state=_State.DEAD)
        return rows.delete()[0]


def _set_aside(state: EventConsumerState, event_uuid: UUID | str | None) -> QuerySet[SetAsideEvent]:
    rows = SetAsideEvent.objects.filter(consumer=state)
    if event_uuid is None:
        return rows
    parsed = parse_uuid(event_uuid)
    found = rows.filter(event__uuid=parsed) if parsed is not None else rows.none()
    if not found.exists():
        raise NotFound(f"{state.name!r} has set no event {event_uuid!r:.100} aside.")
    return SetAsideEvent.objects.filter(pk__in=list(found.values_list("pk", flat=True)))


def _find(name: Any) -> EventConsumerState:
    """Return the row of a consumer; one that is on has a row from now on."""
    enabled = usable_plugins(EventConsumer)
    row = EventConsumerState.objects.filter(name=name).first() if is_storable(name) else None
    if row is None and is_storable(name) and name in enabled:
        row = EventConsumerState.objects.get_or_create(
            name=name, defaults={"created": datetime.now(UTC)}
        )[0]
    if row is None:
        known = {*enabled, *EventConsumerState.objects.values_list("name", flat=True)}
        raise PluginNotFound(CONTRACTS[EventConsumer], name, sorted(known))
    return row
