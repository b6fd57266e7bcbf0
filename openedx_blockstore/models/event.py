"""The log of what happened, and how far each of its consumers has read it.

Rows become visible when their transactions are committed, and not in the order of their ids: one
with a lower id may appear long after one with a higher id was read. So nobody reads by id. A row
gets its *position* after the commit, from whoever delivers next; positions only grow, and consumers
read by them.
"""

from __future__ import annotations

import uuid

from django.db import models

from openedx_blockstore.models.fields import CodePointCharField


class Event(models.Model):
    """One thing that happened, written in the transaction that did it.

    It refers to nothing, since everything that it tells of may be deleted one day.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    position = models.PositiveBigIntegerField(
        null=True,
        default=None,
        help_text="Where it stands in the log; empty until somebody delivers it.",
    )
    kind = CodePointCharField(max_length=40)
    at = models.DateTimeField()
    actor = models.CharField(
        max_length=255, blank=True, default="", help_text="The user's name; empty for a program."
    )
    collection_uuid = models.UUIDField()
    bundle_uuid = models.UUIDField(null=True, default=None)
    bundle_type = CodePointCharField(max_length=60, blank=True, default="")
    version = models.PositiveIntegerField(null=True, default=None)
    # What changed, and the facts; see api._events.
    payload = models.JSONField(default=dict)

    objects: models.Manager[Event] = models.Manager()

    class Meta:
        """The log is read in the order of positions; what has none yet, in the order of ids."""

        indexes = [
            models.Index(fields=["position", "id"], name="blockstore_event_position"),
            models.Index(fields=["collection_uuid", "id"], name="blockstore_event_collection"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class EventLog(models.Model):
    """The only row of its table: whoever gives positions holds it locked."""

    last_position = models.PositiveBigIntegerField(default=0)
    trimmed_position = models.PositiveBigIntegerField(
        default=0, help_text="Events up to here may have been trimmed away."
    )

    objects: models.Manager[EventLog] = models.Manager()

    def __str__(self) -> str:
        return f"Log of events up to {self.last_position}"


class EventConsumerState(models.Model):
    """How far a consumer has read the log, and who is reading for it at the moment."""

    name = CodePointCharField(max_length=180, unique=True)
    position = models.PositiveBigIntegerField(
        default=0, help_text="Everything up to here is handled, or set aside."
    )
    replay = models.BooleanField(
        default=False, help_text="The whole log is to be given to it once more."
    )
    # Only who wrote this token here may move the position, and only until then.
    lease_token = models.UUIDField(null=True, default=None)
    leased_until = models.DateTimeField(null=True, default=None)
    # The event that it is given by itself at the moment. Found here after the worker has died, it
    # is likely to have killed it.
    suspect = models.PositiveBigIntegerField(null=True, default=None)
    failures = models.PositiveIntegerField(
        default=0, help_text="How often in a row it could not work at all."
    )
    next_attempt = models.DateTimeField(null=True, default=None)
    last_success = models.DateTimeField(null=True, default=None)
    last_error = models.TextField(blank=True, default="")
    last_error_at = models.DateTimeField(null=True, default=None)
    created = models.DateTimeField()

    objects: models.Manager[EventConsumerState] = models.Manager()

    def __str__(self) -> str:
        return str(self.name)


class SetAsideEvent(models.Model):
    """An event that a consumer could not handle, or that waits behind one of the same subject."""

    class State(models.TextChoices):
        """What becomes of it."""

        WAITING = "waiting", "Waits for an earlier event"
        FAILED = "failed", "Failed; is tried again"
        DEAD = "dead", "Given up"

    # The unique constraint below serves this foreign key, too.
    consumer = models.ForeignKey(
        EventConsumerState, on_delete=models.CASCADE, related_name="set_aside", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    # Where the event stands in the log, and what must stay in order: its bundle, or collection.
    position = models.PositiveBigIntegerField()
    subject = models.UUIDField()
    state = models.CharField(max_length=10, choices=State.choices)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt = models.DateTimeField(null=True, default=None)
    error = models.TextField(blank=True, default="")
    changed = models.DateTimeField()

    objects: models.Manager[SetAsideEvent] = models.Manager()

    class Meta:
        """An event is set aside once by a consumer; each index answers a question."""

        constraints = [
            models.UniqueConstraint(fields=["consumer", "event"], name="blockstore_set_aside"),
        ]
        indexes = [
            # What is to be tried now?
            models.Index(fields=["consumer", "state", "next_attempt"], name="blockstore_aside_due"),
            # Which events of a subject come first?
            models.Index(
                fields=["consumer", "subject", "position"], name="blockstore_aside_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} event at {self.position}"
