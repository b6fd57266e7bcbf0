"""What the plugin does about events."""

from __future__ import annotations

from collections.abc import Sequence

from blockstore_notes.models import SeenVersion
from openedx_blockstore.data import EventData, EventKind
from openedx_blockstore.plugin_api import EventConsumer


class VersionCounter(EventConsumer):
    """Counts the versions of each bundle."""

    kinds = frozenset({EventKind.VERSION_CREATED})

    def handle(self, events: Sequence[EventData]) -> None:
        """Remember each version; one that is remembered already changes nothing."""
        SeenVersion.objects.bulk_create(
            [SeenVersion(bundle_uuid=event.bundle_uuid, version=event.version) for event in events],
            ignore_conflicts=True,
        )
