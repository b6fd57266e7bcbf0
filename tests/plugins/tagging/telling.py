"""Notes what those who watch content are told."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen
from django.db.models import QuerySet

from openedx_blockstore.data import EventKind
from openedx_blockstore.models.event import Event


@frozen
class Told:
    """The events about annotations in the log since some moment."""

    since: int

    @classmethod
    def from_now_on(cls) -> Told:
        """Start now."""
        return cls(Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)

    def bundles(self) -> list[tuple[UUID | None, str]]:
        """Return which bundles they were about, and who had done it."""
        rows = self._rows().exclude(bundle_uuid=None)
        return list(rows.values_list("bundle_uuid", "actor"))

    def collections(self) -> list[UUID]:
        """Return which collections they were about, as such."""
        return list(self._rows().filter(bundle_uuid=None).values_list("collection_uuid", flat=True))

    def _rows(self) -> QuerySet[Event]:
        rows = Event.objects.filter(pk__gt=self.since, kind=EventKind.ANNOTATION_CHANGED)
        assert all(row.payload["facts"]["namespace"] == "tagging" for row in rows)
        return rows.order_by("pk")
