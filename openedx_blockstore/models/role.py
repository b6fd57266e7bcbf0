"""Roles on collections: few rows per collection."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from openedx_blockstore.models.collection import Collection


class CollectionRole(models.Model):
    """What a user, or every member of a group, may do with a collection and all that is in it."""

    class Role(models.TextChoices):
        """Each includes the ones after it."""

        ADMIN = "admin", "Admin: changes the collection and its roles"
        AUTHOR = "author", "Author: edits its bundles"
        READER = "reader", "Reader: reads, links to and copies its bundles"

    # The unique constraints below serve the foreign key, too.
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="roles", db_index=False
    )
    # Exactly one of the two is set; the API sees to that.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        default=None,
        related_name="+",
    )
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, blank=True, default=None, related_name="+"
    )
    role = models.CharField(max_length=10, choices=Role.choices)

    objects: models.Manager[CollectionRole] = models.Manager()

    class Meta:
        """One role of a user, and one of a group, in a collection; as many NULLs as there are."""

        constraints = [
            models.UniqueConstraint(fields=["collection", "user"], name="blockstore_role_user"),
            models.UniqueConstraint(fields=["collection", "group"], name="blockstore_role_group"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of collection {self.collection_id}"
