"""Hands events to one consumer, in order, and remembers how far it has come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, frozen
from django.db.models import Exists, OuterRef, Q, QuerySet

from openedx_blockstore.api._event_positions import give_positions
from openedx_blockstore.api._events import event_data
from openedx_blockstore.api._transactions import write_transaction
from openedx_blockstore.data import EventData
from openedx_blockstore.event_delivery.consumers import wanted_rows, wants
from openedx_blockstore.event_delivery.leases import Lease, LeaseLostError, acquire
from openedx_blockstore.event_delivery.set_aside import (
    State,
    blocked_subjects,
    describe,
    is_spent,
    mark_failed,
    new_row,
    pause,
    subject_of,
)
from openedx_blockstore.models import Event, EventConsumerState, EventLog, SetAsideEvent
from openedx_blockstore.plugin_api import ConsumerUnavailable, EventConsumer

logger = logging.getLogger(__name__)

_LONGEST_ABSENCE = 300.0
# Events that were set aside and are due, which are tried between two batches of the log.
_MAX_RETRIES = 100
_KILLED = "The worker died while it was handled."

#: Says whether to stop as soon as possible.
Stop = Callable[[], bool]


def deliver(name: str, consumer: EventConsumer, *, stop: Stop = lambda: False) -> int:
    """Hand over to a consumer what is there for it, unless somebody else is doing that.

    Args:
        stop: Asked between two calls of the consumer.

    Returns:
        How many events it was given; one that is tried again counts again.
    """
    given = 0
    # Looked at again after the lease was given back: whoever came while we had it has gone away
    # again, and relies on us.
    while not stop() and _has_work(name):
        lease = acquire(name)
        if lease is None:
            break
        delivery = _Delivery(name, consumer, lease, stop, careful=not lease.orderly)
        try:
            delivery.run()
        except LeaseLostError:
            logger.warning("Somebody else hands events to %r now", name)
            break
        finally:
            lease.give_back()
            given += delivery.given
    return given


def _has_work(name: str) -> bool:
    """Tell whether there is something for a consumer, and nobody else is at it."""
    state = EventConsumerState.objects.filter(name=name).first()
    if state is None:
        return True
    now = datetime.now(UTC)
    for until in (state.next_attempt, state.leased_until):
        if until is not None and until > now:
            return False
    return state.replay or give_positions() > state.position or _due(state.pk).exists()


def _due(state_id: int) -> QuerySet[SetAsideEvent]:
    """Return what was set aside and is due, or has nothing left to wait for."""
    rows = SetAsideEvent.objects.filter(consumer_id=state_id)
    ahead = rows.filter(subject=OuterRef("subject"), state=State.FAILED)
    due = Q(state=State.FAILED, next_attempt__lte=datetime.now(UTC))
    return rows.filter(due | Q(state=State.WAITING) & ~Exists(ahead))


@frozen(eq=False)
class _Item:
    """An event, and its row in the log."""

    row: Event
    event: EventData


@define(eq=False)
class _Delivery:
    """What is done for a consumer under one lease.

    Attributes:
        careful: The worker before this one has died, perhaps of an event: they go one by one until
            those that it was at are handled.
        given: How many events the consumer was given.
    """

    name: str
    consumer: EventConsumer
    lease: Lease
    stop: Stop
    careful: bool
    given: int = 0

    def run(self) -> None:
        try:
            if self.careful:
                self._suspect()
            more = True
            while more and not self.stop():
                self._retry_due()
                more = self._go_on()
        except ConsumerUnavailable as error:
            self._leave_alone(error)

    # The log ------------------------------------------------------------------------------------

    def _go_on(self) -> bool:
        """Hand over the next events of the log; tell whether there may be more."""
        state = EventConsumerState.objects.get(pk=self.lease.state_id)
        if state.replay:
            self._begin_replay()
            return True
        last = give_positions()
        if state.position >= last:
            return False
        size = max(self.consumer.batch_size, 1)
        rows = Event.objects.filter(
            wanted_rows(self.consumer), position__gt=state.position, position__lte=last
        )
        batch = list(rows.order_by("position")[:size])
        # What lies between is not wanted.
        end = batch[-1].position if len(batch) == size else last
        items = [_Item(row, event_data(row)) for row in batch]
        self._hand_over([item for item in items if wants(self.consumer, item.event)], end)
        return True

    def _hand_over(self, items: Sequence[_Item], end: int | None) -> None:
        blocked = blocked_subjects(self.lease.state_id, (subject_of(item.event) for item in items))
        ready = [item for item in items if subject_of(item.event) not in blocked]
        waiting = [self._aside(item) for item in items if subject_of(item.event) in blocked]
        error = None
        if not self.careful or not ready:
            error = self._try([item.event for item in ready])
            if error is None:
                self._advance(end, waiting)
                return
            logger.info("%r failed at %d events; they go one by one", self.name, len(ready))
        known = error if len(ready) == 1 else None
        for item in items:
            self._hand_over_one(item, blocked, known)
        self._advance(end)
        self.careful = False

    def _hand_over_one(self, item: _Item, blocked: set[Any], known: Exception | None) -> None:
        """Hand over one event, or set it aside.

        Args:
            blocked: Subjects whose events have to wait; it is added to.
            known: What came of it before, if it was by itself then, too.
        """
        subject = subject_of(item.event)
        if subject in blocked:
            self._advance(item.row.position, [self._aside(item)])
            return
        error = known
        if error is None:
            self.lease.update(suspect=item.row.position)
            error = self._try([item.event])
        if error is None:
            self._advance(item.row.position)
            return
        aside = self._aside(item, describe(error))
        if aside.state != State.DEAD:
            blocked.add(subject)
        self._log_failure(aside, error)
        self._advance(item.row.position, [aside], error)

    def _try(self, events: Sequence[EventData]) -> Exception | None:
        """Let the consumer handle events, and return what it raised."""
        if not events:
            return None
        self.given += len(events)
        try:
            with self.lease.kept():
                self.consumer.handle(events)
        except ConsumerUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - it is a plugin's, and is logged or kept
            return error
        self.lease.update(
            failures=0, next_attempt=None, suspect=None, last_success=datetime.now(UTC)
        )
        return None

    def _advance(
        self,
        position: int | None,
        aside: Sequence[SetAsideEvent] = (),
        error: Exception | None = None,
    ) -> None:
        """Remember that everything up to a position is handled, or set aside."""
        with write_transaction():
            self.lease.update(position=position, suspect=None, **_error_values(error))
            SetAsideEvent.objects.bulk_create(aside, ignore_conflicts=True, batch_size=500)

    def _aside(self, item: _Item, error: str | None = None) -> SetAsideEvent:
        return new_row(self.lease.state_id, item.row, item.event, error)

    # Set aside ----------------------------------------------------------------------------------

    def _suspect(self) -> None:
        """Set aside what has killed the worker before this one, if it was by itself then."""
        state = EventConsumerState.objects.get(pk=self.lease.state_id)
        if state.suspect is None:
            return
        row = Event.objects.filter(position=state.suspect).first()
        if row is not None and state.suspect > state.position:
            aside = self._aside(_Item(row, event_data(row)), _KILLED)
            logger.error("A worker died while %r handled event %s", self.name, row.uuid)
            self._advance(row.position, [aside])

    def _retry_due(self) -> None:
        """Try again what was set aside and is due, and what has nothing left to wait for."""
        for _ in range(_MAX_RETRIES):
            rows = _due(self.lease.state_id).select_related("event")
            aside = rows.order_by("position").first()
            if aside is None or self.stop():
                return
            self._retry(aside)

    def _retry(self, aside: SetAsideEvent) -> None:
        if is_spent(aside):
            mark_failed(aside, _KILLED)
            self._save(aside)
            return
        # Counted before, so that one that kills its workers is given up, too.
        aside.attempts += 1
        aside.state, aside.next_attempt = State.FAILED, datetime.now(UTC) + pause(aside.attempts)
        self._save(aside)
        try:
            error = self._try([event_data(aside.event)])
        except ConsumerUnavailable:
            aside.attempts -= 1
            aside.next_attempt = datetime.now(UTC)
            self._save(aside)
            raise
        if error is None:
            with write_transaction():
                self.lease.update()
                SetAsideEvent.objects.filter(pk=aside.pk).delete()
            return
        mark_failed(aside, describe(error))
        self._log_failure(aside, error)
        self._save(aside, error)

    def _save(self, aside: SetAsideEvent, error: Exception | None = None) -> None:
        with write_transaction():
            self.lease.update(**_error_values(error))
            # Not ``save``: somebody may have removed the row.
            SetAsideEvent.objects.filter(pk=aside.pk).update(
                state=aside.state,
                attempts=aside.attempts,
                next_attempt=aside.next_attempt,
                error=aside.error,
                changed=aside.changed,
            )

    def _log_failure(self, aside: SetAsideEvent, error: Exception) -> None:
        logger.error(
            "%r can not handle event %s of %s (attempt %d; %s)",
            self.name,
            aside.event.uuid,
            aside.subject,
            aside.attempts,
            "given up"
            if aside.next_attempt is None
            else f"again at {aside.next_attempt:%Y-%m-%d %H:%M:%S}",
            exc_info=error,
        )

    # The consumer as a whole --------------------------------------------------------------------

    def _begin_replay(self) -> None:
        log = EventLog.objects.first()
        if log is not None and log.trimmed_position:
            logger.warning(
                "The log does not go back to the beginning (events up to position %d were "
                "trimmed away); %r gets what is left of it",
                log.trimmed_position,
                self.name,
            )
        logger.info("%r is given the whole log again", self.name)
        try:
            with self.lease.kept():
                self.consumer.begin_replay()
        except ConsumerUnavailable:
            raise
        except Exception as error:
            logger.exception("%r can not begin a replay", self.name)
            raise ConsumerUnavailable(describe(error)) from error
        with write_transaction():
            self.lease.update(position=0, replay=False, suspect=None)
            SetAsideEvent.objects.filter(consumer_id=self.lease.state_id).delete()

    def _leave_alone(self, error: ConsumerUnavailable) -> None:
        """Let the consumer alone for a while."""
        failures = EventConsumerState.objects.get(pk=self.lease.state_id).failures + 1
        absence: timedelta = pause(failures, longest=_LONGEST_ABSENCE)
        logger.warning(
            "%r can not work (%s); it is asked again in %d seconds",
            self.name,
            error,
            absence.total_seconds(),
        )
        self.lease.update(
            failures=failures,
            suspect=None,
            next_attempt=datetime.now(UTC) + absence,
            **_error_values(error),
        )


def _error_values(error: Exception | None) -> dict[str, Any]:
    if error is None:
        return {}
    return {"last_error": describe(error), "last_error_at": datetime.now(UTC)}
