"""Secrets, and what is told to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from standardwebhooks import WebhookVerificationError

from openedx_blockstore import api
from openedx_blockstore.data import FileChange
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks.data import DisabledReason, NewSecret
from openedx_blockstore_webhooks.models import Attempt, Subscription
from openedx_blockstore_webhooks.sending import Sender
from tests.plugins.webhooks.conftest import Clock
from tests.plugins.webhooks.helpers import event, make_bundle, states, tell
from tests.plugins.webhooks.receiving import Receiver, receiving

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_secrets_sign_while_one_is_being_rotated(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
) -> None:
    uuid = subscription.subscription.uuid
    rotated = webhooks.rotate_secret(uuid, grace_hours=1)
    assert rotated.secret != subscription.secret
    tell(event(collection, uuid4()))
    sender.send_due()
    request = receiver.received[-1]
    assert request.headers["webhook-signature"].count("v1,") == 2
    request.verify(subscription.secret)
    request.verify(rotated.secret)
    # After the time of grace, the new one alone does.
    clock.forward(hours=2)
    tell(event(collection, uuid4()))
    sender.send_due()
    assert receiver.received[-1].headers["webhook-signature"].count("v1,") == 1
    # One that has leaked does not sign any more at once.
    clock.now = datetime.now(UTC) + timedelta(seconds=30)
    leaked = webhooks.rotate_secret(uuid, grace_hours=0)
    tell(event(collection, uuid4()))
    sender.send_due()
    receiver.received[-1].verify(leaked.secret)
    with pytest.raises(WebhookVerificationError):
        receiver.received[-1].verify(rotated.secret)


def test_secrets_are_not_in_the_database_as_they_are(subscription: NewSecret) -> None:
    row = Subscription.objects.get()
    assert subscription.secret not in row.secret
    assert subscription.secret not in repr(subscription)
    assert subscription.secret.startswith("whsec_")


def test_a_lost_key_is_said_and_mended_by_rotating(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
    clock: Clock,
    settings: Settings,
) -> None:
    original = settings.SECRET_KEY
    settings.SECRET_KEY = "another one"
    tell(event(collection, uuid4()))
    sender.send_due()
    assert receiver.received == []
    assert Attempt.objects.get().error == "webhook_secret_unreadable"
    # The old key among the fallbacks is enough.
    settings.SECRET_KEY_FALLBACKS = [original]
    clock.forward(seconds=6)
    sender.send_due()
    receiver.received[-1].verify(subscription.secret)
    settings.SECRET_KEY_FALLBACKS = []
    rotated = webhooks.rotate_secret(subscription.subscription.uuid, grace_hours=0)
    tell(event(collection, uuid4()))
    sender.send_due()
    receiver.received[-1].verify(rotated.secret)


def test_whoever_loses_their_role_is_told_nothing_more(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender, ada: User
) -> None:
    tell(event(collection, uuid4()))
    api.set_role(collection, None, user=ada)
    sender.send_due()
    assert receiver.received == []
    assert states(subscription) == ["withheld"]
    # With the role back, it can be replayed.
    api.set_role(collection, "reader", user=ada)
    [delivery] = webhooks.get_deliveries(subscription.subscription.uuid)
    webhooks.replay_delivery(delivery.uuid)
    sender.send_due()
    assert len(receiver.received) == 1
    # Somebody who was locked out is told nothing, whatever their roles.
    tell(event(collection, uuid4()))
    ada.is_active = False
    ada.save()
    sender.send_due()
    assert len(receiver.received) == 1


def test_dependencies_of_what_one_may_not_read_any_more_are_not_told(
    receiver: Receiver, collection: UUID, sender: Sender, ada: User
) -> None:
    """What a hidden course borrows says what is in it, even where the lender is public."""
    public = api.create_collection("Public", visibility="public_reuse").uuid
    lender = make_bundle(public, "lender")
    course = make_bundle(collection, "course", {"x": lender})
    subscription = webhooks.create_subscription(
        ada, scope="dependencies", target_uuid=course, url=receiver.url
    )
    tell(event(public, lender))
    sender.send_due()
    assert len(receiver.received) == 1
    api.set_role(collection, None, user=ada)
    tell(event(public, lender))
    sender.send_due()
    assert states(subscription) == ["delivered", "withheld"]
    assert len(receiver.received) == 1


def test_a_bundle_that_has_moved_out_of_sight(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender
) -> None:
    bundle = make_bundle(collection, "moves")
    tell(event(collection, bundle))
    api.update_bundle(bundle, collection_uuid=api.create_collection("Secret").uuid)
    sender.send_due()
    assert receiver.received == []


def test_readers_are_not_told_what_only_admins_may_know(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender, ada: User
) -> None:
    def happened() -> None:
        tell(
            event(
                collection,
                kind="collection.roles_changed",
                actor="boss",
                facts={"user": "mallory", "role": "admin"},
            )
        )
        sender.send_due()

    happened()
    assert "mallory" not in receiver.received[-1].body
    assert "boss" not in receiver.received[-1].body
    api.set_role(collection, "admin", user=ada)
    happened()
    assert receiver.received[-1].payload["data"]["facts"] == {"user": "mallory", "role": "admin"}
    assert receiver.received[-1].payload["data"]["actor"] == "boss"


def test_the_end_of_a_collection_is_told_to_those_who_could_read_it(
    subscription: NewSecret, receiver: Receiver, collection: UUID, sender: Sender, ada: User
) -> None:
    eve = User.objects.create_user("eve")
    api.set_role(collection, "reader", user=eve)
    with receiving() as eves:
        webhooks.create_subscription(
            eve,
            scope="collection",
            target_uuid=collection,
            url=eves.url,
            kinds=["collection.deleted"],
        )
        api.set_role(collection, None, user=eve)
        tell(event(collection, kind="collection.roles_changed"))
        sender.send_due()
        api.delete_collection(collection)
        tell(event(collection, kind="collection.deleted", facts={"title": "Physics"}))
        sender.send_due()
        assert eves.received == []
    assert receiver.types == ["collection.roles_changed", "collection.deleted"]
    assert receiver.received[-1].payload["data"]["actor"] == ""
    found = webhooks.get_subscription(subscription.subscription.uuid)
    assert found.disabled_reason is DisabledReason.TARGET_DELETED


def test_large_events_are_cut(
    subscription: NewSecret,
    receiver: Receiver,
    collection: UUID,
    sender: Sender,
) -> None:
    files = tuple(FileChange(f"{number:05}.txt", "added") for number in range(10_000))
    tell(event(collection, uuid4(), files=files, facts={"long": "x" * 100_000, "a": uuid4()}))
    sender.send_due()
    data = receiver.received[0].payload["data"]
    assert (len(data["files"]), data["files_count"]) == (100, 10_000)
    assert (data["facts"], data["truncated"]) == ({}, True)
