"""The consumer is what every consumer is to be."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from openedx_blockstore.plugin_conformance.event_consumers import EventConsumerConformance
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks.consumers import WebhookConsumer
from openedx_blockstore_webhooks.data import Scope
from tests.plugins.webhooks.conftest import Configure


class TestWebhookConsumer(EventConsumerConformance):
    """Somebody subscribes to everything, so that there is something to do about each event."""

    plugin = WebhookConsumer

    @pytest.fixture(autouse=True)
    def _subscriptions(self, bundle: BundleData, ada: User, configure: Configure) -> None:
        """One of each scope."""
        configure()
        assert bundle.collection_uuid is not None
        api.set_role(bundle.collection_uuid, "reader", user=ada)
        targets = {"collection": bundle.collection_uuid, "bundle": bundle.uuid}
        for scope in Scope:
            webhooks.create_subscription(
                ada,
                scope=scope,
                target_uuid=targets.get(scope, bundle.uuid),
                url="https://example.com/hook",
            )
