"""Events handed over by Celery's workers, on a real Redis."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import redis
from celery import Celery, current_app
from django.db import transaction

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from openedx_blockstore.event_delivery import celery as kicking
from openedx_blockstore.event_delivery.runner import deliver_all
from tests.core.events.consumers import heal, let, versions
from tests.core.events.workers import CELERY, kill, wait_for, worker
from tests.services.base import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("registered")]

Connect = Callable[[str], None]


@pytest.fixture
def connect(settings: Any, runner: Callable[..., None]) -> Iterator[Connect]:
    """Let the host have Celery with a broker."""
    before = current_app._get_current_object()

    def use(url: str) -> None:
        settings.CELERY_BROKER_URL = url
        Celery("tests", broker=url).set_current()
        runner("auto", EVENT_LEASE_SECONDS=2)
        kicking.forget_trouble()

    yield use
    before.set_current()
    kicking.forget_trouble()


@pytest.fixture
def broker(redis_url: str, connect: Connect) -> Iterator[str]:
    """The host has Celery with an empty Redis."""
    with closing(redis.Redis.from_url(redis_url)) as client:
        client.flushdb()
        connect(redis_url)
        yield redis_url
        client.flushdb()


def queued(url: str) -> int:
    """How many tasks are waiting."""
    with closing(redis.Redis.from_url(url)) as client:
        return int(client.llen("celery"))


def make_versions(bundle: BundleData, first: int, last: int) -> None:
    for number in range(first, last + 1):
        api.import_version(bundle.uuid, {"a": str(number)})


@pytest.mark.services
def test_a_transaction_sends_one_task_for_each_consumer(bundle: BundleData, broker: str) -> None:
    before = queued(broker)
    with transaction.atomic():
        make_versions(bundle, 1, 5)
    assert queued(broker) == before + 2
    with transaction.atomic():
        make_versions(bundle, 6, 6)
        transaction.set_rollback(True)
    assert queued(broker) == before + 2
    assert versions() == []


@pytest.mark.services
def test_workers_hand_events_over(bundle: BundleData, broker: str) -> None:
    make_versions(bundle, 1, 3)
    with worker(*CELERY, broker=broker):
        wait_for(lambda: versions("first") == versions("second") == [1, 2, 3])
        make_versions(bundle, 4, 6)
        wait_for(lambda: versions("first") == versions("second") == [1, 2, 3, 4, 5, 6])


@pytest.mark.services
def test_a_worker_that_is_killed_is_made_up_for(bundle: BundleData, broker: str) -> None:
    let("first", "slow")
    with transaction.atomic():
        make_versions(bundle, 1, 20)
    with worker(*CELERY, broker=broker) as process:
        wait_for(lambda: len(versions("first")) >= 5)
        kill(process)
    assert len(versions("first")) < 20
    heal("first", "slow")
    with worker(*CELERY, broker=broker):
        # Nothing changes any more; what is left to do comes with the look that beat takes.
        def done() -> bool:
            current_app.send_task("openedx_blockstore.deliver_events")
            time.sleep(0.5)
            return set(versions("first")) == set(range(1, 21))

        wait_for(done)
    first_times = list(dict.fromkeys(versions("first")))
    assert first_times == list(range(1, 21))


@pytest.mark.services
def test_tasks_that_were_lost_are_made_up_for_by_the_next_ones(
    bundle: BundleData, broker: str
) -> None:
    make_versions(bundle, 1, 3)
    with closing(redis.Redis.from_url(broker)) as client:
        client.flushdb()
    with worker(*CELERY, broker=broker):
        make_versions(bundle, 4, 4)
        wait_for(lambda: versions("first") == versions("second") == [1, 2, 3, 4])


def test_a_broker_that_is_down_fails_and_stalls_no_author(
    bundle: BundleData, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connect(f"redis://127.0.0.1:{free_port()}/0")
    start = time.monotonic()
    make_versions(bundle, 1, 10)
    assert time.monotonic() - start < 15
    assert api.get_bundle(bundle.uuid).latest_version == 10
    assert caplog.text.count("can not be reached") == 1
    deliver_all()
    assert versions("first") == list(range(1, 11))


def test_a_broker_that_does_not_answer_fails_and_stalls_no_author(
    bundle: BundleData, connect: Connect
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        start = time.monotonic()
        make_versions(bundle, 1, 10)
        assert time.monotonic() - start < 15
    assert api.get_bundle(bundle.uuid).latest_version == 10


def test_a_broker_of_another_kind_that_is_down_fails_and_stalls_no_author(
    bundle: BundleData, connect: Connect
) -> None:
    connect(f"amqp://guest@127.0.0.1:{free_port()}//")
    start = time.monotonic()
    make_versions(bundle, 1, 10)
    assert time.monotonic() - start < 15
    assert api.get_bundle(bundle.uuid).latest_version == 10


@pytest.mark.services
def test_a_broker_that_comes_back_gets_tasks_again(
    bundle: BundleData, broker: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(f"redis://127.0.0.1:{free_port()}/0")
    make_versions(bundle, 1, 1)
    connect(broker)
    kicking.forget_trouble()
    make_versions(bundle, 2, 2)
    assert queued(broker) == 2
