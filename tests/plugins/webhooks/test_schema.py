"""The OpenAPI document has webhooks in it, and whatever is sent, it describes the answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer
from rest_framework.authtoken.models import Token

from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks.models import Delivery, Subscription
from openedx_blockstore_webhooks.urls import urlpatterns
from tests.plugins.webhooks.conftest import Configure
from tests.rest_api.asking import ask_whatever_is_allowed

_OPERATIONS = [
    ("get", "subscriptions"),
    ("post", "subscriptions"),
    ("get", "subscriptions/{subscription_uuid}"),
    ("patch", "subscriptions/{subscription_uuid}"),
    ("post", "subscriptions/{subscription_uuid}/rotate_secret"),
    ("post", "subscriptions/{subscription_uuid}/ping"),
    ("post", "subscriptions/{subscription_uuid}/replay"),
    ("get", "subscriptions/{subscription_uuid}/deliveries"),
    ("get", "deliveries/{delivery_uuid}"),
    ("post", "deliveries/{delivery_uuid}/replay"),
    ("delete", "subscriptions/{subscription_uuid}"),
]


def test_the_document_has_every_operation(admin_client: Any) -> None:
    paths = admin_client.get("/api/v1/schema").json()["paths"]
    ours = {path for path in paths if path.startswith("/v1/webhooks/")}
    assert len(ours) == len(urlpatterns)
    found = {
        (method, path.removeprefix("/v1/webhooks/")) for path in ours for method in paths[path]
    }
    assert {each for each in found if each[0] != "parameters"} == set(_OPERATIONS)
    for method, path in _OPERATIONS:
        assert paths[f"/v1/webhooks/{path}"][method]["description"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("method", "path"), _OPERATIONS)
def test_whatever_is_sent_the_answer_is_a_described_one(
    live_server: LiveServer,
    ada: User,
    collection: UUID,
    configure: Configure,
    method: str,
    path: str,
) -> None:
    """No 500, no status and no form that the document does not know."""
    configure(MAX_PER_USER=100_000)
    token = Token.objects.create(user=ada).key

    def real() -> dict[str, str]:
        row = Subscription.objects.filter(active=True).first()
        if row is None:
            row = Subscription.objects.get(
                uuid=webhooks.create_subscription(
                    ada,
                    scope="collection",
                    target_uuid=collection,
                    url="https://example.com/hook",
                ).subscription.uuid
            )
        delivery = Delivery.objects.filter(subscription=row).first()
        uuid = delivery.uuid if delivery is not None else webhooks.ping(row.uuid).uuid
        return {
            "subscription_uuid": str(row.uuid),
            "delivery_uuid": str(uuid),
            "target_uuid": str(collection),
        }

    ask_whatever_is_allowed(
        method,
        f"/v1/webhooks/{path}",
        server=f"{live_server.url}/api",
        tokens=[token],
        real=real,
    )
