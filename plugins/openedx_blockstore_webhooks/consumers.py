"""Reads the event log for those who want to be told."""

from __future__ import annotations

from collections.abc import Sequence

from openedx_blockstore.data import EventData
from openedx_blockstore.plugin_api import EventConsumer
from openedx_blockstore_webhooks import matching, standing, watching


class WebhookConsumer(EventConsumer):
    """Writes down who is to be told. Sending is somebody else's business, and takes its time."""

    batch_size = 100

    def handle(self, events: Sequence[EventData]) -> None:
        """Write down the deliveries of some events."""
        # First: who has just begun to depend on something is told of it, too.
        watching.follow(events)
        standing.forget(events)
        matching.record(events)
