"""Subscriptions are disabled, and their owners told."""

from __future__ import annotations

import logging
from datetime import datetime

from django.core.mail import send_mail
from django.db import transaction

from openedx_blockstore_webhooks.data import DeliveryState, DisabledReason
from openedx_blockstore_webhooks.models import Delivery, Subscription

logger = logging.getLogger(__name__)

_WHY = {
    DisabledReason.GONE: "the receiver answered 410 Gone",
    DisabledReason.DEAD: "nothing could be delivered since {since:%Y-%m-%d %H:%M} UTC",
    DisabledReason.TARGET_DELETED: "the collection that it was about was deleted",
}


def disable(subscription: Subscription, reason: DisabledReason, *, now: datetime) -> bool:
    """Send nothing for a subscription any more, and tell its owner unless they have asked for it.

    Returns:
        Whether it was active until now.
    """
    with transaction.atomic():
        changed = Subscription.objects.filter(pk=subscription.pk, active=True).update(
            active=False, disabled_at=now, disabled_reason=reason, due=None
        )
        if changed:
            Delivery.objects.filter(
                subscription=subscription.pk, state=DeliveryState.PENDING
            ).update(state=DeliveryState.SKIPPED, due=None)
    if changed and reason is not DisabledReason.REQUESTED:
        _tell(subscription, reason)
    return bool(changed)


def _tell(subscription: Subscription, reason: DisabledReason) -> None:
    why = _WHY[reason].format(since=subscription.failing_since)
    logger.warning(
        "Webhook subscription %s to %s was disabled: %s", subscription.uuid, subscription.url, why
    )
    address = getattr(subscription.owner, "email", "")
    if not address:
        return
    name = subscription.description or f"{subscription.scope} {subscription.target_uuid}"
    try:
        send_mail(
            # No address of a stranger in a header.
            f"Blockstore: webhook subscription {subscription.uuid} was disabled",
            f"Your webhook subscription was disabled, because {why}.\n\n"
            f"Subscription: {subscription.uuid} ({name})\n"
            f"Receiver: {subscription.url}\n\n"
            f"What happens from now on is kept for a while. When the receiver is well again, "
            f"activate the subscription and replay what was missed.\n",
            None,
            [address],
        )
    except Exception:
        # A mail server that is down is no reason to keep sending webhooks to nobody.
        logger.exception("The owner of subscription %s could not be told", subscription.uuid)
