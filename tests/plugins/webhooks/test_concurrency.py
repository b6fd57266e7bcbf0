"""Subscriptions are made and changed while others write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection

from openedx_blockstore import api
from openedx_blockstore_webhooks import _subscriptions, watching
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks._rows import find_subscription
from tests.plugins.webhooks.conftest import Configure

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://example.com/hook"
#: Seconds in which somebody else has written, unless they have to wait for us.
_SOON = 2.0


@pytest.fixture
def somebody_writes(collection: UUID, configure: Configure) -> Iterator[Callable[[], None]]:
    """Lets another thread change something; it is done soon, or when we are."""
    configure()
    failed: list[Exception] = []
    threads: list[threading.Thread] = []

    def write() -> None:
        try:
            api.update_collection(collection, title="Chemistry")
        except Exception as error:  # noqa: BLE001 - handed on
            failed.append(error)
        finally:
            connection.close()

    def begin() -> None:
        threads.append(threading.Thread(target=write))
        threads[-1].start()
        threads[-1].join(_SOON)

    yield begin
    for thread in threads:
        thread.join()
    assert failed == []
    assert api.get_collection(collection).title == "Chemistry"


def test_a_secret_is_rotated(
    ada: User,
    collection: UUID,
    somebody_writes: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = webhooks.create_subscription(ada, scope="collection", target_uuid=collection, url=URL)
    calls: list[object] = []

    def find_then(uuid: UUID) -> Any:
        row = find_subscription(uuid)
        if not calls:
            somebody_writes()
        calls.append(uuid)
        return row

    monkeypatch.setattr(_subscriptions, "find_subscription", find_then)
    assert webhooks.rotate_secret(made.subscription.uuid).secret != made.secret


def test_somebody_subscribes_to_dependencies(
    ada: User,
    collection: UUID,
    somebody_writes: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = api.create_bundle(collection, "owls", "Owls").uuid
    webhooks.create_subscription(ada, scope="dependencies", target_uuid=bundle, url=URL)
    refresh = watching.refresh

    def write_then(watched: Any) -> None:
        somebody_writes()
        refresh(watched)

    monkeypatch.setattr(watching, "refresh", write_then)
    webhooks.create_subscription(ada, scope="dependencies", target_uuid=bundle, url=URL)
    assert len(webhooks.get_subscriptions(target_uuid=bundle)) == 2
