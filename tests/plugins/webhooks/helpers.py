"""Content, and what happens to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from openedx_blockstore import api
from openedx_blockstore.data import EventData, EventKind, LinkChange, LinkTarget
from openedx_blockstore_webhooks import api as webhooks
from openedx_blockstore_webhooks.consumers import WebhookConsumer
from openedx_blockstore_webhooks.data import NewSecret


def event(
    collection: UUID,
    bundle: UUID | None = None,
    *,
    kind: str = "version.created",
    at: datetime | None = None,
    links: tuple[LinkChange, ...] = (),
    **values: Any,
) -> EventData:
    """Something that happened."""
    return EventData(
        uuid=uuid4(),
        kind=EventKind(kind),
        at=at or datetime.now(UTC),
        collection_uuid=collection,
        bundle_uuid=bundle,
        links=links,
        **values,
    )


def tell(*events: EventData) -> None:
    """Give events to the consumer, as the log does."""
    WebhookConsumer().handle(events)


def link_change(alias: str = "x") -> tuple[LinkChange, ...]:
    """That a link was set."""
    return (LinkChange(alias, "added", after=LinkTarget(uuid4(), 1)),)


def make_bundle(
    collection: UUID, slug: str, links: Mapping[str, UUID] | Iterable[tuple[str, UUID]] = ()
) -> UUID:
    """Make a bundle with a version that links to the latest ones of others."""
    bundle = api.create_bundle(collection, slug, slug).uuid
    new_version(bundle, dict(links))
    return bundle


def new_version(bundle: UUID, links: Mapping[str, UUID | None] | None = None) -> int:
    """Make a version; links to None are removed."""
    draft = api.get_or_create_bundle_draft(bundle, "studio_draft").uuid
    api.write_draft_file(draft, "a.txt", uuid4().hex)
    for alias, lender in (links or {}).items():
        if lender is None:
            api.set_draft_link(draft, alias, None, None)
        else:
            version = api.get_bundle(lender).latest_version
            api.set_draft_link(draft, alias, lender, version)
    return api.commit_draft(draft).version


def states(subscription: NewSecret) -> list[str]:
    """The states of a subscription's deliveries, the oldest first."""
    found = webhooks.get_deliveries(subscription.subscription.uuid)
    return [each.state.value for each in reversed(found)]
