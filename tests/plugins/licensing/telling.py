"""What the plugin tells everybody, as it is announced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from openedx_blockstore.data import EventTarget
from openedx_blockstore.models import Event
from openedx_blockstore_licensing import api


@contextmanager
def told() -> Iterator[list[EventTarget]]:
    """Give what is said to have changed while a block runs; filled in when it ends."""
    after = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    targets: list[EventTarget] = []
    yield targets
    for row in Event.objects.filter(pk__gt=after, kind="annotation.changed").order_by("pk"):
        assert row.payload["facts"]["namespace"] == "licensing"
        kind = "collection" if row.bundle_uuid is None else "bundle"
        uuid = row.bundle_uuid or row.collection_uuid
        targets.append(EventTarget(kind, uuid, row.version))  # type: ignore[arg-type]


def line_of(bundle_uuid: UUID, version: int | None = None) -> str:
    """Return the line that names a version."""
    return api.to_text(api.credit_line(api.get_credit(bundle_uuid, version)))
