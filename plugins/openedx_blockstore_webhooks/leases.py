"""Which sender is at which subscription: one at most, and for a bounded time.

A sender leases a subscription, not its deliveries. So a receiver gets one request at a time, in
order, and one that is slow keeps one thread busy and no more. A sender that dies leaves a lease
that ends by itself; what it was at is then sent again.

Everything here is a conditional UPDATE, which all databases do alike, and each transaction begins
with one, so that it never waits for a lock while it holds another, older view of the row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from attrs import field, frozen
from django.db import transaction
from django.db.models import Min, Q

from openedx_blockstore_webhooks.conf import get_settings
from openedx_blockstore_webhooks.data import DeliveryState
from openedx_blockstore_webhooks.models import Delivery, Subscription


@frozen
class Lease:
    """The right to send for a subscription."""

    subscription_id: int
    token: UUID = field(factory=uuid4)

    def renew(self, now: datetime, **changes: object) -> bool:
        """Keep it a while longer.

        Args:
            changes: Columns of the subscription to be written along with it.

        Returns:
            Whether it was still ours.
        """
        rows = Subscription.objects.filter(pk=self.subscription_id, lease=self.token)
        return bool(rows.update(not_before=now + lease_time(), **changes))

    def release(self, now: datetime) -> None:
        """Let others have it, as soon as there is something to do and the receiver is ready."""
        with transaction.atomic():
            # Locks the row. Whoever adds deliveries has it locked until they can be seen.
            if not self.renew(now):
                return
            row = Subscription.objects.get(pk=self.subscription_id)
            pending = Delivery.objects.filter(
                subscription=self.subscription_id, state=DeliveryState.PENDING
            )
            due = pending.aggregate(due=Min("due"))["due"]
            Subscription.objects.filter(pk=self.subscription_id).update(
                due=due, not_before=row.paused_until, lease=None
            )


def lease_time() -> timedelta:
    """How long a lease holds: longer than any request, and what is done around it."""
    return timedelta(seconds=2 * get_settings().TIMEOUT_SECONDS + 60)


def claim(now: datetime, *, limit: int) -> list[Lease]:
    """Lease subscriptions for which something is due, those that wait longest first."""
    free = Q(not_before=None) | Q(not_before__lte=now)
    due = Subscription.objects.filter(free, active=True, due__lte=now)
    found = due.order_by("due", "pk").values_list("pk", flat=True)[:limit]
    leases = []
    for key in found:
        lease = Lease(key)
        # Somebody else may have taken it since we looked.
        if due.filter(pk=key).update(lease=lease.token, not_before=now + lease_time()):
            leases.append(lease)
    return leases


def next_due(now: datetime) -> datetime | None:
    """Return when there is something to do next; None where there is nothing."""
    waiting = Subscription.objects.filter(active=True, due__isnull=False)
    free = waiting.filter(Q(not_before=None) | Q(not_before__lte=now)).aggregate(at=Min("due"))[
        "at"
    ]
    # Exact enough for those that are paused or leased: nothing can be sent before.
    later = waiting.filter(not_before__gt=now).aggregate(at=Min("not_before"))["at"]
    return min((at for at in (free, later) if at is not None), default=None)
