"""Finds rows, and makes public values of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from openedx_blockstore.exceptions import Invalid
from openedx_blockstore_webhooks.data import (
    AttemptData,
    DeliveryData,
    DeliveryState,
    DisabledReason,
    Scope,
    SubscriptionData,
)
from openedx_blockstore_webhooks.exceptions import DeliveryNotFound, SubscriptionNotFound
from openedx_blockstore_webhooks.models import Attempt, Delivery, Subscription

_MAX_NUMBER = 2**63 - 1


def parse_uuid(value: object) -> UUID | None:
    """Return what a text or UUID names; None where it is no UUID."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def find_subscription(subscription_uuid: UUID | str) -> Subscription:
    """Return a subscription, with its owner.

    Raises:
        SubscriptionNotFound: There is none.
    """
    parsed = parse_uuid(subscription_uuid)
    row = None
    if parsed is not None:
        row = Subscription.objects.select_related("owner").filter(uuid=parsed).first()
    if row is None:
        raise SubscriptionNotFound(subscription_uuid)
    return row


def find_delivery(delivery_uuid: UUID | str) -> Delivery:
    """Return a delivery, with its subscription and message.

    Raises:
        DeliveryNotFound: There is none.
    """
    parsed = parse_uuid(delivery_uuid)
    row = None
    if parsed is not None:
        rows = Delivery.objects.select_related("subscription", "message")
        row = rows.filter(uuid=parsed).first()
    if row is None:
        raise DeliveryNotFound(delivery_uuid)
    return row


def check_number(name: str, value: Any) -> int | None:
    """Return a number that every database knows as a positive one, or None for none.

    Raises:
        Invalid: It is not positive.
    """
    if value is None:
        return None
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number or not 1 <= value <= _MAX_NUMBER:
        raise Invalid(f"{name} must be a positive number or None, not {value!r:.100}.")
    return int(value)


def is_text(value: Any) -> bool:
    """Tell whether a value is text that every database can hold."""
    return (
        isinstance(value, str)
        and "\0" not in value
        and not any("\ud800" <= each <= "\udfff" for each in value)
    )


def end_rest(row: Subscription) -> None:
    """Whoever asks for something to be sent has looked after the receiver: end its rest."""
    Subscription.objects.filter(pk=row.pk, lease=None).update(not_before=None, paused_until=None)


def subscription_data(
    row: Subscription, *, counts: dict[str, int] | None = None
) -> SubscriptionData:
    """Return a subscription as a value."""
    return SubscriptionData(
        uuid=row.uuid,
        scope=Scope(row.scope),
        target_uuid=row.target_uuid,
        url=row.url,
        kinds=tuple(row.kinds),
        description=row.description,
        owner=row.owner.get_username(),
        active=row.active,
        disabled_reason=DisabledReason(row.disabled_reason) if row.disabled_reason else None,
        disabled_at=row.disabled_at,
        failing_since=row.failing_since,
        failures=row.failures,
        old_secret_until=row.old_secret_until,
        created=row.created,
        counts=counts,
    )


def delivery_data(row: Delivery, *, attempts: Iterable[Attempt] | None = None) -> DeliveryData:
    """Return a delivery as a value."""
    return DeliveryData(
        uuid=row.uuid,
        subscription_uuid=row.subscription.uuid,
        message_id=str(row),
        type=row.message.type,
        event_uuid=row.message.event_uuid,
        event_at=row.message.at,
        state=DeliveryState(row.state),
        attempts_made=row.attempts_made,
        next_attempt_at=row.due,
        delivered_at=row.delivered_at,
        created=row.created,
        key=row.pk,
        attempts=(
            tuple(_attempt_data(attempt) for attempt in attempts) if attempts is not None else None
        ),
    )


def _attempt_data(row: Attempt) -> AttemptData:
    return AttemptData(
        at=row.at,
        seconds=row.milliseconds / 1000,
        status=row.status,
        error=row.error,
        message=row.text,
        response=row.response,
    )
