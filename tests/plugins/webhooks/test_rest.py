"""The REST API of webhooks, and who may do what."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks.models import Attempt, Delivery, Subscription
from openedx_blockstore_webhooks.sending import Sender
from tests.plugins.webhooks.conftest import Clock, Configure
from tests.plugins.webhooks.helpers import event, make_bundle, tell
from tests.plugins.webhooks.receiving import Receiver, answer

pytestmark = pytest.mark.django_db

BASE = "/api/v1/webhooks/"
URL = "https://example.com/hook"


@pytest.fixture(autouse=True)
def _configured(configure: Configure) -> None:
    """The settings of these tests."""


def client(user: User | None = None) -> APIClient:
    """A client that is logged in as somebody, or as nobody."""
    found = APIClient()
    if user is not None:
        found.force_authenticate(user)
    return found


def subscribe(user: User, target: UUID, **values: Any) -> Any:
    body = {"scope": "collection", "target_uuid": str(target), "url": URL, **values}
    return client(user).post(f"{BASE}subscriptions", body)


def test_a_subscription_from_its_beginning_to_its_end(ada: User, collection: UUID) -> None:
    made = subscribe(ada, collection, kinds=["version.created"], description="Öl")
    assert made.status_code == 201
    body = made.json()
    secret = body.pop("secret")
    assert secret.startswith("whsec_")
    assert body["owner"] == "ada"
    assert (body["active"], body["kinds"], body["description"]) == (True, ["version.created"], "Öl")
    address = f"{BASE}subscriptions/{body['uuid']}"
    ada_client = client(ada)
    got = ada_client.get(address)
    assert got.json() == {
        **body,
        "counts": {"pending": 0, "delivered": 0, "failed": 0, "skipped": 0, "withheld": 0},
    }
    assert secret not in got.content.decode()
    assert ada_client.get(f"{BASE}subscriptions").json() == {"next": None, "results": [body]}
    changed = ada_client.patch(address, {"url": "https://example.org/", "active": False})
    assert changed.json()["disabled_reason"] == "requested"
    assert ada_client.post(f"{address}/ping").status_code == 400
    assert ada_client.post(f"{address}/ping").json()["code"] == "webhook_subscription_disabled"
    assert ada_client.patch(address, {"active": True}).json()["active"] is True
    rotated = ada_client.post(f"{address}/rotate_secret", {"grace_hours": 2})
    assert rotated.status_code == 200
    assert rotated.json()["secret"] not in {secret, ""}
    assert rotated.json()["old_secret_until"] is not None
    assert ada_client.delete(address).status_code == 204
    assert ada_client.get(address).status_code == 404
    assert ada_client.delete(address).json()["code"] == "webhook_subscription_not_found"


@pytest.mark.django_db(transaction=True)
def test_deliveries(ada: User, collection: UUID, receiver: Receiver, clock: Clock) -> None:
    made = subscribe(ada, collection, url=receiver.url).json()
    address = f"{BASE}subscriptions/{made['uuid']}"
    ada_client = client(ada)
    receiver.behaviours = [answer(500, b"broken")]
    tell(*(event(collection, uuid4()) for _ in range(3)))
    ping = ada_client.post(f"{address}/ping")
    assert (ping.status_code, ping.json()["state"]) == (202, "pending")
    Sender(clock=clock).send_due()
    clock.forward(seconds=301)
    Sender(clock=clock).send_due()
    page = ada_client.get(f"{address}/deliveries", {"limit": 3}).json()
    assert [each["type"] for each in page["results"]] == ["webhook.ping", *["version.created"] * 2]
    rest = ada_client.get(page["next"]).json()
    assert (len(rest["results"]), rest["next"]) == (1, None)
    assert len({each["uuid"] for each in (*page["results"], *rest["results"])}) == 4
    pings = ada_client.get(f"{address}/deliveries", {"type": "webhook.ping"}).json()["results"]
    assert [each["uuid"] for each in pings] == [ping.json()["uuid"]]
    for state, count in (("delivered", 4), ("failed", 0)):
        found = ada_client.get(f"{address}/deliveries", {"state": state}).json()["results"]
        assert len(found) == count
    assert ada_client.get(f"{address}/deliveries", {"state": "lost"}).status_code == 400
    assert ada_client.get(f"{address}/deliveries", {"cursor": "x"}).status_code == 400
    assert ada_client.get(f"{address}/deliveries", {"type": "\0"}).json()["results"] == []
    first = ada_client.get(f"{BASE}deliveries/{rest['results'][0]['uuid']}").json()
    assert [(each["status"], each["error"], each["response"]) for each in first["attempts"]] == [
        (500, "status", "broken"),
        (204, "", ""),
    ]
    # Nobody but administrators needs to know what leads where.
    assert "address" not in first["attempts"][0]
    again = ada_client.post(f"{BASE}deliveries/{first['uuid']}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    since = ada_client.post(f"{address}/replay", {"since": "2020-01-01T00:00:00Z"})
    assert (since.status_code, since.json()) == (202, {"queued": 4})
    assert ada_client.post(f"{address}/replay", {}).json() == {"queued": 0}
    counts = ada_client.get(address).json()["counts"]
    assert counts["pending"] == 4


CALLERS = ("anonymous", "stranger", "reader", "author", "admin", "staff", "owner")


@pytest.fixture
def people(ada: User, collection: UUID) -> dict[str, User | None]:
    """Everybody who may ask; the subscription is the owner's, who is a reader."""
    found: dict[str, User | None] = {"anonymous": None, "owner": ada}
    for name in ("stranger", "reader", "author", "admin"):
        user = found[name] = User.objects.create_user(name)
        if name != "stranger":
            role: Any = name
            api.set_role(collection, role, user=user)
    found["staff"] = User.objects.create_user("staff", is_staff=True)
    return found


