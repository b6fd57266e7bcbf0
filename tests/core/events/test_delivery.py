"""Consumers get what they want: at least once, in order, whatever fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.api._event_positions import give_positions
from openedx_blockstore.data import BundleData, CollectionData, EventData, EventKind
from openedx_blockstore.models import Event, EventConsumerState, SetAsideEvent
from openedx_blockstore.plugin_api import ConsumerUnavailable
from tests.core.events.helpers import Recorder, logged, run, set_aside, state

pytestmark = pytest.mark.django_db(transaction=True)


def make_versions(bundle_uuid: UUID, count: int, *, start: int = 1) -> None:
    """Make versions of a bundle that differ."""
    for number in range(start, start + count):
        api.import_version(bundle_uuid, {"a.txt": str(number)})


def let_time_pass() -> None:
    """Make everything that waits for its time due."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    SetAsideEvent.objects.exclude(next_attempt=None).update(next_attempt=hour_ago)
    EventConsumerState.objects.exclude(next_attempt=None).update(next_attempt=hour_ago)


def test_a_consumer_gets_everything_once_and_in_order(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 25)
    recorder = Recorder()
    assert run(recorder)
    assert recorder.handled == logged()
    assert [len(call) for call in recorder.calls] == [10, 10, 7]
    positions = [event.position or 0 for event in recorder.handled]
    assert positions == sorted(set(positions))
    assert state().last_success is not None
    assert not run(recorder)
    make_versions(bundle.uuid, 1, start=26)
    assert run(recorder)
    assert recorder.handled == logged()


def test_consumers_go_each_at_their_own_pace(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 3)
    first, second = Recorder(), Recorder()
    run(first, "first")
    make_versions(bundle.uuid, 3, start=4)
    run(second, "second")
    run(first, "first")
    assert first.handled == second.handled == logged()
    # Another instance goes on where the first one was: what counts is the name.
    assert not run(Recorder(), "first")


def test_it_wants_only_some_kinds_and_types(collection: CollectionData) -> None:
    class Picky(Recorder):
        kinds = frozenset({EventKind.VERSION_CREATED, EventKind.COLLECTION_UPDATED})
        bundle_types = frozenset({"unit"})

    bundles = [api.create_bundle(collection.uuid, "x", type=t).uuid for t in ("unit", "Unit", "")]
    for number in (1, 2):
        for bundle in bundles:
            make_versions(bundle, 1, start=number)
    api.update_collection(collection.uuid, title="New")
    picky = Picky()
    run(picky)
    assert [(event.kind, event.bundle_uuid) for event in picky.handled] == [
        (EventKind.VERSION_CREATED, bundles[0]),
        (EventKind.VERSION_CREATED, bundles[0]),
        (EventKind.COLLECTION_UPDATED, None),
    ]
    assert state().position == give_positions()


@pytest.mark.parametrize(
    ("patterns", "versions"),
    [
        (None, [1, 2, 3]),
        (("*.xml",), [1, 3]),
        (("static/*",), [2]),
        (("*.XML",), []),
        (("nothing", "deep/*"), [3]),
        ((), []),
    ],
)
def test_it_wants_only_versions_that_change_some_paths(
    bundle: BundleData, patterns: tuple[str, ...] | None, versions: list[int]
) -> None:
    class Picky(Recorder):
        path_patterns = patterns

    api.import_version(bundle.uuid, {"a.xml": "1"})
    api.import_version(bundle.uuid, {"a.xml": "1", "static/deep/b.png": "2"})
    api.import_version(bundle.uuid, {"static/deep/b.png": "2", "deep/down/c.xml": "3"})
    picky = Picky()
    run(picky)
    assert picky.versions() == versions
    # Patterns are about new versions; everything else is wanted.
    assert len(picky.handled) == len(versions) + 2


# Failures ----------------------------------------------------------------------------------------


def test_one_that_raises_once_gets_everything_later(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 5)
    failing = [True]
    recorder = Recorder(lambda event: event.version == 3 and bool(failing))
    run(recorder)
    assert recorder.versions() == [1, 2]
    assert set_aside() == [("failed", 3), ("waiting", 4), ("waiting", 5)]
    failing.clear()
    run(recorder)
    assert recorder.versions() == [1, 2]  # it is too early
    let_time_pass()
    run(recorder)
    assert recorder.versions() == [1, 2, 3, 4, 5]
    assert set_aside() == []


