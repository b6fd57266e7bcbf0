"""Follows the event log, so that searches find what there is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from openedx_blockstore.data import EventData, EventKind
from openedx_blockstore.plugin_api import EventConsumer
from openedx_blockstore_search.indexing.annotations import NAMESPACES
from openedx_blockstore_search.indexing.engines import find_targets, get_engine
from openedx_blockstore_search.indexing.syncing import sync_bundles
from openedx_blockstore_search.indexing.tagging import retag_bundles, retag_collections


class SearchConsumer(EventConsumer):
    """Brings what events are about to what it is now; so an event that comes twice does no harm.

    An engine that does not answer is an error, and the log gives the same events again later.
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
            SearchUnavailable: The engine does not answer.
        """
        engine = get_engine()
        changed: dict[UUID, None] = {}
        anew: dict[UUID, None] = {}
        noted: dict[UUID, None] = {}
        collections: dict[UUID, None] = {}
        hints: dict[tuple[UUID, int], list[str]] = {}
        for event in events:
            if event.kind == EventKind.ANNOTATION_CHANGED:
                if event.facts.get("namespace") in NAMESPACES:
                    if event.bundle_uuid is None:
                        collections[event.collection_uuid] = None
                    else:
                        noted[event.bundle_uuid] = None
            elif event.bundle_uuid is not None:
                changed[event.bundle_uuid] = None
                if event.kind == EventKind.VERSION_DELETED:
                    anew[event.bundle_uuid] = None
                if event.kind == EventKind.VERSION_CREATED and event.version is not None:
                    hints[event.bundle_uuid, event.version] = [file.path for file in event.files]
        sync_bundles(engine, anew, anew=True)
        sync_bundles(engine, [uuid for uuid in changed if uuid not in anew], hints)
        retag_bundles(engine, noted)
        retag_collections(engine, collections)
        targets = find_targets(engine)
        engine.refresh(targets.current)