#: Who may subscribe to what they may see.
SUBSCRIBE = {
    "private": {"reader", "author", "admin", "staff", "owner"},
    "public_read": {"stranger", "reader", "author", "admin", "staff", "owner"},
}


@pytest.mark.parametrize("visibility", sorted(SUBSCRIBE))
@pytest.mark.parametrize("scope", ["collection", "bundle", "dependencies"])
def test_who_may_subscribe(
    people: dict[str, User | None], collection: UUID, scope: str, visibility: Any
) -> None:
    api.update_collection(collection, visibility=visibility)
    target = collection if scope == "collection" else make_bundle(collection, "bundle")
    body = {"scope": scope, "target_uuid": str(target), "url": URL}
    for name in CALLERS:
        response = client(people[name]).post(f"{BASE}subscriptions", body)
        if name == "anonymous":
            assert response.status_code == 401, name
        elif name in SUBSCRIBE[visibility]:
            assert response.status_code == 201, name
        else:
            # Exactly as for what is not there.
            unknown = client(people[name]).post(
                f"{BASE}subscriptions", {**body, "target_uuid": str(uuid4())}
            )
            assert (response.status_code, unknown.status_code) == (400, 400)
            assert response.json()["code"] == unknown.json()["code"]


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("get", "subscriptions/{subscription}", None),
    ("patch", "subscriptions/{subscription}", {"description": "x"}),
    ("post", "subscriptions/{subscription}/rotate_secret", {}),
    ("post", "subscriptions/{subscription}/ping", None),
    ("post", "subscriptions/{subscription}/replay", {}),
    ("get", "subscriptions/{subscription}/deliveries", None),
    ("get", "deliveries/{delivery}", None),
    ("post", "deliveries/{delivery}/replay", None),
    ("delete", "subscriptions/{subscription}", None),
)


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_a_subscription_is_its_owners_business(
    people: dict[str, User | None],
    ada: User,
    collection: UUID,
    method: str,
    path: str,
    body: Any,
) -> None:
    """For everybody else but the staff it is not there, whatever their role on the collection."""
    for name in CALLERS:
        subscription = webhooks.create_subscription(
            ada, scope="collection", target_uuid=collection, url=URL
        ).subscription.uuid
        delivery = webhooks.ping(subscription).uuid

        def ask(name: str = name, **uuids: UUID) -> Any:
            call = getattr(client(people[name]), method)
            return call(BASE + path.format(**uuids), *([body] if body is not None else []))

        response = ask(subscription=subscription, delivery=delivery)
        if name == "anonymous":
            assert response.status_code == 401
        elif name in {"owner", "staff"}:
            assert response.status_code in {200, 202, 204}, (name, response.content)
        else:
            unknown_uuid = uuid4()
            unknown = ask(subscription=unknown_uuid, delivery=unknown_uuid)
            assert (response.status_code, unknown.status_code) == (404, 404)
            shown = response.content.replace(str(subscription).encode(), b"").replace(
                str(delivery).encode(), b""
            )
            assert shown == unknown.content.replace(str(unknown_uuid).encode(), b"")
        Subscription.objects.all().delete()