def test_what_fails_in_a_batch_keeps_only_its_own_bundle_back(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    for number in (1, 2, 3):
        make_versions(bundle.uuid, 1, start=number)
        make_versions(other_bundle.uuid, 1, start=number)
    recorder = Recorder(lambda event: (event.bundle_uuid, event.version) == (bundle.uuid, 2))
    run(recorder)
    assert recorder.versions(other_bundle.uuid) == [1, 2, 3]
    assert recorder.versions(bundle.uuid) == [1]
    make_versions(bundle.uuid, 1, start=4)
    make_versions(other_bundle.uuid, 1, start=4)
    run(recorder)
    assert recorder.versions(other_bundle.uuid) == [1, 2, 3, 4]
    assert recorder.versions(bundle.uuid) == [1]
    assert set_aside() == [("failed", 2), ("waiting", 3), ("waiting", 4)]
    assert "can not handle" in state().last_error


def test_a_poison_event_is_given_up_in_the_end(
    bundle: BundleData, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_MAX_ATTEMPTS": 3}
    make_versions(bundle.uuid, 3)
    recorder = Recorder(lambda event: event.version == 1)
    for _ in range(2):
        run(recorder)
        assert recorder.versions() == []
        let_time_pass()
    run(recorder)
    assert recorder.versions() == [2, 3]
    assert set_aside() == [("dead", 1)]
    assert "given up" in caplog.text
    make_versions(bundle.uuid, 1, start=4)
    run(recorder)
    assert recorder.versions() == [2, 3, 4]


def test_two_poison_events_of_a_bundle_are_given_up_one_after_the_other(
    bundle: BundleData, settings: Any
) -> None:
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_MAX_ATTEMPTS": 2}
    make_versions(bundle.uuid, 4)
    recorder = Recorder(lambda event: event.version in (1, 3))
    run(recorder)
    let_time_pass()
    run(recorder)
    assert recorder.versions() == [2]
    assert set_aside() == [("dead", 1), ("failed", 3), ("waiting", 4)]
    let_time_pass()
    run(recorder)
    assert recorder.versions() == [2, 4]
    assert set_aside() == [("dead", 1), ("dead", 3)]


def test_pauses_grow(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 1)
    recorder = Recorder(lambda event: event.version == 1)
    pauses = []
    for _ in range(8):
        run(recorder)
        row = SetAsideEvent.objects.get()
        assert row.next_attempt is not None
        pauses.append((row.next_attempt - row.changed).total_seconds())
        let_time_pass()
    for attempt, seconds in enumerate(pauses):
        assert 0.75 <= seconds / (10 * 2**attempt) <= 1.25


def test_one_that_can_not_work_keeps_its_place(bundle: BundleData) -> None:
    class Down(Recorder):
        down: ClassVar[bool] = True

        def handle(self, events: Sequence[EventData]) -> None:
            if self.down and events[0].version == 3:
                raise ConsumerUnavailable("the engine is down")
            super().handle(events)

    Down.batch_size = 1
    make_versions(bundle.uuid, 5)
    recorder = Down()
    run(recorder)
    assert recorder.versions() == [1, 2]
    assert set_aside() == []
    assert "the engine is down" in state().last_error
    assert state().failures == 1
    Down.down = False
    assert not run(recorder)  # it is too early
    let_time_pass()
    run(recorder)
    assert recorder.versions() == [1, 2, 3, 4, 5]
    assert state().failures == 0


# Replay ------------------------------------------------------------------------------------------


def test_a_replay_gives_everything_again(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 3)
    recorder = Recorder(lambda event: event.version == 2)
    run(recorder)
    assert set_aside() == [("failed", 2), ("waiting", 3)]
    recorder.fails = lambda _event: False
    EventConsumerState.objects.update(replay=True)
    run(recorder)
    assert recorder.replays == 1
    assert recorder.handled == logged()
    assert set_aside() == []


# Order -------------------------------------------------------------------------------------------


def test_what_becomes_visible_late_is_not_missed(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    make_versions(bundle.uuid, 3)
    late = Event.objects.order_by("pk")[2]
    late_key = late.pk
    Event.objects.filter(pk=late_key).delete()  # its transaction is still open
    recorder = Recorder()
    run(recorder)
    assert len(recorder.handled) == 5
    late.pk = late_key
    late.save(force_insert=True)  # and now it is committed
    run(recorder)
    assert recorder.handled[-1].uuid == late.uuid
    assert len(recorder.handled) == 6
