"""What is sent, to whom, and what happens when it can not be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from standardwebhooks import WebhookVerificationError

from openedx_blockstore.data import FileChange
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks import leases
from openedx_blockstore_webhooks.conf import RETRY_SECONDS
from openedx_blockstore_webhooks.data import DeliveryState, DisabledReason, NewSecret
from openedx_blockstore_webhooks.exceptions import SubscriptionDisabled
from openedx_blockstore_webhooks.models import Attempt, Delivery, Subscription
from openedx_blockstore_webhooks.sending import Sender
from tests.plugins.webhooks.conftest import Clock, Configure
from tests.plugins.webhooks.helpers import event, states, tell
from tests.plugins.webhooks.receiving import Receiver, answer, receiving

# Senders are threads, so what a test writes must be seen by other connections.
pytestmark = pytest.mark.django_db(transaction=True)


def test_delivered_and_signed(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    bundle = uuid4()
    happened = event(
        collection,
        bundle,
        bundle_type="problem",
        version=3,
        actor="ada",
        files=(FileChange("ä.xml", "added", after_digest="0" * 64),),
        facts={"change_kind": "typo"},
    )
    tell(happened)
    # The sender's clock is ahead by less than verifying allows.
    report = sender.send_due()
    assert (report.delivered, report.failed) == (1, 0)
    [request] = receiver.received
    payload = request.verify(subscription.secret)
    assert payload == {
        "type": "version.created",
        "timestamp": happened.at.isoformat().replace("+00:00", "Z"),
        "data": {
            "event_uuid": str(happened.uuid),
            "collection_uuid": str(collection),
            "bundle_uuid": str(bundle),
            "bundle_type": "problem",
            "version": 3,
            "actor": "ada",
            "position": None,
            "files": [{"path": "ä.xml", "change": "added", "before": None, "after": "0" * 64}],
            "files_count": 1,
            "links": [],
            "links_count": 0,
            "facts": {"change_kind": "typo"},
            "truncated": False,
            "subscription": {
                "uuid": str(subscription.subscription.uuid),
                "scope": "collection",
                "target_uuid": str(collection),
            },
        },
    }
    assert request.headers["Content-Type"].startswith("application/json")
    [delivery] = webhooks.get_deliveries(subscription.subscription.uuid)
    assert request.headers["webhook-id"] == delivery.message_id
    assert delivery.state is DeliveryState.DELIVERED
    [attempt] = webhooks.get_delivery(delivery.uuid).attempts or ()
    assert (attempt.status, attempt.error) == (204, "")
    with pytest.raises(WebhookVerificationError):
        request.verify("whsec_" + "A" * 40)


def test_an_event_that_is_told_twice_is_sent_once(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    happened = event(collection, uuid4())
    tell(happened)
    sender.send_due()
    tell(happened, event(collection, uuid4()))
    tell(happened)
    sender.send_due()
    assert len(receiver.received) == 2
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 2


def test_in_order_and_one_at_a_time(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    bundle = uuid4()
    tell(*(event(collection, bundle, version=number) for number in range(1, 31)))
    sender.send_due()
    versions = [each.payload["data"]["version"] for each in receiver.received]
    assert versions == list(range(1, 31))
    assert receiver.most_at_a_time == 1


def test_retried_for_days_and_then_given_up(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
) -> None:
    """Each attempt comes when the schedule says, and is written down."""
    receiver.then = answer(500, b"not today")
    begun = clock.now
    tell(event(collection, uuid4()))
    waited = []
    for seconds in (*RETRY_SECONDS, None):
        before = clock.now
        assert sender.send_due().failed == 1
        assert sender.send_due().failed == 0
        if seconds is not None:
            clock.forward(seconds=seconds - 1)
            assert sender.send_due().failed == 0, "too early"
            clock.forward(seconds=1)
        waited.append(clock.now - before)
    assert len(receiver.received) == len(RETRY_SECONDS) + 1 == 10
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert clock.now - begun > timedelta(days=3)
    assert states(subscription) == ["failed"]
    [delivery] = webhooks.get_deliveries(subscription.subscription.uuid)
    attempts = webhooks.get_delivery(delivery.uuid).attempts or ()
    assert {(each.status, each.error, each.response) for each in attempts} == {
        (500, "status", "not today")
    }
    # What failed can be sent again, with the same id.
    receiver.then = answer(204)
    assert webhooks.replay(subscription.subscription.uuid) == 1
    sender.send_due()
    assert states(subscription) == ["delivered"]
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1


def test_jitter_only_lengthens(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
    configure: Configure,
) -> None:
    configure(RETRY_JITTER=0.5, RETRY_SECONDS=(1000,), SENDER_THREADS=1)
    receiver.then = answer(500)
    tell(*(event(collection, uuid4()) for _ in range(12)))
    for _ in range(12):
        sender.send_due()
        clock.forward(hours=0.2)
    due = [
        (delivery.due - delivery.attempts.get().at).total_seconds()
        for delivery in Delivery.objects.filter(attempts_made=1)
        if delivery.due is not None
    ]
    assert due
    assert all(1000 <= seconds <= 1510 for seconds in due)
    assert len(set(due)) > 1


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_retry_after_is_honoured(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
    kind: str,
) -> None:
    later = (clock.now + timedelta(hours=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    receiver.behaviours = [answer(503, Retry_After="7200" if kind == "seconds" else later)]
    tell(event(collection, uuid4()), event(collection, uuid4()))
    sender.send_due()
    clock.forward(seconds=7000)
    # Not even the other one.
    assert sender.send_due().delivered == 0
    clock.forward(seconds=300)
    assert sender.send_due().delivered == 2


@pytest.mark.parametrize("nonsense", ["", "soon", "-5", "99999999999999", "Mon, 99 Foo 2026"])
def test_nonsense_in_retry_after(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
    nonsense: str,
) -> None:
    receiver.behaviours = [answer(429, Retry_After=nonsense)]
    tell(event(collection, uuid4()))
    sender.send_due()
    clock.forward(days=1, seconds=1)
    assert sender.send_due().delivered == 1


def test_gone_disables_at_once(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    receiver.then = answer(410)
    tell(event(collection, uuid4()), event(collection, uuid4()))
    sender.send_due()
    found = webhooks.get_subscription(subscription.subscription.uuid)
    assert (found.active, found.disabled_reason) == (False, DisabledReason.GONE)
    assert len(receiver.received) == 1
    [message] = mail.outbox
    assert message.to == ["ada@example.com"]
    assert receiver.url in message.body
    assert "410" in message.body


def test_a_mail_server_that_is_down_changes_nothing(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    receiver.then = answer(410)
    tell(event(collection, uuid4()))
    sender.send_due()
    assert not webhooks.get_subscription(subscription.subscription.uuid).active
    assert any("could not be told" in record.getMessage() for record in caplog.records)


def test_dead_for_long_is_disabled_with_a_notice_and_can_be_revived(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    uuid = subscription.subscription.uuid
    receiver.then = answer(500)
    for _day in range(5):
        tell(event(collection, uuid4()))
        for _ in range(24):
            sender.send_due()
            clock.forward(hours=1)
    assert webhooks.get_subscription(uuid).active
    clock.forward(hours=1)
    tell(event(collection, uuid4()))
    sender.send_due()
    found = webhooks.get_subscription(uuid)
    assert (found.active, found.disabled_reason) == (False, DisabledReason.DEAD)
    assert [each.subject for each in mail.outbox] == [
        f"Blockstore: webhook subscription {uuid} was disabled"
    ]
    assert any("was disabled" in record.getMessage() for record in caplog.records)
    # What happens meanwhile is written down, and nothing is sent.
    sent = len(receiver.received)
    tell(event(collection, uuid4()))
    assert sender.send_due().failed == 0
    assert len(receiver.received) == sent
    assert states(subscription)[-1] == "skipped"
    with pytest.raises(SubscriptionDisabled, match="Activate it first"):
        webhooks.replay(uuid)
    with pytest.raises(SubscriptionDisabled):
        webhooks.ping(uuid)
    # Revived, everything that was missed is sent.
    receiver.then = answer(204)
    receiver.received.clear()
    revived = webhooks.update_subscription(uuid, active=True)
    assert (revived.active, revived.disabled_reason, revived.failures) == (True, None, 0)
    assert webhooks.replay(uuid) == 7
    sender.send_due()
    assert set(states(subscription)) == {"delivered"}
    assert len(receiver.received) == 7


def test_a_dead_receiver_costs_few_requests_however_much_waits(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
) -> None:
    receiver.then = answer(500)
    tell(*(event(collection, uuid4()) for _ in range(100)))
    for _ in range(6 * 60):
        sender.send_due()
        clock.forward(minutes=1)
    # Six hours: one every ten minutes, and a few in the beginning.
    assert len(receiver.received) < 6 * 6 + 10
    # Back again, all of them arrive, the oldest first.
    receiver.then = answer(204)
    receiver.received.clear()
    clock.forward(hours=48)
    sender.send_due()
    assert set(states(subscription)) == {"delivered"}


def test_one_message_that_is_refused_does_not_stop_the_others(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
) -> None:
    poison = uuid4()

    def picky(handler: BaseHTTPRequestHandler) -> None:
        last = receiver.received[-1].payload["data"]["bundle_uuid"]
        answer(500 if last == str(poison) else 204)(handler)

    receiver.then = picky
    tell(event(collection, poison), *(event(collection, uuid4()) for _ in range(5)))
    sender.send_due()
    clock.forward(seconds=6)
    sender.send_due()
    assert sorted(states(subscription)) == ["delivered"] * 5 + ["pending"]
    found = webhooks.get_subscription(subscription.subscription.uuid)
    assert found.counts is not None
    assert found.counts["delivered"] == 5


def test_a_slow_receiver_does_not_hold_up_the_others(
    subscription: NewSecret,
    receiver: Receiver,
    ada: User,
    collection: UUID,
    sender: Sender,
    configure: Configure,
) -> None:
    configure(TIMEOUT_SECONDS=3)

    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(2)
        answer(204)(handler)

    receiver.then = slow
    with receiving() as quick:
        times: list[float] = []

        def note(handler: BaseHTTPRequestHandler) -> None:
            times.append(time.monotonic())
            answer(204)(handler)

        quick.then = note
        webhooks.create_subscription(ada, scope="collection", target_uuid=collection, url=quick.url)
        tell(*(event(collection, uuid4()) for _ in range(2)))
        begun = time.monotonic()
        sender.send_due()
        assert len(times) == 2
        assert times[-1] - begun < 1
        assert len(receiver.received) == 2


def test_ping(subscription: NewSecret, receiver: Receiver, sender: Sender) -> None:
    delivery = webhooks.ping(subscription.subscription.uuid)
    sender.send_due()
    payload = receiver.received[0].verify(subscription.secret)
    assert payload["type"] == "webhook.ping"
    assert webhooks.get_delivery(delivery.uuid).state is DeliveryState.DELIVERED


def test_replay_since(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    old, new = (event(collection, uuid4()) for _ in range(2))
    tell(old, new)
    sender.send_due()
    assert webhooks.replay(subscription.subscription.uuid, since=new.at) == 1
    sender.send_due()
    sent = [each.payload["data"]["event_uuid"] for each in receiver.received]
    assert sent == [str(old.uuid), str(new.uuid), str(new.uuid)]
    assert webhooks.replay(subscription.subscription.uuid) == 0
    assert webhooks.replay(subscription.subscription.uuid, since=old.at, states=["failed"]) == 0


def test_other_failures_are_written_down(
    subscription: NewSecret, receiver: Receiver, collection: UUID, clock: Clock
) -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    for url, error in (
        ("http://somewhere.example/", "connection"),
        ("http://127.0.0.1:1/", "connection"),
        ("http://10.0.0.1/", "url_refused"),
    ):
        Subscription.objects.update(url=url, not_before=None)
        tell(event(collection, uuid4()))
        Sender(clock=clock, resolver=nowhere).send_due()
        assert Attempt.objects.order_by("pk").last().error == error  # type: ignore[union-attr]
        Delivery.objects.all().delete()


def test_a_defect_of_ours_stops_nobody(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell(event(collection, uuid4()))
    with monkeypatch.context() as patch:
        patch.setattr("openedx_blockstore_webhooks.payloads.body_of", lambda *_, **__: 1 / 0)
        sender.send_due()
    assert Attempt.objects.get().error == "internal"
    clock.forward(seconds=6)
    sender.send_due()
    assert len(receiver.received) == 1


def test_a_thousand_deliveries_cost_a_bounded_number_of_statements_each(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    clock: Clock,
    configure: Configure,
) -> None:
    configure(TURN_SECONDS=600)
    for _ in range(10):
        tell(*(event(collection, uuid4()) for _ in range(100)))
    sender = Sender(clock=clock)
    [lease] = leases.claim(clock(), limit=5)
    with CaptureQueriesContext(connection) as captured:
        report = sender.take_turn(lease)
    assert report.delivered == 1000
    statements = [
        each
        for each in captured.captured_queries
        if each["sql"].split()[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}
    ]
    assert len(statements) <= 6 * 1000 + 100
