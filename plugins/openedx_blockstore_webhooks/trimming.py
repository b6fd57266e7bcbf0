"""Removes what was kept for long enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet

from openedx_blockstore_webhooks.conf import get_settings
from openedx_blockstore_webhooks.models import Attempt, Delivery, Message

_BATCH = 200


def trim(*, now: datetime | None = None, limit: int | None = 1000) -> int:
    """Remove what happened longer than ``KEEP_DAYS`` ago, with all that is known of its deliveries.

    Args:
        now: What time it is, if not now.
        limit: How many events to forget at most; None for all.

    Returns:
        How many deliveries were removed.
    """
    before = (now or datetime.now(UTC)) - timedelta(days=get_settings().KEEP_DAYS)
    removed = forgotten = 0
    while limit is None or forgotten < limit:
        old = Message.objects.filter(at__lt=before).order_by("at")
        keys = list(old.values_list("pk", flat=True)[:_BATCH])
        if not keys:
            break
        # A message may have thousands of deliveries.
        removed += remove_deliveries(Delivery.objects.filter(message__in=keys))
        Message.objects.filter(pk__in=keys).delete()
        forgotten += len(keys)
    return removed


def remove_deliveries(rows: QuerySet[Delivery]) -> int:
    """Remove deliveries and their attempts, in statements of a bounded size."""
    removed = 0
    while keys := list(rows.values_list("pk", flat=True)[:_BATCH]):
        Attempt.objects.filter(delivery__in=keys).delete()
        Delivery.objects.filter(pk__in=keys).delete()
        removed += len(keys)
    return removed
