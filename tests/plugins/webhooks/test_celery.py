"""Webhooks are sent by Celery's workers, over a real Redis."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from celery import Celery, current_app
from pytest_django import Settings

from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks import runner
from openedx_blockstore_webhooks.data import NewSecret
from openedx_blockstore_webhooks.models import Delivery, Subscription
from tests.conftest import do_without
from tests.plugins.webhooks.conftest import Configure
from tests.plugins.webhooks.helpers import event, states, tell
from tests.plugins.webhooks.receiving import Receiver, answer
from tests.plugins.webhooks.test_senders import eventually
from tests.processes import shared_settings
from tests.services.base import ServerMissingError
from tests.services.redis import Redis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """The address of a broker."""
    server = Redis()
    try:
        server.check()
    except ServerMissingError as error:
        do_without(str(error))
    with server:
        yield server.url


@pytest.fixture
def by_celery(receiver: Receiver, broker: str, settings: Settings, configure: Configure) -> None:
    """This process hands over to Celery."""
    configure(SENDER="auto", RETRY_SECONDS=(1,), MAX_PAUSE_SECONDS=1)
    settings.CELERY_BROKER_URL = broker
    app = Celery("tests", broker=broker)
    app.set_current()
    assert current_app.conf.broker_url == broker
    assert runner.who_sends() == "celery"


@pytest.fixture
def worker(by_celery: None, broker: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own."""
    process = start_worker(broker, tmp_path)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def start_worker(broker: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a worker, and wait until it works."""
    shared = folder / "shared"
    shared.write_bytes(pickle.dumps(shared_settings()))
    log = folder / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "tests.plugins.webhooks.celery_app", "worker"]
    command += ["--pool=solo", "--loglevel=INFO", "--without-mingle", "--without-gossip"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=Path(__file__).parents[3],
            env={
                **os.environ,
                "BLOCKSTORE_TEST_BROKER": broker,
                "BLOCKSTORE_TEST_SHARED": str(shared),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    eventually(lambda: b" ready." in log.read_bytes() or process.poll() is not None, 60)
    assert process.poll() is None, log.read_text()
    return process


def test_sent_and_tried_again_by_a_worker(
    worker: subprocess.Popen[bytes],
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
) -> None:
    tell(event(collection, uuid4()))
    eventually(lambda: len(receiver.received) == 1)
    receiver.received[0].verify(subscription.secret)
    receiver.behaviours = [answer(500)]
    tell(event(collection, uuid4()))
    # Nothing but the worker itself asks for the second attempt.
    eventually(lambda: len(receiver.received) == 3, 30)
    eventually(lambda: set(states(subscription)) == {"delivered"})
    webhooks.ping(subscription.subscription.uuid)
    eventually(lambda: receiver.types[-1] == "webhook.ping")


def test_a_worker_that_is_killed_leaves_nothing_behind(
    worker: subprocess.Popen[bytes],
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    broker: str,
    tmp_path: Path,
    configure: Configure,
) -> None:
    receiver.behaviours = [lambda _handler: os.kill(worker.pid, signal.SIGKILL)]
    tell(event(collection, uuid4()))
    eventually(lambda: worker.poll() is not None)
    assert states(subscription) == ["pending"]
    # Another one takes over when the lease is over; here somebody ends it.
    Subscription.objects.update(not_before=None)
    folder = tmp_path / "second"
    folder.mkdir()
    second = start_worker(broker, folder)
    try:
        tell(event(collection, uuid4()))
        eventually(lambda: set(states(subscription)) == {"delivered"}, 30)
    finally:
        second.terminate()
        second.wait(30)
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert (len(ids), len(set(ids))) == (3, 2)


def test_a_broker_that_is_down_costs_a_moment(
    by_celery: None, subscription: NewSecret, receiver: Receiver, collection: UUID
) -> None:
    """Nobody's change fails or waits; what is to be sent is written down."""
    Celery("tests", broker="redis://127.0.0.1:1/0").set_current()
    begun = time.monotonic()
    tell(event(collection, uuid4()))
    assert time.monotonic() - begun < 3
    assert Delivery.objects.get().state == "pending"
    assert webhooks.send_due().delivered == 1
