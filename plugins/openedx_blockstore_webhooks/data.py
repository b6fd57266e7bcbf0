"""What the functions of :mod:`openedx_blockstore_webhooks.api` take and return."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import define, field, frozen

#: The type of the event that tries out a subscription.
PING = "webhook.ping"


class Scope(StrEnum):
    """What a subscription is about."""

    #: A collection, and every bundle in it.
    COLLECTION = "collection"
    #: One bundle.
    BUNDLE = "bundle"
    #: One bundle, and everything that its latest version depends on, transitively.
    DEPENDENCIES = "dependencies"


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    #: To be sent, for the first time or again.
    PENDING = "pending"
    #: The receiver has said that it has it.
    DELIVERED = "delivered"
    #: All attempts failed.
    FAILED = "failed"
    #: The subscription was not active. It can be replayed.
    SKIPPED = "skipped"
    #: The subscriber may not read what it is about.
    WITHHELD = "withheld"


class DisabledReason(StrEnum):
    """Why a subscription is not active."""

    #: Somebody has said so.
    REQUESTED = "requested"
    #: The receiver answered 410 Gone.
    GONE = "gone"
    #: Nothing could be delivered for days.
    DEAD = "dead"
    #: What it is about was deleted for good.
    TARGET_DELETED = "target_deleted"


@frozen
class SubscriptionData:
    """Somebody wants to be told.

    Attributes:
        target_uuid: The collection or bundle, by ``scope``.
        kinds: The kinds of events that are wanted; empty for all.
        owner: The name of the user with whose rights it is judged what may be told.
        active: Whether anything is sent.
        disabled_reason: Why not; None while it is active.
        failing_since: When the first attempt after the last success failed; None while all is well.
        failures: Failed attempts since then.
        old_secret_until: Until when the secret before the last rotation signs, too.
        counts: Deliveries by state; None where nobody asked for them.
    """

    uuid: UUID
    scope: Scope
    target_uuid: UUID
    url: str
    kinds: tuple[str, ...]
    description: str
    owner: str
    active: bool
    disabled_reason: DisabledReason | None
    disabled_at: datetime | None
    failing_since: datetime | None
    failures: int
    old_secret_until: datetime | None
    created: datetime
    counts: dict[str, int] | None = field(default=None, eq=False)


@frozen
class NewSecret:
    """A secret, the only time that it is shown.

    Attributes:
        secret: For libraries of Standard Webhooks, such as ``whsec_…``.
    """

    subscription: SubscriptionData
    secret: str = field(repr=False)


@frozen
class AttemptData:
    """One request.

    Attributes:
        seconds: How long it took.
        status: The answer's; None where there was none.
        error: A stable code of what went wrong; empty for a success.
        message: The same for people.
        response: The beginning of the answer's body.
    """

    at: datetime
    seconds: float
    status: int | None
    error: str
    message: str
    response: str


@frozen
class DeliveryData:
    """One event for one subscription.

    Attributes:
        message_id: What receivers get as ``webhook-id``, however often it is sent.
        type: The kind of the event.
        event_at: When it happened.
        attempts_made: Since it was queued for the last time.
        next_attempt_at: When it is due; None where it is not to be sent.
        attempts: All that were made, the oldest first; None where nobody asked for them.
        key: Where it stands in lists.
    """

    uuid: UUID
    subscription_uuid: UUID
    message_id: str
    type: str
    event_uuid: UUID
    event_at: datetime
    state: DeliveryState
    attempts_made: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    created: datetime
    key: int = field(repr=False, eq=False)
    attempts: tuple[AttemptData, ...] | None = field(default=None, eq=False)


@define
class SendReport:
    """What a sender has done.

    Attributes:
        delivered: Requests that were answered well.
        failed: Requests that were not.
    """

    delivered: int = 0
    failed: int = 0

    def add(self, other: SendReport) -> None:
        """Count another one's, too."""
        self.delivered += other.delivered
        self.failed += other.failed
