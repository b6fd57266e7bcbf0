"""Notes what those who watch content are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from attrs import define, field

from openedx_blockstore.data import EventData
from openedx_blockstore.signals import annotation_changed


@define
class Told:
    """The events of this plugin that were sent."""

    events: list[EventData] = field(factory=list)

    def bundles(self) -> list[tuple[UUID | None, str]]:
        """Return which bundles they were about, and who had done it."""
        return [
            (event.bundle_uuid, event.actor)
            for event in self.events
            if event.bundle_uuid is not None
        ]

    def collections(self) -> list[UUID]:
        """Return which collections they were about, as such."""
        return [event.collection_uuid for event in self.events if event.bundle_uuid is None]
