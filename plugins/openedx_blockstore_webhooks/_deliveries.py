"""What is sent for a subscription, and sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from openedx_blockstore.exceptions import Invalid
from openedx_blockstore_webhooks import matching, runner
from openedx_blockstore_webhooks._rows import (
    check_number,
    delivery_data,
    end_rest,
    find_delivery,
    find_subscription,
    is_text,
)
from openedx_blockstore_webhooks.data import PING, DeliveryData, DeliveryState, SendReport
from openedx_blockstore_webhooks.exceptions import SubscriptionDisabled
from openedx_blockstore_webhooks.models import Attempt, Delivery, Message, Subscription


def ping(subscription_uuid: UUID | str) -> DeliveryData:
    """Send an event of the type ``webhook.ping``, to try a subscription out.

    Returns:
        The delivery; look again a moment later for what came of it.

    Raises:
        SubscriptionNotFound: There is none.
        SubscriptionDisabled: It is not active.
    """
    row = _active(subscription_uuid)
    now = datetime.now(UTC)
    with transaction.atomic():
        message = Message.objects.create(event_uuid=uuid4(), type=PING, at=now)
        matching.enqueue([(row, message)], now=now)
        end_rest(row)
    return delivery_data(Delivery.objects.select_related(*_RELATED).get(message=message))


_RELATED = ("subscription", "message")


def get_deliveries(
    subscription_uuid: UUID | str,
    *,
    state: DeliveryState | str | None = None,
    type: str | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[DeliveryData]:
    """Return the deliveries of a subscription, the newest first.

    Args:
        state: Only those in this state.
        type: Only those of events of this kind.
        before: The ``key`` of the last one of the page before.
        limit: How many at most; None for all.

    Raises:
        SubscriptionNotFound: There is no such subscription.
        Invalid: There is no such state, or a number is not positive.
    """
    rows = Delivery.objects.filter(subscription=find_subscription(subscription_uuid))
    if state is not None:
        rows = rows.filter(state=_state(state))
    if type is not None:
        rows = rows.filter(message__type=type) if is_text(type) else rows.none()
    if check_number("before", before) is not None:
        rows = rows.filter(pk__lt=before)
    found = rows.select_related(*_RELATED).order_by("-pk")[: check_number("limit", limit)]
    return [delivery_data(row) for row in found]


def _state(state: DeliveryState | str) -> DeliveryState:
    try:
        return DeliveryState(state)
    except ValueError:
        states = ", ".join(DeliveryState)
        raise Invalid(f"There is no state {state!r}; there are {states}.") from None


def get_delivery(delivery_uuid: UUID | str) -> DeliveryData:
    """Return a delivery, with all attempts.

    Raises:
        DeliveryNotFound: There is none.
    """
    row = find_delivery(delivery_uuid)
    return delivery_data(row, attempts=Attempt.objects.filter(delivery=row).order_by("pk"))


def replay_delivery(delivery_uuid: UUID | str) -> DeliveryData:
    """Send a delivery again, whatever has become of it.

    Raises:
        DeliveryNotFound: There is none.
        SubscriptionDisabled: Its subscription is not active.
    """
    row = find_delivery(delivery_uuid)
    _replay(_active(row.subscription.uuid), Delivery.objects.filter(pk=row.pk))
    return delivery_data(find_delivery(row.uuid))


def replay(
    subscription_uuid: UUID | str,
    *,
    since: datetime | None = None,
    states: Sequence[DeliveryState | str] | None = None,
) -> int:
    """Send deliveries again.

    Args:
        since: Only those of what happened at this time or later (aware).
        states: Only those in these states. Without it: all, if there is a ``since``, otherwise
            those that failed, or were skipped while the subscription was not active.

    Returns:
        How many are sent again.

    Raises:
        SubscriptionNotFound: There is none.
        SubscriptionDisabled: It is not active.
        Invalid: The time has no zone, or there is no such state.
    """
    row = _active(subscription_uuid)
    rows = Delivery.objects.filter(subscription=row)
    if since is not None:
        at: Any = since
        if not isinstance(at, datetime) or at.tzinfo is None:
            raise Invalid(f"since must be a time with a zone, not {since!r}.")
        rows = rows.filter(message__in=Message.objects.filter(at__gte=since))
    if states is None and since is None:
        states = (DeliveryState.FAILED, DeliveryState.SKIPPED)
    if states is not None:
        if not isinstance(states, (list, tuple, set, frozenset)):
            raise Invalid(f"states must be a list of states, not {states!r:.100}.")
        rows = rows.filter(state__in=[_state(state) for state in states])
    return _replay(row, rows)


def _replay(row: Subscription, rows: QuerySet[Delivery]) -> int:
    now = datetime.now(UTC)
    with transaction.atomic():
        Subscription.objects.filter(pk=row.pk).update(due=now)
        queued = rows.update(state=DeliveryState.PENDING, due=now, attempts_made=0)
        end_rest(row)
        transaction.on_commit(runner.wake)
    return queued


def send_due() -> SendReport:
    """Send what is due, in this thread and some others, and return when nothing is."""
    return runner.run_once()


def _active(subscription_uuid: UUID | str) -> Subscription:
    row = find_subscription(subscription_uuid)
    if not row.active:
        raise SubscriptionDisabled(row.uuid, row.disabled_reason)
    return row
