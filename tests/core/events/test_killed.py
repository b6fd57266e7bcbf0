"""Processes that are killed, and several that work at the same time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from openedx_blockstore import api, signals
from openedx_blockstore.data import BundleData
from openedx_blockstore.event_delivery.runner import deliver_all
from openedx_blockstore.models import Event, EventConsumerState, SetAsideEvent
from tests.core.events.consumers import handled, heal, let, versions
from tests.core.events.helpers import set_aside, state
from tests.core.events.workers import consume, wait_for, worker
from tests.counting import counting
from tests.processes import processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("registered")]

Choose = Callable[..., None]


@pytest.fixture(autouse=True)
def by_command(runner: Choose) -> None:
    """Nothing is handed over but by who is asked to."""
    runner("command", EVENT_LEASE_SECONDS=1)


def make_versions(bundle_uuid: UUID, first: int, last: int) -> None:
    for number in range(first, last + 1):
        api.import_version(bundle_uuid, {"a": str(number)})


def commit_and_die(bundle_uuid: UUID) -> None:
    """Die right after the commit, before anybody is told of it."""

    def die(**_kwargs: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    signals.version_created.connect(die)
    make_versions(bundle_uuid, 1, 1)


def deliver_everything() -> None:
    """Hand over all there is."""
    deliver_all()


def let_leases_run_out() -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    EventConsumerState.objects.exclude(leased_until=None).update(leased_until=past)


def let_time_pass() -> None:
    let_leases_run_out()
    past = datetime.now(UTC) - timedelta(seconds=1)
    SetAsideEvent.objects.exclude(next_attempt=None).update(next_attempt=past)


def in_a_process(function: Callable[..., Any], *arguments: Any) -> bool:
    """Run a function in a process of its own; tell whether it survived."""
    try:
        with processes(1) as executor:
            executor.submit(function, *arguments).result(timeout=120)
    except BrokenProcessPool:
        return False
    return True


def test_dying_between_the_commit_and_its_announcement_loses_nothing(
    bundle: BundleData, runner: Choose
) -> None:
    runner("inline")
    assert not in_a_process(commit_and_die, bundle.uuid)
    assert versions() == []
    assert api.get_bundle(bundle.uuid).latest_version == 1
    assert Event.objects.filter(kind="version.created").count() == 1
    # Whatever happens next brings it along.
    make_versions(bundle.uuid, 2, 2)
    assert versions("first") == versions("second") == [1, 2]


def test_a_worker_that_dies_is_replaced_when_its_lease_has_run_out(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 1, 7)
    let("first", "die", 3)
    assert not in_a_process(deliver_everything)
    heal("first", "die", 3)
    # One that comes too early leaves it to whoever may still be alive.
    if state("first").leased_until > datetime.now(UTC):  # type: ignore[operator]
        deliver_all()
        assert 3 not in versions("first")
    let_leases_run_out()
    deliver_all()
    assert versions("first") == list(range(1, 8))
    assert versions("second") == list(range(1, 8))


def test_an_event_that_kills_workers_is_set_aside_and_given_up(
    bundle: BundleData, other_bundle: BundleData, runner: Choose
) -> None:
    runner("command", EVENT_LEASE_SECONDS=1, EVENT_MAX_ATTEMPTS=2)
    make_versions(bundle.uuid, 1, 5)
    make_versions(other_bundle.uuid, 1, 4)
    let("first", "die", 5)
    for survives in (
        False,  # in a batch
        False,  # by itself
        True,  # set aside
        False,  # tried again
    ):
        assert in_a_process(deliver_everything) is survives
        let_time_pass()
    assert set_aside("first") == [("failed", 5)]
    assert in_a_process(deliver_everything)
    assert versions("first", other_bundle.uuid) == [1, 2, 3, 4]
    assert versions("first", bundle.uuid) == [1, 2, 3, 4]
    assert set_aside("first") == [("dead", 5)]
    make_versions(bundle.uuid, 6, 6)
    deliver_all()
    assert versions("first", bundle.uuid) == [1, 2, 3, 4, 6]


def test_after_a_death_only_the_events_at_hand_go_one_by_one(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 1, 20)
    let("first", "die", 2)
    assert not in_a_process(deliver_everything)
    heal("first", "die", 2)
    let_leases_run_out()
    with counting() as cost:
        deliver_all(["first"])
    assert versions("first") == list(range(1, 21))
    suspects = [sql for sql, _ in cost.queries if sql.startswith("UPDATE") and "suspect" in sql]
    assert suspects
    # A batch holds five events, and each of the first is noted before and after it.
    assert len(suspects) < 3 * 5 + 3 * 5


def test_two_workers_never_do_the_same(two_bundles: tuple[BundleData, BundleData]) -> None:
    one, two = two_bundles
    for bundle in (one, two):
        make_versions(bundle.uuid, 1, 30)
    with processes(3) as executor:
        futures = [executor.submit(deliver_everything) for _ in range(6)]
        for future in futures:
            future.result(timeout=120)
    deliver_all()
    for name in ("first", "second"):
        for bundle in (one, two):
            assert versions(name, bundle.uuid) == list(range(1, 31))
        positions = [line.position for line in handled(name)]
        assert positions == sorted(set(positions))


def write_versions(bundle_uuid: UUID, count: int) -> None:
    """Make versions while others do, too."""
    for number in range(count):
        api.import_version(bundle_uuid, {"a": f"{os.getpid()} {number}"})


def test_nothing_is_missed_while_many_write_and_many_deliver(
    two_bundles: tuple[BundleData, BundleData], runner: Choose
) -> None:
    """Each delivers inline, so that they meet all the time; nobody looks afterwards."""
    # Nobody dies here, and a machine may be so busy that a short lease can not be renewed in time.
    runner("inline", EVENT_INLINE_SECONDS=60, EVENT_LEASE_SECONDS=60)
    with processes(4) as executor:
        futures = [executor.submit(write_versions, bundle.uuid, 10) for bundle in two_bundles * 2]
        for future in futures:
            future.result(timeout=300)
    for name in ("first", "second"):
        for bundle in two_bundles:
            assert versions(name, bundle.uuid) == list(range(1, 21))


def test_a_slow_consumer_keeps_its_lease(bundle: BundleData) -> None:
    """It takes longer than a lease lasts, and still nobody else takes over."""
    make_versions(bundle.uuid, 1, 10)
    let("first", "slow")
    with processes(2) as executor:
        first = executor.submit(deliver_everything)
        wait_for(lambda: state("first").leased_until is not None if _begun() else False)
        time.sleep(1.5)
        second = executor.submit(deliver_everything)
        first.result(timeout=120)
        second.result(timeout=120)
    assert versions("first") == list(range(1, 11))
    assert len({line.process for line in handled("first")}) == 1


def _begun() -> bool:
    return EventConsumerState.objects.filter(name="first").exists()


# The command as a process ------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_until_it_is_asked_to_stop(
    bundle: BundleData, number: signal.Signals
) -> None:
    make_versions(bundle.uuid, 1, 2)
    with worker(*consume("--interval", "0.1")) as process:
        wait_for(lambda: versions("first") == versions("second") == [1, 2])
        make_versions(bundle.uuid, 3, 3)
        wait_for(lambda: versions("first") == versions("second") == [1, 2, 3])
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
    assert "Handing events to first, second." in output
    assert "first was given" in output
    assert output.endswith("Stopped.\n")
    assert state("first").leased_until is None


def test_the_command_finishes_what_it_is_doing(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 1, 20)
    let("first", "slow")
    with worker(*consume("--consumer", "first")) as process:
        wait_for(lambda: len(versions("first")) > 0)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
    count = len(versions("first"))
    assert 0 < count < 20
    heal("first", "slow")
    deliver_all()
    assert versions("first") == list(range(1, 21))


def test_a_command_that_is_killed_is_made_up_for(bundle: BundleData) -> None:
    make_versions(bundle.uuid, 1, 20)
    let("first", "slow")
    with worker(*consume()) as process:
        wait_for(lambda: len(versions("first")) > 0)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
        heal("first", "slow")
    with worker(*consume("--interval", "0.2")):
        wait_for(lambda: set(versions("first")) == set(range(1, 21)))
    assert list(dict.fromkeys(versions("first"))) == list(range(1, 21))
