"""The definitions, as ``openedx-events`` has them; named as its OEP-41 says."""

from __future__ import annotations

from openedx_events.tooling import OpenEdxPublicSignal

from openedx_blockstore.platform_events.data import (
    BlockstoreAnnotationEvent,
    BlockstoreBundleEvent,
    BlockstoreCollectionEvent,
    BlockstoreDraftEvent,
    BlockstoreLinkEvent,
    BlockstoreVersionEvent,
)


def _define(subject: str, action: str, payload: type) -> OpenEdxPublicSignal:
    return OpenEdxPublicSignal(
        event_type=f"org.openedx.content_authoring.blockstore_{subject}.{action}.v1",
        data={subject: payload},
    )


BLOCKSTORE_COLLECTION_CREATED = _define("collection", "created", BlockstoreCollectionEvent)
BLOCKSTORE_COLLECTION_UPDATED = _define("collection", "updated", BlockstoreCollectionEvent)
BLOCKSTORE_COLLECTION_DELETED = _define("collection", "deleted", BlockstoreCollectionEvent)
BLOCKSTORE_ROLES_CHANGED = _define("roles", "changed", BlockstoreCollectionEvent)
BLOCKSTORE_BUNDLE_CREATED = _define("bundle", "created", BlockstoreBundleEvent)
BLOCKSTORE_BUNDLE_UPDATED = _define("bundle", "updated", BlockstoreBundleEvent)
BLOCKSTORE_BUNDLE_DELETED = _define("bundle", "deleted", BlockstoreBundleEvent)
BLOCKSTORE_BUNDLE_UNDELETED = _define("bundle", "undeleted", BlockstoreBundleEvent)
BLOCKSTORE_VERSION_CREATED = _define("version", "created", BlockstoreVersionEvent)
BLOCKSTORE_VERSION_DELETED = _define("version", "deleted", BlockstoreVersionEvent)
BLOCKSTORE_LINK_CREATED = _define("link", "created", BlockstoreLinkEvent)
BLOCKSTORE_LINK_DELETED = _define("link", "deleted", BlockstoreLinkEvent)
BLOCKSTORE_DRAFT_CHANGED = _define("draft", "changed", BlockstoreDraftEvent)
BLOCKSTORE_DRAFT_COMMITTED = _define("draft", "committed", BlockstoreDraftEvent)
BLOCKSTORE_DRAFT_DELETED = _define("draft", "deleted", BlockstoreDraftEvent)
BLOCKSTORE_ANNOTATION_CHANGED = _define("annotation", "changed", BlockstoreAnnotationEvent)
