"""Several senders, senders that die, and all the ways in which sending begins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from openedx_blockstore import api
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks import leases, runner
from openedx_blockstore_webhooks.data import NewSecret, SendReport
from openedx_blockstore_webhooks.models import Attempt, Delivery, Subscription
from openedx_blockstore_webhooks.sending import Sender
from tests.plugins.webhooks.conftest import Clock, Configure
from tests.plugins.webhooks.helpers import event, tell
from tests.plugins.webhooks.receiving import Receiver, answer, receiving
from tests.processes import processes

pytestmark = pytest.mark.django_db(transaction=True)


def eventually(condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come to that"
        time.sleep(0.02)


def in_threads(*functions: Callable[[], Any]) -> list[Any]:
    """Run functions at the same time, each with its own connection to the database."""

    def run(function: Callable[[], Any]) -> Any:
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(run, functions))


# At the same time --------------------------------------------------------------------------------


def test_one_lease_at_a_time(subscription: NewSecret, collection: UUID, clock: Clock) -> None:
    tell(event(collection, uuid4()))
    found = in_threads(*[lambda: leases.claim(clock(), limit=5)] * 4)
    assert sorted(map(len, found)) == [0, 0, 0, 1]
    assert leases.claim(clock(), limit=5) == []


def test_senders_in_several_threads_send_everything_once(
    ada: User, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    for _ in range(5):
        webhooks.create_subscription(
            ada, scope="collection", target_uuid=collection, url=receiver.url
        )
    tell(*(event(collection, uuid4()) for _ in range(20)))
    reports = in_threads(*[Sender(clock=clock).send_due for _ in range(3)])
    assert sum(each.delivered for each in reports) == 100
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert (len(ids), len(set(ids))) == (100, 100)


def _send_once() -> SendReport:
    return Sender(clock=lambda: datetime.now(UTC) + timedelta(seconds=30)).send_due()


def test_senders_in_several_processes_send_everything_once(
    ada: User, receiver: Receiver, collection: UUID
) -> None:
    for _ in range(4):
        webhooks.create_subscription(
            ada, scope="collection", target_uuid=collection, url=receiver.url
        )
    tell(*(event(collection, uuid4()) for _ in range(50)))
    with processes(3) as executor:
        found = [executor.submit(_send_once) for _ in range(3)]
        assert sum(each.result(timeout=60).delivered for each in found) == 200
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert (len(ids), len(set(ids))) == (200, 200)


def test_nothing_is_forgotten_while_senders_come_and_go(
    subscription: NewSecret, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    """Events come in just when senders find that there is nothing more to do."""
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            Sender(clock=clock).send_due()

    def happen() -> None:
        try:
            for _ in range(60):
                tell(event(collection, uuid4()))
        finally:
            stop.set()

    in_threads(happen, send, send)
    Sender(clock=clock).send_due()
    assert Delivery.objects.filter(state="pending").count() == 0
    assert len(receiver.received) == 60
    assert receiver.most_at_a_time == 1


def test_whoever_lost_the_lease_stops(
    subscription: NewSecret, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    tell(*(event(collection, uuid4()) for _ in range(3)))
    [old] = leases.claim(clock(), limit=1)
    clock.forward(seconds=leases.lease_time().total_seconds() + 1)
    [new] = leases.claim(clock(), limit=1)
    sender = Sender(clock=clock)
    assert sender.take_turn(old).delivered == 0
    assert sender.take_turn(new).delivered == 3
    assert len(receiver.received) == 3


def test_subscriptions_and_deliveries_go_while_they_are_sent(
    subscription: NewSecret, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    def delete(handler: BaseHTTPRequestHandler) -> None:
        try:
            webhooks.delete_subscription(subscription.subscription.uuid)
        finally:
            connections.close_all()
        answer(204)(handler)

    receiver.behaviours = [delete]
    tell(*(event(collection, uuid4()) for _ in range(3)))
    Sender(clock=clock).send_due()
    assert len(receiver.received) == 1
    assert (Subscription.objects.count(), Delivery.objects.count()) == (0, 0)


# Killed ------------------------------------------------------------------------------------------


def _process_id(_number: int) -> int:
    return os.getpid()


def test_a_sender_that_is_killed_before_it_wrote_down_what_it_sent(
    subscription: NewSecret, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    """The receiver has it, nobody knows, and so it is sent again with the same id."""
    with processes(1) as executor:
        pid = executor.submit(_process_id, 0).result(timeout=60)

        def kill(handler: BaseHTTPRequestHandler) -> None:
            os.kill(pid, signal.SIGKILL)
            answer(204)(handler)

        receiver.behaviours = [kill]
        tell(event(collection, uuid4()))
        doomed = executor.submit(_send_once)
        with pytest.raises(Exception, match="terminated abruptly"):
            doomed.result(timeout=60)
    assert len(receiver.received) == 1
    assert Attempt.objects.count() == 0
    # Somebody else waits until the lease is over.
    sender = Sender(clock=clock)
    assert sender.send_due().delivered == 0
    clock.forward(seconds=leases.lease_time().total_seconds() + 60)
    assert sender.send_due().delivered == 1
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.verify(subscription.secret)


# How sending begins ------------------------------------------------------------------------------


@pytest.fixture
def thread(configure: Configure, receiver: Receiver) -> Iterator[None]:
    """A thread of this process sends."""
    configure(SENDER="thread")
    try:
        yield
    finally:
        runner.stop_thread()


def test_a_thread_sends_what_happens(
    thread: None, subscription: NewSecret, receiver: Receiver, collection: UUID
) -> None:
    tell(event(collection, uuid4()))
    eventually(lambda: receiver.received)
    # It waits for the next one.
    tell(event(collection, uuid4()))
    eventually(lambda: len(receiver.received) == 2)
    eventually(lambda: not Delivery.objects.exclude(state="delivered").exists())


def test_a_thread_tries_again_by_itself(
    thread: None,
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    configure: Configure,
) -> None:
    configure(RETRY_SECONDS=(1,), MAX_PAUSE_SECONDS=1)
    receiver.behaviours = [answer(500)]
    tell(event(collection, uuid4()))
    eventually(lambda: len(receiver.received) == 2)


def test_the_request_does_not_wait_for_the_receiver(
    thread: None, subscription: NewSecret, receiver: Receiver, collection: UUID
) -> None:
    release = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        release.wait(10)
        answer(204)(handler)

    receiver.then = slow
    begun = time.monotonic()
    tell(event(collection, uuid4()))
    assert time.monotonic() - begun < 1
    eventually(lambda: receiver.received)
    release.set()


def test_what_a_process_left_is_sent_after_the_first_request_of_the_next(
    subscription: NewSecret, receiver: Receiver, collection: UUID, configure: Configure
) -> None:
    tell(event(collection, uuid4()))
    configure(SENDER="thread")
    runner.connect()
    try:
        Client().get("/api/v1/")
        eventually(lambda: receiver.received)
    finally:
        runner.stop_thread()


@pytest.mark.parametrize(
    ("given", "who"),
    [
        ({}, "thread"),
        ({"CELERY_BROKER_URL": "redis://"}, "celery"),
        ({"BROKER_URL": "redis://"}, "celery"),
        ({"BROKER_URL": "redis://", "CELERY_ALWAYS_EAGER": True}, "thread"),
        ({"CELERY_BROKER_URL": "redis://", "CELERY_TASK_ALWAYS_EAGER": True}, "thread"),
    ],
)
def test_who_sends(given: dict[str, Any], who: str, settings: Any, configure: Configure) -> None:
    configure(SENDER="auto")
    for name, value in given.items():
        setattr(settings, name, value)
    assert runner.who_sends() == who


def test_the_command_sends_once(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell(event(collection, uuid4()))
    call_command("send_webhooks", once=True)
    assert capsys.readouterr().out == "1 delivered, 0 failed\n"
    assert len(receiver.received) == 1
    call_command("trim_webhooks")
    assert capsys.readouterr().out == "0 deliveries removed\n"


def test_the_command_goes_on_until_it_is_stopped(
    subscription: NewSecret, receiver: Receiver, collection: UUID
) -> None:
    def stop_after_two() -> None:
        try:
            tell(event(collection, uuid4()))
            eventually(lambda: len(receiver.received) == 1)
            tell(event(collection, uuid4()))
            eventually(lambda: len(receiver.received) == 2)
        finally:
            connections.close_all()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop_after_two).start()
    call_command("send_webhooks")
    assert len(receiver.received) == 2


def test_the_command_without_tables(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "BLOCKSTORE_DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "openedx_blockstore.settings.standalone",
    }
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "manage.py", "send_webhooks", "--once"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_thread_survives_a_database_that_fails(
    thread: None,
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing = True
    original = leases.claim

    def claim(*args: Any, **kwargs: Any) -> Any:
        if failing:
            raise RuntimeError("not now")
        return original(*args, **kwargs)

    monkeypatch.setattr(leases, "claim", claim)
    tell(event(collection, uuid4()))
    time.sleep(0.3)
    assert receiver.received == []
    failing = False
    tell(event(collection, uuid4()))
    eventually(lambda: len(receiver.received) == 2)


def test_two_receivers_of_one_event(
    ada: User, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    other = api.create_collection("Other").uuid
    with receiving() as second:
        for url in (receiver.url, second.url):
            webhooks.create_subscription(ada, scope="collection", target_uuid=collection, url=url)
        tell(event(collection, uuid4()), event(other, uuid4()))
        Sender(clock=clock).send_due()
        ids = {each.received[0].headers["webhook-id"] for each in (receiver, second)}
        assert len(ids) == 2


# Turned off --------------------------------------------------------------------------------------


def test_while_the_plugin_is_off_nobody_sends_and_nothing_is_lost(
    subscription: NewSecret,
    collection: UUID,
    receiver: Receiver,
    configure: Configure,
    settings: Any,
) -> None:
    tell(event(collection, uuid4()))
    Delivery.objects.update(due=datetime.now(UTC) - timedelta(seconds=1))
    Subscription.objects.update(due=datetime.now(UTC) - timedelta(seconds=1))
    configure(SENDER="thread", ALLOW_HTTP=True, PORTS=(), ALLOW_NETWORKS=["127.0.0.1/32"])
    on = settings.OPENEDX_BLOCKSTORE
    settings.OPENEDX_BLOCKSTORE = {**on, "DISABLED_PLUGINS": ["openedx_blockstore_webhooks"]}
    runner.wake()
    runner.run_task()
    assert webhooks.send_due() == SendReport()
    with pytest.raises(CommandError, match="turned off"):
        call_command("send_webhooks", "--once")
    assert "blockstore-webhooks" not in {thread.name for thread in threading.enumerate()}
    assert receiver.received == []
    assert Delivery.objects.get().state == "pending"
    settings.OPENEDX_BLOCKSTORE = on
    assert webhooks.send_due().delivered == 1
    assert len(receiver.received) == 1
