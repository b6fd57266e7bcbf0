"""Who changed a collection or its roles: a few rows per collection, which nobody ever trims."""

from __future__ import annotations

from django.db import models


class CollectionAudit(models.Model):
    """One change of a collection, as it was made. It outlives the collection, and whoever made it.

    So it names both in its own words and refers to neither: no deletion reaches it.
    """

    class Action(models.TextChoices):
        """What was done."""

        CREATED = "created", "Created"
        UPDATED = "updated", "Updated"
        DELETED = "deleted", "Deleted"
        ROLES = "roles", "Roles changed"

    collection_uuid = models.UUIDField()
    action = models.CharField(max_length=10, choices=Action.choices)
    actor = models.CharField(
        max_length=255, blank=True, default="", help_text="The user's name; empty for a program."
    )
    at = models.DateTimeField()
    # {what: [before, after]}
    changes = models.JSONField(default=dict)

    objects: models.Manager[CollectionAudit] = models.Manager()

    class Meta:
        """A collection's changes are read in the order in which they were made."""

        indexes = [models.Index(fields=["collection_uuid", "id"], name="blockstore_audit_page")]

    def __str__(self) -> str:
        return f"{self.collection_uuid} {self.action} by {self.actor or 'a program'}"
