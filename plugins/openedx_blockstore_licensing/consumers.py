"""What the plugin does about what happens: it keeps licences right where nobody says anything."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from openedx_blockstore.data import EventData, EventKind
from openedx_blockstore.exceptions import NotFound
from openedx_blockstore.plugin_api import EventConsumer
from openedx_blockstore_licensing.adoption import adopt_version
from openedx_blockstore_licensing.conf import get_settings
from openedx_blockstore_licensing.licensing import pin_licenses, set_default_license


class LicensingConsumer(EventConsumer):
    """Default licences of new collections, licences that OLX states, and bundles that move."""

    kinds = frozenset(
        {EventKind.COLLECTION_CREATED, EventKind.BUNDLE_UPDATED, EventKind.VERSION_CREATED}
    )

    def handle(self, events: Sequence[EventData]) -> None:
        """Do what is to be done about some events."""
        for event in events:
            try:
                self._handle(event)
            except NotFound:
                continue  # it has gone since

    def _handle(self, event: EventData) -> None:
        if event.kind is EventKind.COLLECTION_CREATED:
            set_default_license(event.collection_uuid, get_settings().DEFAULT_LICENSE)
        elif event.bundle_uuid is None:
            return
        elif event.kind is EventKind.VERSION_CREATED and event.version is not None:
            adopt_version(event.bundle_uuid, event.version, [each.path for each in event.files])
        elif event.kind is EventKind.BUNDLE_UPDATED:
            moved = event.facts.get("changes", {}).get("collection_uuid")
            if moved:
                pin_licenses(event.bundle_uuid, UUID(str(moved[0])), until=event.at)
