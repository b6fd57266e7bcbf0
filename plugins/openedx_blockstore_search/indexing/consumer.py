"""Follows the event log, so that searches find what there is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from attrs import Factory, define

from openedx_blockstore.data import EventData, EventKind
from openedx_blockstore.plugin_api import ConsumerUnavailable, EventConsumer
from openedx_blockstore.plugin_api.search_backends import SearchBackend, SearchUnavailable
from openedx_blockstore_search.indexing.annotations import NAMESPACES
from openedx_blockstore_search.indexing.engines import find_targets, get_engine
from openedx_blockstore_search.indexing.syncing import sync_bundles
from openedx_blockstore_search.indexing.tagging import retag_bundles, retag_collections


class SearchConsumer(EventConsumer):
    """Brings what events are about to what it is now; so an event that comes twice does no harm.

    While the engine does not answer, the log keeps what there is to do.
    """

    kinds: ClassVar[frozenset[EventKind] | None] = frozenset(
        {
            EventKind.BUNDLE_CREATED,
            EventKind.BUNDLE_UPDATED,
            EventKind.BUNDLE_DELETED,
            EventKind.BUNDLE_UNDELETED,
            EventKind.VERSION_CREATED,
            EventKind.VERSION_DELETED,
            EventKind.ANNOTATION_CHANGED,
        }
    )

    def handle(self, events: Sequence[EventData]) -> None:
        """Index what the events are about, together.

        Raises:
            ConsumerUnavailable: The engine does not answer, or its index is gone.
        """
        work = _Work()
        for event in events:
            work.add(event)
        try:
            work.do(get_engine())
        except SearchUnavailable as error:
            raise ConsumerUnavailable(str(error)) from error


@define
class _Work:
    """What some events leave to do.

    Attributes:
        changed: Bundles to be brought up to date.
        anew: Those of which something is gone that was indexed.
        noted: Those with other tags or licences.
        collections: Collections likewise.
        hints: The paths that versions changed.
    """

    changed: dict[UUID, None] = Factory(dict)
    anew: dict[UUID, None] = Factory(dict)
    noted: dict[UUID, None] = Factory(dict)
    collections: dict[UUID, None] = Factory(dict)
    hints: dict[tuple[UUID, int], list[str]] = Factory(dict)

    def add(self, event: EventData) -> None:
        """Add what one event leaves to do."""
        if event.kind == EventKind.ANNOTATION_CHANGED:
            if event.facts.get("namespace") not in NAMESPACES:
                return
            if event.bundle_uuid is None:
                self.collections[event.collection_uuid] = None
            else:
                self.noted[event.bundle_uuid] = None
        elif event.bundle_uuid is not None:
            self.changed[event.bundle_uuid] = None
            if event.kind == EventKind.VERSION_DELETED:
                self.anew[event.bundle_uuid] = None
            elif event.kind == EventKind.VERSION_CREATED and event.version is not None:
                self.hints[event.bundle_uuid, event.version] = [each.path for each in event.files]

    def do(self, engine: SearchBackend) -> None:
        """Do it, and let searches see it."""
        sync_bundles(engine, self.anew, anew=True)
        sync_bundles(engine, [uuid for uuid in self.changed if uuid not in self.anew], self.hints)
        retag_bundles(engine, self.noted)
        retag_collections(engine, self.collections)
        engine.refresh(find_targets(engine).current)
