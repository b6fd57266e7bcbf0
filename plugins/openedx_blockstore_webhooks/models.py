"""The tables of webhooks.

What a subscription is about is kept by its UUID and not as a foreign key: nobody who deletes a
collection or a bundle waits for the subscriptions to it, and the deletion itself can be told.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from openedx_blockstore_webhooks.data import DeliveryState, DisabledReason, Scope


def _choices(values: type[Scope | DeliveryState | DisabledReason]) -> list[tuple[str, str]]:
    return [(value.value, value.value.replace("_", " ")) for value in values]


class WatchedBundle(models.Model):
    """A bundle with whose dependencies somebody wants to keep up; shared by all who do."""

    bundle_uuid = models.UUIDField(unique=True)
    # The version whose dependencies are in the other table; 0 for none.
    version = models.PositiveIntegerField(default=0)

    objects: models.Manager[WatchedBundle] = models.Manager()

    def __str__(self) -> str:
        return str(self.bundle_uuid)


class WatchedDependency(models.Model):
    """One bundle that a watched bundle's latest version depends on, at whatever depth."""

    watched = models.ForeignKey(
        WatchedBundle, on_delete=models.CASCADE, related_name="dependencies", db_index=False
    )
    bundle_uuid = models.UUIDField()

    objects: models.Manager[WatchedDependency] = models.Manager()

    class Meta:
        """Who is to be told of what happens to a bundle?"""

        constraints = [
            models.UniqueConstraint(
                fields=["watched", "bundle_uuid"], name="blockstore_webhook_watch_once"
            )
        ]
        indexes = [models.Index(fields=["bundle_uuid", "watched"], name="blockstore_webhook_watch")]

    def __str__(self) -> str:
        return str(self.bundle_uuid)


class Subscription(models.Model):
    """Somebody wants to be told what happens to something."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # With whose rights it is judged what may be told.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=20, choices=_choices(Scope))
    target_uuid = models.UUIDField()
    # For the scope of dependencies only.
    watched = models.ForeignKey(
        WatchedBundle, null=True, on_delete=models.PROTECT, related_name="subscriptions"
    )
    kinds = models.JSONField(default=list, blank=True)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=255, blank=True, default="")
    created = models.DateTimeField()

    active = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True, default=None)
    disabled_reason = models.CharField(
        max_length=20, choices=_choices(DisabledReason), blank=True, default=""
    )
    # Whether the owner could read the target when anybody last looked.
    permitted = models.BooleanField(default=True)

    # Encrypted.
    secret = models.TextField()
    old_secret = models.TextField(blank=True, default="")
    old_secret_until = models.DateTimeField(null=True, default=None)

    failing_since = models.DateTimeField(null=True, default=None)
    failures = models.PositiveIntegerField(default=0)

    # When the earliest pending delivery is due; NULL where there is none.
    due = models.DateTimeField(null=True, default=None)
    # Until when the receiver is left in peace.
    paused_until = models.DateTimeField(null=True, default=None)
    # Nobody begins to send before this: the receiver is left in peace, or somebody sends already.
    not_before = models.DateTimeField(null=True, default=None)
    # The sender that is at it, or was at last.
    lease = models.UUIDField(null=True, default=None)

    objects: models.Manager[Subscription] = models.Manager()

    class Meta:
        """Who is to be told, and what is to be sent next, are questions to an index."""

        indexes = [
            models.Index(fields=["target_uuid", "scope"], name="blockstore_webhook_target"),
            models.Index(fields=["active", "due"], name="blockstore_webhook_due"),
            models.Index(fields=["owner", "id"], name="blockstore_webhook_page"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.target_uuid} → {self.url}"


class Message(models.Model):
    """What is told of one event, to everybody; how much of it to whom is judged when it is sent."""

    event_uuid = models.UUIDField(unique=True)
    type = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)
    # Where it happened; both None for a ping.
    collection_uuid = models.UUIDField(null=True)
    bundle_uuid = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    objects: models.Manager[Message] = models.Manager()

    def __str__(self) -> str:
        return f"{self.type} {self.event_uuid}"


class Delivery(models.Model):
    """One event for one subscription."""

    # Made of the event's and the subscription's, so that it is the same whoever computes it.
    uuid = models.UUIDField(unique=True, editable=False)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(
        max_length=10, choices=_choices(DeliveryState), default=DeliveryState.PENDING
    )
    # When it is to be sent; NULL where it is not.
    due = models.DateTimeField(null=True)
    # Attempts since it was queued for the last time.
    attempts_made = models.PositiveIntegerField(default=0)
    created = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, default=None)

    objects: models.Manager[Delivery] = models.Manager()

    class Meta:
        """A subscription's deliveries: what is next, and lists of them."""

        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "message"], name="blockstore_webhook_once"
            )
        ]
        indexes = [
            models.Index(fields=["subscription", "due", "id"], name="blockstore_webhook_next"),
            models.Index(fields=["subscription", "state", "id"], name="blockstore_webhook_list"),
        ]

    def __str__(self) -> str:
        return f"msg_{self.uuid.hex}"


class Attempt(models.Model):
    """One request, and what came of it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    # The answer's; NULL where there was none.
    status = models.PositiveSmallIntegerField(null=True)
    # A stable code, and the same for people; empty for a success.
    error = models.CharField(max_length=40, blank=True, default="")
    text = models.CharField(max_length=500, blank=True, default="")
    # The address to which the connection was, or was refused; for administrators.
    address = models.CharField(max_length=64, blank=True, default="")
    response = models.TextField(blank=True, default="")

    objects: models.Manager[Attempt] = models.Manager()

    def __str__(self) -> str:
        return self.error or str(self.status)


class SenderAlarm(models.Model):
    """When Celery has been asked to look again; one row, so that many tasks ask once."""

    at = models.DateTimeField()

    objects: models.Manager[SenderAlarm] = models.Manager()

    def __str__(self) -> str:
        return f"{self.at}"
