"""Sends each of Blockstore's signals on as the one that a platform knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.dispatch import Signal
from openedx_events.tooling import OpenEdxPublicSignal

from openedx_blockstore import signals
from openedx_blockstore.data import DraftEventData, EventData, LinkEventData
from openedx_blockstore.platform_events import signals as platform
from openedx_blockstore.platform_events.data import (
    BlockstoreAnnotationEvent,
    BlockstoreBundleEvent,
    BlockstoreCollectionEvent,
    BlockstoreDraftEvent,
    BlockstoreLinkEvent,
    BlockstoreVersionEvent,
)


def _common(event: EventData | LinkEventData) -> dict[str, Any]:
    return {
        "event_uuid": str(event.uuid if isinstance(event, EventData) else event.event_uuid),
        "at": event.at,
        "actor": event.actor,
        "collection_uuid": str(event.collection_uuid),
    }


def _facts(event: EventData) -> str:
    return json.dumps(dict(event.facts), sort_keys=True, ensure_ascii=False)


def _collection(event: EventData) -> BlockstoreCollectionEvent:
    return BlockstoreCollectionEvent(**_common(event), facts=_facts(event))


def _bundle(event: EventData) -> BlockstoreBundleEvent:
    return BlockstoreBundleEvent(
        **_common(event),
        bundle_uuid=str(event.bundle_uuid),
        bundle_type=event.bundle_type,
        version=event.version,  # type: ignore[arg-type]  # None, which the library reads off it
        facts=_facts(event),
    )


def _version(event: EventData) -> BlockstoreVersionEvent:
    changed: dict[str, Any] = {
        f"{kind}_{what}": []
        for kind in ("added", "modified", "removed")
        for what in ("files", "links")
    }
    for file in event.files:
        changed[f"{file.kind}_files"].append(file.path)
    for link in event.links:
        changed[f"{link.kind}_links"].append(link.alias)
    return BlockstoreVersionEvent(
        **_common(event),
        bundle_uuid=str(event.bundle_uuid),
        version=event.version or 0,
        bundle_type=event.bundle_type,
        facts=_facts(event),
        **changed,
    )


def _link(event: LinkEventData) -> BlockstoreLinkEvent:
    return BlockstoreLinkEvent(
        **_common(event),
        bundle_uuid=str(event.bundle_uuid),
        version=event.version,
        alias=event.alias,
        lender_uuid=str(event.target.bundle_uuid),
        lender_version=event.target.version,
        weak=event.target.weak,
    )


def _draft(event: DraftEventData) -> BlockstoreDraftEvent:
    return BlockstoreDraftEvent(
        draft_uuid=str(event.draft_uuid),
        name=event.name,
        bundle_uuid=str(event.bundle_uuid),
        at=event.at,
        actor=event.actor,
        paths=list(event.paths),
        version=event.version,  # type: ignore[arg-type]  # as above
    )


def _annotation(event: EventData) -> BlockstoreAnnotationEvent:
    return BlockstoreAnnotationEvent(
        **_common(event),
        namespace=event.facts["namespace"],
        bundle_uuid=str(event.bundle_uuid) if event.bundle_uuid is not None else "",
        version=event.version,  # type: ignore[arg-type]  # as above
    )


#: What each signal is sent on as, and how its payload is made.
RELAYED: Mapping[Signal, tuple[OpenEdxPublicSignal, Callable[[Any], Any]]] = {
    signals.collection_created: (platform.BLOCKSTORE_COLLECTION_CREATED, _collection),
    signals.collection_updated: (platform.BLOCKSTORE_COLLECTION_UPDATED, _collection),
    signals.collection_deleted: (platform.BLOCKSTORE_COLLECTION_DELETED, _collection),
    signals.roles_changed: (platform.BLOCKSTORE_ROLES_CHANGED, _collection),
    signals.bundle_created: (platform.BLOCKSTORE_BUNDLE_CREATED, _bundle),
    signals.bundle_updated: (platform.BLOCKSTORE_BUNDLE_UPDATED, _bundle),
    signals.bundle_deleted: (platform.BLOCKSTORE_BUNDLE_DELETED, _bundle),
    signals.bundle_undeleted: (platform.BLOCKSTORE_BUNDLE_UNDELETED, _bundle),
    signals.version_created: (platform.BLOCKSTORE_VERSION_CREATED, _version),
    signals.version_deleted: (platform.BLOCKSTORE_VERSION_DELETED, _version),
    signals.link_created: (platform.BLOCKSTORE_LINK_CREATED, _link),
    signals.link_deleted: (platform.BLOCKSTORE_LINK_DELETED, _link),
    signals.draft_changed: (platform.BLOCKSTORE_DRAFT_CHANGED, _draft),
    signals.draft_committed: (platform.BLOCKSTORE_DRAFT_COMMITTED, _draft),
    signals.draft_deleted: (platform.BLOCKSTORE_DRAFT_DELETED, _draft),
    signals.annotation_changed: (platform.BLOCKSTORE_ANNOTATION_CHANGED, _annotation),
}


def connect() -> None:
    """Send signals on from now on."""
    for signal in RELAYED:
        signal.connect(_relay, dispatch_uid="openedx_blockstore.platform_events")


def _relay(*, signal: Signal, event: Any, **_kwargs: object) -> None:
    target, payload = RELAYED[signal]
    if target.has_listeners():
        (name,) = target.init_data
        target.send_event(time=event.at, **{name: payload(event)})
