"""Fixtures of the tests of webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from attrs import define
from django.contrib.auth.models import User
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks.data import NewSecret
from openedx_blockstore_webhooks.sending import Sender
from tests.plugins.webhooks.receiving import Authority, Receiver, receiving

PACKAGE = "openedx_blockstore_webhooks"

Configure: TypeAlias = Callable[..., None]


@pytest.fixture
def configure(settings: Settings) -> Configure:
    """Sets settings of webhooks until the end of the test, on top of those of the tests."""
    current: dict[str, Any] = {"SENDER": "command", "SENDER_THREADS": 4, "RETRY_JITTER": 0}

    def change(**values: Any) -> None:
        current.update(values)
        settings.OPENEDX_BLOCKSTORE = {
            **settings.OPENEDX_BLOCKSTORE,
            # Tests make up events; those of test_events.py have them consumed as they happen.
            "EVENT_RUNNER": "command",
            "PLUGIN_SETTINGS": {PACKAGE: dict(current)},
        }

    change()
    return change


@pytest.fixture
def on_this_machine(configure: Configure) -> None:
    """Webhooks may go to servers on this machine, in the clear."""
    configure(ALLOW_HTTP=True, PORTS=(), ALLOW_NETWORKS=["127.0.0.1/32"], TIMEOUT_SECONDS=5)


@pytest.fixture
def receiver(on_this_machine: None) -> Iterator[Receiver]:
    """A server that receives webhooks."""
    with receiving() as found:
        yield found


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority."""
    folder: Path = tmp_path_factory.mktemp("authority")
    return Authority.make(folder)


@define
class Clock:
    """A clock that a test moves. It begins now: who verifies a signature has the real one."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    # A little ahead: what was queued by the real clock while the test runs is due.
    return Clock(datetime.now(UTC) + timedelta(seconds=30))


@pytest.fixture
def sender(clock: Clock) -> Sender:
    """A sender by that clock."""
    return Sender(clock=clock)


@pytest.fixture
def ada(db: None) -> User:
    """Somebody who subscribes, and has no rights of their own."""
    return User.objects.create_user("ada", email="ada@example.com")


@pytest.fixture
def collection(ada: User) -> UUID:
    """A collection that Ada may read."""
    found = api.create_collection("Physics").uuid
    api.set_role(found, "reader", user=ada)
    return found


@pytest.fixture
def subscription(ada: User, collection: UUID, receiver: Receiver) -> NewSecret:
    """Ada's subscription to the collection."""
    return webhooks.create_subscription(
        ada, scope="collection", target_uuid=collection, url=receiver.url
    )