def test_lists_hold_ones_own(people: dict[str, User | None], ada: User, collection: UUID) -> None:
    webhooks.create_subscription(ada, scope="collection", target_uuid=collection, url=URL)
    for name in CALLERS[1:]:
        for query, seers in (
            ({}, {"owner"}),
            ({"all": "1"}, {"owner", "staff"}),
            ({"all": "1", "target_uuid": str(collection)}, {"owner", "staff"}),
            ({"all": "1", "target_uuid": str(uuid4())}, set()),
            ({"target_uuid": "nonsense"}, set()),
        ):
            found = client(people[name]).get(f"{BASE}subscriptions", query).json()["results"]
            assert len(found) == (name in seers), (name, query)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        {},
        {"scope": "planet"},
        {"scope": ["bundle"]},
        {"target_uuid": "nonsense"},
        {"target_uuid": None},
        {"url": ""},
        {"url": "http://example.com/"},
        {"url": "https://127.0.0.1/"},
        {"url": "https://user@example.com/"},
        {"url": "https://example.com/\u0000"},
        {"url": ["https://example.com/"]},
        {"kinds": "version.created"},
        {"kinds": ["nothing.happened"]},
        {"kinds": [{}]},
        {"kinds": ["\ud800"]},
        {"scope": "\ud800"},
        {"description": "x" * 256},
        {"description": {}},
    ],
)
def test_bad_bodies(ada: User, collection: UUID, body: Any) -> None:
    good = {"scope": "collection", "target_uuid": str(collection), "url": URL}
    sent = {**good, **body} if isinstance(body, dict) and body else body
    sender: Any = client(ada)
    response = sender.generic(
        "POST", f"{BASE}subscriptions", json.dumps(sent), content_type="application/json"
    )
    assert response.status_code == 400, response.content
    assert response.json()["code"]
    assert Subscription.objects.count() == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("rotate_secret", {"grace_hours": -1}),
        ("rotate_secret", {"grace_hours": "long"}),
        ("rotate_secret", {"grace_hours": 1e300}),
        ("replay", {"since": "yesterday"}),
        ("replay", {"since": 5}),
        ("replay", {"states": []}),
        ("replay", {"states": ["lost"]}),
        ("replay", {"states": "failed"}),
    ],
)
def test_bad_requests(ada: User, collection: UUID, path: str, body: Any) -> None:
    made = subscribe(ada, collection).json()
    response = client(ada).post(f"{BASE}subscriptions/{made['uuid']}/{path}", body)
    assert response.status_code == 400, response.content


def test_odd_addresses(ada: User) -> None:
    for odd in ("nonsense", "0", "%00", "a" * 500, str(uuid4()) + "x"):
        for path in (f"subscriptions/{odd}", f"deliveries/{odd}", f"subscriptions/{odd}/ping"):
            method = "post" if path.endswith("ping") else "get"
            assert getattr(client(ada), method)(BASE + path).status_code == 404, path


def test_limits_are_said(ada: User, collection: UUID, configure: Configure) -> None:
    configure(MAX_PER_USER=1)
    subscribe(ada, collection)
    response = subscribe(ada, collection)
    assert response.status_code in {400, 422}
    assert response.json()["code"] == "too_many_webhook_subscriptions"


def test_withheld_deliveries_tell_nothing(ada: User, collection: UUID, receiver: Receiver) -> None:
    """The list of deliveries names kinds and times, never what it was about."""
    made = subscribe(ada, collection).json()
    bundle = uuid4()
    tell(event(collection, bundle, facts={"secret": "plan"}))
    Delivery.objects.update(state="withheld", due=None)
    found = client(ada).get(f"{BASE}subscriptions/{made['uuid']}/deliveries").content.decode()
    assert str(bundle) not in found
    assert "plan" not in found
    assert Attempt.objects.count() == 0
