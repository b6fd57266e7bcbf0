"""Whatever happens, and in whatever order: consumers get each event, in order, and poison waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, Phase, assume
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from openedx_blockstore import api
from openedx_blockstore.data import EventData
from openedx_blockstore.event_delivery.delivery import deliver
from openedx_blockstore.models import Event, EventConsumerState, EventLog, SetAsideEvent
from openedx_blockstore.plugin_api import ConsumerUnavailable, EventConsumer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("file_storage")]

_BUNDLES = 3
_CONSUMERS = ("one", "two")


class Killed(BaseException):
    """The worker is gone."""


class Worker(EventConsumer):
    """Handles events one after the other; it fails, dies and is down when it is told to."""

    batch_size: ClassVar[int] = 4

    def __init__(self) -> None:
        #: What it has handled since the last replay began.
        self.done: set[UUID] = set()
        self.failing: set[UUID] = set()
        self.poison: set[UUID] = set()
        self.deadly: set[UUID] = set()
        self.is_down = False
        #: What was not as it must be; raised in ``handle``, it would be a failure like any other.
        self.wrong: list[str] = []

    def handle(self, events: Sequence[EventData]) -> None:
        """Handle them, as far as that goes."""
        if self.is_down:
            raise ConsumerUnavailable("its engine is down")
        for event in events:
            if event.uuid in self.deadly:
                raise Killed
            if event.uuid in self.failing | self.poison:
                raise ValueError("it can not be handled")
            self._check_order(event)
            self.done.add(event.uuid)

    def _check_order(self, event: EventData) -> None:
        """All that came before it with its bundle is handled, or was given up."""
        row = Event.objects.get(uuid=event.uuid)
        before = Event.objects.filter(bundle_uuid=event.bundle_uuid, pk__lt=row.pk)
        missing = set(before.values_list("uuid", flat=True)) - self.done
        dead = SetAsideEvent.objects.filter(state="dead", event__uuid__in=missing)
        if missing != set(dead.values_list("event__uuid", flat=True)):
            self.wrong.append(f"{event} came before {missing}")

    def begin_replay(self) -> None:
        """Begin anew."""
        self.done.clear()


@contextmanager
def dying(after: int | None) -> Iterator[None]:
    """Kill the worker after so many statements, or when it says so itself.

    From then on nothing it does reaches the database, as if its process were gone.
    """
    left = after
    is_dead = False

    def execute(call: Any, *arguments: Any) -> Any:
        nonlocal left, is_dead
        if left is not None:
            left -= 1
        if is_dead or (left is not None and left < 0):
            is_dead = True
            raise Killed
        return call(*arguments)

    with connection.execute_wrapper(execute):
        try:
            yield
        except Killed:
            is_dead = True
            raise


class OpenTransaction:
    """A change whose transaction has written its events, and commits later."""

    def __init__(self, change: Callable[[], object]) -> None:
        self._rows: list[Event] = []
        self._written, self._end = threading.Event(), threading.Event()
        if connection.vendor == "sqlite":
            # It lets one transaction write at a time, so what is not seen yet is hidden.
            before = set(Event.objects.values_list("pk", flat=True))
            change()
            self._rows = list(Event.objects.exclude(pk__in=before))
            Event.objects.filter(pk__in=[row.pk for row in self._rows]).delete()
            return

        def run() -> None:
            try:
                with transaction.atomic():
                    change()
                    self._written.set()
                    assert self._end.wait(60)
            finally:
                connections.close_all()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        assert self._written.wait(60)

    def commit(self) -> None:
        """Let everybody see it."""
        if connection.vendor == "sqlite":
            Event.objects.bulk_create(self._rows)
            return
        self._end.set()
        self._thread.join()


class Delivery(RuleBasedStateMachine):
    """Authors, consumers, and what happens to both."""

    def __init__(self) -> None:
        super().__init__()
        for model in (SetAsideEvent, EventConsumerState, Event, EventLog):
            model.objects.all().delete()
        collection = api.create_collection("Owls").uuid
        self.uuids = [api.create_bundle(collection, "x").uuid for _ in range(_BUNDLES)]
        self.open: dict[int, OpenTransaction] = {}
        self.workers = {name: Worker() for name in _CONSUMERS}
        self.count = 0

    # Authors -------------------------------------------------------------------------------------

    def _change(self, bundle: int) -> None:
        self.count += 1
        api.import_version(self.uuids[bundle], {"a.txt": str(self.count)})

    @rule(bundle=st.integers(0, _BUNDLES - 1))
    def commit(self, bundle: int) -> None:
        """Make a version."""
        assume(bundle not in self.open)
        self._change(bundle)

    @rule(bundle=st.integers(0, _BUNDLES - 1))
    def begin(self, bundle: int) -> None:
        """Begin to make a version, and take long; others of the bundle have to wait."""
        assume(bundle not in self.open)
        self.open[bundle] = OpenTransaction(lambda: self._change(bundle))

    @rule(bundle=st.integers(0, _BUNDLES - 1))
    def end(self, bundle: int) -> None:
        """End that."""
        assume(bundle in self.open)
        self.open.pop(bundle).commit()

    # Consumers -----------------------------------------------------------------------------------

    @rule(
        name=st.sampled_from(_CONSUMERS),
        what=st.sampled_from(["failing", "poison", "deadly"]),
        which=st.integers(0, 10_000),
    )
    def break_one(self, name: str, what: str, which: int) -> None:
        """Let a consumer fail at an event, for now or for ever, or die of it."""
        worker = self.workers[name]
        rows = Event.objects.exclude(uuid__in=worker.done).order_by("pk")
        new = list(rows.values_list("uuid", flat=True))
        assume(new)
        getattr(worker, what).add(new[which % len(new)])

    @rule(name=st.sampled_from(_CONSUMERS), is_down=st.booleans())
    def turn(self, name: str, is_down: bool) -> None:
        """Take away what a consumer needs, or give it back."""
        self.workers[name].is_down = is_down

    @rule(name=st.sampled_from(_CONSUMERS))
    def heal(self, name: str) -> None:
        """Let a consumer bear everything but what is poison for it."""
        worker = self.workers[name]
        worker.failing.clear()
        worker.deadly.clear()

    @rule(name=st.sampled_from(_CONSUMERS))
    def replay(self, name: str) -> None:
        """Ask for everything once more."""
        EventConsumerState.objects.filter(name=name).update(replay=True)

    @rule()
    def let_time_pass(self) -> None:
        """Leases run out, and what waits for its time is due."""
        past = datetime.now(UTC) - timedelta(hours=1)
        rows: Any
        for rows in (SetAsideEvent.objects, EventConsumerState.objects):
            rows.exclude(next_attempt=None).update(next_attempt=past)
        EventConsumerState.objects.exclude(leased_until=None).update(leased_until=past)

    @rule(name=st.sampled_from(_CONSUMERS), after=st.one_of(st.none(), st.integers(0, 60)))
    def hand_over(self, name: str, after: int | None) -> None:
        """Hand over what is there; the worker may be killed at any moment."""
        try:
            with dying(after):
                deliver(name, self.workers[name])
        except Killed:
            return
        finally:
            assert self.workers[name].wrong == []
        self._check_nobody_waits_for_poison(name)

    # What is always so ---------------------------------------------------------------------------

    def _check_nobody_waits_for_poison(self, name: str) -> None:
        """A bundle of which nothing was set aside is handled as far as can be seen."""
        state = EventConsumerState.objects.get(name=name)
        if state.leased_until is not None or state.next_attempt is not None or state.replay:
            return  # somebody has died at it, or it is down: nothing may be handed over
        aside = set(SetAsideEvent.objects.values_list("subject", flat=True).filter(consumer=state))
        rows = Event.objects.exclude(bundle_uuid__in=aside)
        expected = set(rows.exclude(bundle_uuid=None).values_list("uuid", flat=True))
        assert expected <= self.workers[name].done

    def teardown(self) -> None:
        """In the end everybody has got everything, and only poison was given up."""
        for each in self.open.values():
            each.commit()
        for name, worker in self.workers.items():
            worker.is_down = False
            self.heal(name)
            # What was given up while it failed is tried again when somebody says so.
            if EventConsumerState.objects.filter(name=name).exists():
                api.retry_events(name)
            for _ in range(200):
                self.let_time_pass()
                deliver(name, worker)
                if self._is_settled(name):
                    break
            assert worker.wrong == []
            everything = set(Event.objects.values_list("uuid", flat=True))
            assert everything - worker.done <= worker.poison
            aside = SetAsideEvent.objects.filter(consumer__name=name)
            assert {(row.event.uuid, row.state) for row in aside.select_related("event")} <= {
                (uuid, "dead") for uuid in worker.poison
            }

    def _is_settled(self, name: str) -> bool:
        waiting = SetAsideEvent.objects.filter(consumer__name=name).exclude(state="dead")
        state = EventConsumerState.objects.get(name=name)
        last = EventLog.objects.get().last_position
        return not waiting.exists() and state.position >= last and not state.replay


def test_everything_is_handed_over_in_order_whatever_happens(settings: Any) -> None:
    """Commits, late transactions, failures, deaths, poison, replays, in any order."""
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "EVENT_RUNNER": "command",
        "EVENT_MAX_ATTEMPTS": 3,
    }
    run_state_machine_as_test(
        Delivery,
        settings=hypothesis_settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
