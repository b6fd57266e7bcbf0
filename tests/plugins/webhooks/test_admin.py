"""The admin pages of webhooks."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks.data import NewSecret
from openedx_blockstore_webhooks.models import Delivery, Subscription
from openedx_blockstore_webhooks.sending import Sender
from tests.plugins.webhooks.conftest import Clock
from tests.plugins.webhooks.helpers import event, tell
from tests.plugins.webhooks.receiving import Receiver, answer

pytestmark = pytest.mark.django_db(transaction=True)

_SUBSCRIPTIONS = "admin:openedx_blockstore_webhooks_subscription_changelist"
_DELIVERIES = "admin:openedx_blockstore_webhooks_delivery_changelist"


@pytest.fixture
def boss(db: None) -> Client:
    """An administrator's browser."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def open_list(client: Client, name: str, **query: object) -> str:
    """Return a list's page."""
    given = {key: str(value) for key, value in query.items()}
    return client.get(reverse(name), given).content.decode()


def act(client: Client, name: str, action: str, *keys: int) -> str:
    """Run an action on rows, and return the page that comes of it."""
    data = {"action": action, "_selected_action": [str(key) for key in keys]}
    return client.post(reverse(name), data, follow=True).content.decode()


def test_looking_around(
    boss: Client, subscription: NewSecret, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    receiver.then = answer(500, b"<script>alert(1)</script>")
    tell(event(collection, uuid4()))
    Sender(clock=clock).send_due()
    row, delivery = Subscription.objects.get(), Delivery.objects.get()
    listed = open_list(boss, _SUBSCRIPTIONS, q=row.uuid)
    assert receiver.url in listed
    page = boss.get(
        reverse("admin:openedx_blockstore_webhooks_subscription_change", args=[row.pk])
    ).content.decode()
    assert "1 pending" in page
    assert row.secret not in page
    found = open_list(boss, _DELIVERIES, subscription__id__exact=row.pk, state__exact="pending")
    assert str(delivery.uuid) in found
    none = open_list(boss, _DELIVERIES, subscription__id__exact=row.pk, state__exact="failed")
    assert str(delivery.uuid) not in none
    detail = boss.get(
        reverse("admin:openedx_blockstore_webhooks_delivery_change", args=[delivery.pk])
    ).content.decode()
    assert "&lt;script&gt;" in detail
    assert "<script>alert" not in detail
    assert "127.0.0.1" in detail


def test_actions(
    boss: Client, subscription: NewSecret, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    row = Subscription.objects.get()
    sender = Sender(clock=clock)
    act(boss, _SUBSCRIPTIONS, "ping", row.pk)
    sender.send_due()
    assert receiver.types == ["webhook.ping"]
    delivery = Delivery.objects.get()
    act(boss, _DELIVERIES, "send_again", delivery.pk)
    sender.send_due()
    assert len(receiver.received) == 2
    act(boss, _SUBSCRIPTIONS, "deactivate", row.pk)
    assert not webhooks.get_subscription(row.uuid).active
    tell(event(collection, uuid4()))
    assert "Activate it first" in act(boss, _DELIVERIES, "send_again", delivery.pk)
    act(boss, _SUBSCRIPTIONS, "activate", row.pk)
    act(boss, _SUBSCRIPTIONS, "replay_failed", row.pk)
    sender.send_due()
    assert receiver.types[-1] == "version.created"


def test_who_may_only_look_can_not_act(
    subscription: NewSecret, receiver: Receiver, clock: Clock
) -> None:
    user = User.objects.create_user("looks", is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_subscription", "view_delivery"])
    )
    client = Client()
    client.force_login(user)
    assert client.get(reverse(_SUBSCRIPTIONS)).status_code == 200
    act(client, _SUBSCRIPTIONS, "ping", Subscription.objects.get().pk)
    assert Delivery.objects.count() == 0
