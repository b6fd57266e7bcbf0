"""The errors of webhooks; each carries its facts, and says what is wrong and how to mend it."""

from __future__ import annotations

from uuid import UUID

from openedx_blockstore.exceptions import BlockstoreError, Invalid, NotFound


class SubscriptionNotFound(NotFound):
    """No subscription has this UUID."""

    code = "webhook_subscription_not_found"

    def __init__(self, subscription_uuid: UUID | str) -> None:
        self.subscription_uuid = subscription_uuid
        super().__init__(f"There is no webhook subscription {subscription_uuid}.")


class DeliveryNotFound(NotFound):
    """No delivery has this UUID, or it was trimmed."""

    code = "webhook_delivery_not_found"

    def __init__(self, delivery_uuid: UUID | str) -> None:
        self.delivery_uuid = delivery_uuid
        super().__init__(f"There is no webhook delivery {delivery_uuid}.")


class InvalidWebhookURL(Invalid):
    """A URL to which no webhooks are sent."""

    code = "invalid_webhook_url"

    def __init__(self, url: object, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"Webhooks can not be sent to {url!r}: {reason}.")


class TooManySubscriptions(Invalid):
    """There are as many subscriptions as there may be.

    Attributes:
        setting: The key of the limit among the settings of webhooks.
    """

    code = "too_many_webhook_subscriptions"

    def __init__(self, whose: str, *, limit: int, setting: str) -> None:
        self.limit = limit
        self.setting = setting
        super().__init__(
            f"{whose} has {limit:,} webhook subscriptions, which is the limit "
            f"({setting} in the settings of webhooks). Delete one that nobody needs."
        )


class SubscriptionDisabled(Invalid):
    """Nothing is sent for a subscription that is not active."""

    code = "webhook_subscription_disabled"

    def __init__(self, subscription_uuid: UUID, reason: str) -> None:
        self.subscription_uuid = subscription_uuid
        self.reason = reason
        super().__init__(
            f"Webhook subscription {subscription_uuid} is not active ({reason}). Activate it first."
        )


class SecretUnreadable(BlockstoreError):
    """A signing secret was encrypted with a key that is not there any more."""

    code = "webhook_secret_unreadable"

    def __init__(self) -> None:
        super().__init__(
            "The signing secret can not be decrypted: SECRET_KEY, or SECRETS_KEY in the settings "
            "of webhooks, was replaced. Keep the old one in SECRET_KEY_FALLBACKS, or rotate the "
            "secret."
        )
