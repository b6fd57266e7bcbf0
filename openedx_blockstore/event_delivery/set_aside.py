"""Events that a consumer could not handle: kept, tried again, and given up in the end.

Later events of the same subject, which is a bundle or a collection, wait behind one that failed, so
that they stay in order. Everything else goes on.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import EventData
from openedx_blockstore.models import Event, EventConsumerState, SetAsideEvent

State = SetAsideEvent.State

_FIRST_PAUSE = 10.0
_LONGEST_PAUSE = 6 * 3600.0
_MAX_ERROR = 10_000


def pause(attempts: int, *, longest: float = _LONGEST_PAUSE) -> timedelta:
    """Return how long to wait after so many failed attempts: twice as long each time, roughly."""
    seconds = min(_FIRST_PAUSE * 2.0 ** min(attempts - 1, 30), longest)
    # Not all at the same time, where many things failed at once.
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - no secret


def subject_of(event: EventData) -> UUID:
    """Return what the event must stay in order with: others of its bundle, or its collection."""
    return event.bundle_uuid if event.bundle_uuid is not None else event.collection_uuid


def describe(error: BaseException) -> str:
    """Return what to keep of an error."""
    text = f"{type(error).__name__}: {error}"[:_MAX_ERROR]
    # Half of a surrogate pair, or a NUL, can not be stored.
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def blocked_subjects(state_id: int, subjects: Iterable[UUID]) -> set[UUID]:
    """Return those of some subjects that have events which are set aside and not given up."""
    rows = SetAsideEvent.objects.filter(consumer_id=state_id, subject__in=set(subjects))
    return set(rows.exclude(state=State.DEAD).values_list("subject", flat=True))


def new_row(state_id: int, row: Event, event: EventData, error: str | None) -> SetAsideEvent:
    """Return the row that sets an event aside.

    Args:
        error: Why it failed; None for one that only waits for an earlier event.
    """
    now = datetime.now(UTC)
    aside = SetAsideEvent(
        consumer_id=state_id,
        event=row,
        position=row.position or 0,
        subject=subject_of(event),
        state=State.WAITING,
        changed=now,
    )
    if error is not None:
        aside.attempts = 1
        mark_failed(aside, error)
    return aside


def mark_failed(aside: SetAsideEvent, error: str) -> None:
    """Say of a row that its event has failed, as often as the row says by now."""
    aside.changed = datetime.now(UTC)
    aside.error = error
    if is_spent(aside):
        aside.state, aside.next_attempt = State.DEAD, None
    else:
        aside.state, aside.next_attempt = State.FAILED, aside.changed + pause(aside.attempts)


def is_spent(aside: SetAsideEvent) -> bool:
    """Tell whether an event was tried as often as it may be."""
    return aside.attempts >= get_settings().EVENT_MAX_ATTEMPTS


def next_due(state: EventConsumerState) -> datetime | None:
    """Return when the next of a consumer's events is to be tried again."""
    rows = SetAsideEvent.objects.filter(consumer=state, state=State.FAILED)
    return rows.order_by("next_attempt").values_list("next_attempt", flat=True).first()
