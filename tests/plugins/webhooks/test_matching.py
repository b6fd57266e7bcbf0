"""Who is told of what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openedx_blockstore import api
from openedx_blockstore.exceptions import BundleNotFound, CollectionNotFound, Invalid
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks import trimming
from openedx_blockstore_webhooks.exceptions import (
    DeliveryNotFound,
    InvalidWebhookURL,
    SubscriptionNotFound,
    TooManySubscriptions,
)
from openedx_blockstore_webhooks.models import (
    Attempt,
    Delivery,
    Message,
    Subscription,
    WatchedBundle,
    WatchedDependency,
)
from tests.plugins.webhooks.conftest import Configure
from tests.plugins.webhooks.helpers import event, link_change, make_bundle, new_version, tell

pytestmark = pytest.mark.django_db

URL = "https://example.com/hook"


@pytest.fixture(autouse=True)
def _configured(configure: Configure) -> None:
    """The settings of these tests."""


def subscribe(owner: User, scope: str, target: UUID, **values: object) -> UUID:
    values.setdefault("url", URL)
    return webhooks.create_subscription(
        owner,
        scope=scope,
        target_uuid=target,
        **values,  # type: ignore[arg-type]
    ).subscription.uuid


def told(subscription: UUID) -> list[UUID]:
    """The events that a subscription is told of."""
    return [each.event_uuid for each in reversed(webhooks.get_deliveries(subscription))]


def test_a_collection_and_what_is_in_it(ada: User, collection: UUID) -> None:
    subscription = subscribe(ada, "collection", collection)
    there = [
        event(collection, uuid4()),
        event(collection, kind="collection.updated"),
        event(collection, uuid4(), kind="annotation.changed", facts={"namespace": "tags"}),
    ]
    tell(*there, event(uuid4(), uuid4()), event(uuid4(), kind="collection.updated"))
    assert told(subscription) == [each.uuid for each in there]


def test_one_bundle(ada: User, collection: UUID) -> None:
    bundle = make_bundle(collection, "one")
    subscription = subscribe(ada, "bundle", bundle)
    there = event(collection, bundle)
    tell(there, event(collection, uuid4()), event(collection, kind="collection.updated"))
    assert told(subscription) == [there.uuid]


def test_the_wanted_kinds(ada: User, collection: UUID) -> None:
    subscription = subscribe(
        ada, "collection", collection, kinds=["bundle.deleted", "annotation.changed"]
    )
    wanted = event(collection, uuid4(), kind="bundle.deleted")
    tell(wanted, event(collection, uuid4()))
    assert told(subscription) == [wanted.uuid]


def test_what_was_before_the_subscription_is_not_told(ada: User, collection: UUID) -> None:
    before = event(collection, uuid4())
    subscription = subscribe(ada, "collection", collection)
    tell(before)
    assert told(subscription) == []


def test_dependencies_at_every_depth(ada: User, collection: UUID) -> None:
    """Far away, in other collections, and beside: each is told once."""
    elsewhere = api.create_collection("Elsewhere").uuid
    lenders = [make_bundle(elsewhere, "level-0")]
    for level in range(1, 6):
        lenders.append(make_bundle(elsewhere, f"level-{level}", {"down": lenders[-1]}))
    course = make_bundle(collection, "course", {"week": lenders[-1], "far": lenders[2]})
    stranger = make_bundle(elsewhere, "stranger")
    subscription = subscribe(ada, "dependencies", course)
    there = [event(elsewhere, lender) for lender in lenders] + [event(collection, course)]
    tell(*there, event(elsewhere, stranger), event(collection, kind="collection.updated"))
    assert told(subscription) == [each.uuid for each in there]


def test_the_set_changes_with_versions(ada: User, collection: UUID) -> None:
    old, new, below = (make_bundle(collection, slug) for slug in ("old", "new", "below"))
    middle = make_bundle(collection, "middle", {"below": below})
    course = make_bundle(collection, "course", {"x": old})
    subscription = subscribe(ada, "dependencies", course)
    new_version(course, {"x": None, "y": new, "z": middle})
    changed = event(collection, course, links=link_change("y"))
    at_new, at_below = event(collection, new), event(collection, below)
    # In one batch, the new dependencies count already.
    tell(changed, event(collection, old), at_new, at_below)
    assert told(subscription) == [changed.uuid, at_new.uuid, at_below.uuid]
    # A lender that borrows something else only counts when the course takes the new version.
    other = make_bundle(collection, "other")
    new_version(middle, {"below": other})
    tell(event(collection, middle, links=link_change()), event(collection, other))
    assert len(told(subscription)) == 4
    new_version(course, {"z": middle})
    tell(event(collection, course, links=link_change()), event(collection, other))
    assert len(told(subscription)) == 6
    tell(event(collection, below))
    assert len(told(subscription)) == 6


def test_a_bundle_without_versions_can_be_watched(ada: User, collection: UUID) -> None:
    empty = api.create_bundle(collection, "empty", "Empty").uuid
    lender = make_bundle(collection, "lender")
    subscription = subscribe(ada, "dependencies", empty)
    tell(event(collection, lender))
    assert told(subscription) == []
    new_version(empty, {"x": lender})
    tell(event(collection, empty, links=link_change()), event(collection, lender))
    assert len(told(subscription)) == 2


def test_subscriptions_to_one_bundle_share_what_is_watched(ada: User, collection: UUID) -> None:
    lender = make_bundle(collection, "lender")
    course = make_bundle(collection, "course", {"x": lender})
    subscriptions = [subscribe(ada, "dependencies", course) for _ in range(3)]
    assert WatchedBundle.objects.count() == 1
    assert WatchedDependency.objects.count() == 1
    tell(event(collection, lender))
    assert all(len(told(each)) == 1 for each in subscriptions)
    for each in subscriptions:
        webhooks.delete_subscription(each)
    tell(event(collection, lender))
    trimming.trim(now=datetime.now(UTC) + timedelta(days=31))
    assert WatchedDependency.objects.count() == 0
    assert Message.objects.count() == 0


def statements(*events: object) -> int:
    with CaptureQueriesContext(connection) as captured:
        tell(*events)  # type: ignore[arg-type]
    return len([each for each in captured.captured_queries if "SAVEPOINT" not in each["sql"]])


def test_the_cost_of_a_batch_does_not_grow_with_subscriptions(ada: User, collection: UUID) -> None:
    """Neither with those that are told nothing, nor, but for large inserts, with those that are."""
    elsewhere = api.create_collection("Elsewhere").uuid
    assert statements(*(event(elsewhere, uuid4()) for _ in range(100))) <= 6
    _many(ada, "collection", uuid4(), 2000)
    assert statements(*(event(elsewhere, uuid4()) for _ in range(100))) <= 6
    few = _many(ada, "collection", collection, 10)
    at_ten = statements(event(collection, uuid4()))
    _many(ada, "collection", collection, 390)
    at_four_hundred = statements(event(collection, uuid4()))
    assert Delivery.objects.count() == 10 + 400
    assert at_four_hundred <= at_ten + 6
    assert len(told(few)) == 2


def _many(owner: User, scope: str, target: UUID, count: int, **values: object) -> UUID:
    rows = [
        Subscription(
            owner=owner,
            scope=scope,
            target_uuid=target,
            url=URL,
            secret="x",
            created=datetime(2020, 1, 1, tzinfo=UTC),
            **values,
        )
        for _ in range(count)
    ]
    Subscription.objects.bulk_create(rows, batch_size=500)
    return rows[0].uuid


def test_ten_thousand_watched_borrowers(ada: User, collection: UUID) -> None:
    """One lender on which ten thousand watched bundles depend: found by index."""
    lender = uuid4()
    watched = [WatchedBundle(bundle_uuid=uuid4(), version=1) for _ in range(10_000)]
    WatchedBundle.objects.bulk_create(watched, batch_size=500)
    rows = list(WatchedBundle.objects.all())
    WatchedDependency.objects.bulk_create(
        [WatchedDependency(watched=row, bundle_uuid=lender) for row in rows], batch_size=500
    )
    # Nobody subscribes to most of them any more; one does.
    subscription = _many(ada, "dependencies", rows[0].bundle_uuid, 1, watched=rows[0])
    happened = event(collection, lender)
    assert statements(happened) <= 40
    assert told(subscription) == [happened.uuid]
    assert statements(event(collection, uuid4())) <= 6


def test_a_batch_costs_nothing_without_subscriptions(collection: UUID) -> None:
    assert statements(*(event(collection, uuid4()) for _ in range(100))) <= 6
    assert Message.objects.count() == 0


def test_old_events_do_not_come_back(ada: User, collection: UUID) -> None:
    """A replay of the log after deliveries were trimmed sends nothing again."""
    subscription = subscribe(ada, "collection", collection)
    now = datetime.now(UTC)
    Subscription.objects.update(created=now - timedelta(days=100))
    old = event(collection, uuid4(), at=now - timedelta(days=29))
    tell(old)
    assert told(subscription) == [old.uuid]
    assert trimming.trim(now=now) == 0
    assert trimming.trim(now=now + timedelta(days=2)) == 1
    assert (Message.objects.count(), Attempt.objects.count()) == (0, 0)
    tell(event(collection, uuid4(), at=now - timedelta(days=31)))
    assert told(subscription) == []


def test_what_a_disabled_subscription_misses_is_kept_for_a_while(
    ada: User, collection: UUID
) -> None:
    subscription = subscribe(ada, "collection", collection)
    webhooks.update_subscription(subscription, active=False)
    tell(event(collection, uuid4()))
    assert len(told(subscription)) == 1
    Subscription.objects.update(disabled_at=datetime.now(UTC) - timedelta(days=31))
    tell(event(collection, uuid4()))
    assert len(told(subscription)) == 1


# The Python API ----------------------------------------------------------------------------------


def test_wrong_values_are_said(ada: User, collection: UUID) -> None:
    for values, error in (
        ({"scope": "planet"}, Invalid),
        ({"scope": None}, Invalid),
        ({"target_uuid": uuid4()}, CollectionNotFound),
        ({"target_uuid": "nonsense"}, CollectionNotFound),
        ({"scope": "bundle"}, BundleNotFound),
        ({"scope": "dependencies", "target_uuid": 7}, BundleNotFound),
        ({"url": "http://example.com/"}, InvalidWebhookURL),
        ({"url": 5}, InvalidWebhookURL),
        ({"kinds": ["bundle.exploded"]}, Invalid),
        ({"kinds": "version.created "}, Invalid),
        ({"kinds": [["version.created"]]}, Invalid),
        ({"kinds": 5}, Invalid),
        ({"description": "x" * 256}, Invalid),
        ({"description": "\0"}, Invalid),
        ({"description": "\ud800"}, Invalid),
        ({"description": None}, Invalid),
    ):
        given = {"scope": "collection", "target_uuid": collection, "url": URL, **values}
        with pytest.raises(error):
            webhooks.create_subscription(ada, **given)  # type: ignore[arg-type]
    subscription = subscribe(ada, "collection", collection)
    for changes in ({"owner": 5}, {"active": "yes"}, {"url": ""}, {"kinds": [None]}):
        with pytest.raises(Invalid):
            webhooks.update_subscription(subscription, **changes)
    for hours in (-1, float("nan"), "x", 1e9, True):
        with pytest.raises(Invalid):
            webhooks.rotate_secret(subscription, grace_hours=hours)  # type: ignore[arg-type]
    for number in (0, -1, "x", True, 2**70):
        with pytest.raises(Invalid):
            webhooks.get_subscriptions(limit=number)  # type: ignore[arg-type]
        with pytest.raises(Invalid):
            webhooks.get_deliveries(subscription, before=number)  # type: ignore[arg-type]
    for kind in ("planet.exploded", "\0", "\ud800", 5):
        assert webhooks.get_deliveries(subscription, type=kind) == []  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        webhooks.get_deliveries(subscription, state="lost")
    for since in ("yesterday", datetime(2026, 1, 1)):  # noqa: DTZ001 - on purpose
        with pytest.raises(Invalid):
            webhooks.replay(subscription, since=since)  # type: ignore[arg-type]
    for states in ("failed", 5, ["lost"]):
        with pytest.raises(Invalid):
            webhooks.replay(subscription, states=states)  # type: ignore[arg-type]


def test_unknown_ones(db: None) -> None:
    of_subscriptions: tuple[Any, ...] = (
        webhooks.get_subscription,
        webhooks.delete_subscription,
        webhooks.rotate_secret,
        webhooks.ping,
        webhooks.replay,
        webhooks.get_deliveries,
    )
    of_deliveries: tuple[Any, ...] = (webhooks.get_delivery, webhooks.replay_delivery)
    for unknown in (uuid4(), "nonsense", 5, None):
        for function in of_subscriptions:
            with pytest.raises(SubscriptionNotFound):
                function(unknown)
        for function in of_deliveries:
            with pytest.raises(DeliveryNotFound):
                function(unknown)


def test_limits(ada: User, collection: UUID, configure: Configure) -> None:
    configure(MAX_PER_USER=2)
    subscribe(ada, "collection", collection)
    subscribe(ada, "collection", collection)
    with pytest.raises(TooManySubscriptions, match="MAX_PER_USER"):
        subscribe(ada, "collection", collection)
    configure(MAX_PER_USER=10, MAX_PER_TARGET=3)
    subscribe(ada, "collection", collection)
    with pytest.raises(TooManySubscriptions, match="MAX_PER_TARGET"):
        subscribe(ada, "collection", collection)


def test_lists_and_changes(ada: User, collection: UUID) -> None:
    first, second = (subscribe(ada, "collection", collection) for _ in range(2))
    assert [each.uuid for each in webhooks.get_subscriptions()] == [first, second]
    assert [each.uuid for each in webhooks.get_subscriptions(after=first)] == [second]
    assert webhooks.get_subscriptions(target_uuid=uuid4()) == []
    assert len(webhooks.get_subscriptions(owner=ada, target_uuid=str(collection), limit=1)) == 1
    changed = webhooks.update_subscription(
        str(first), url="https://example.org/", description="Öl", kinds=("bundle.created",)
    )
    assert (changed.url, changed.description) == ("https://example.org/", "Öl")
    assert changed.kinds == ("bundle.created",)
    assert webhooks.get_subscription(first).counts == {
        "pending": 0,
        "delivered": 0,
        "failed": 0,
        "skipped": 0,
        "withheld": 0,
    }
    webhooks.delete_subscription(first)
    assert [each.uuid for each in webhooks.get_subscriptions()] == [second]
