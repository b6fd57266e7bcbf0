"""What learners leave: by (context, user, block), by user and type, by user, and by block.

Contexts are named by their keys, since there are kinds that have no rows here. Blocks are named by
the digest of what they are (bundle, path, id in the file), so that state outlives versions.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

_MAX_KEY = 255


class BlockState(models.Model):
    """One learner's state of one block in one context: all of its fields in a row."""

    context_key = models.CharField(max_length=_MAX_KEY)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    block_digest = models.CharField(max_length=64)
    block_type = models.CharField(max_length=100)
    fields = models.JSONField(default=dict)
    # What the block has published last; null where it never did.
    grade = models.FloatField(null=True, default=None)
    max_grade = models.FloatField(null=True, default=None)
    # From 0 to 1; null where the block has never said anything.
    completion = models.FloatField(null=True, default=None)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    objects: models.Manager[BlockState] = models.Manager()

    class Meta:
        """Found by learner in a context, and by block in a context."""

        constraints = [
            models.UniqueConstraint(
                fields=["context_key", "user", "block_digest"], name="blockstore_state_key"
            ),
        ]
        indexes = [
            models.Index(fields=["context_key", "block_digest"], name="blockstore_state_block"),
        ]

    def __str__(self) -> str:
        return f"{self.context_key} {self.user_id} {self.block_digest}"


class BlockSummary(models.Model):
    """What all learners of a context share about a block, such as the counts of a poll."""

    context_key = models.CharField(max_length=_MAX_KEY)
    block_digest = models.CharField(max_length=64)
    fields = models.JSONField(default=dict)

    objects: models.Manager[BlockSummary] = models.Manager()

    class Meta:
        """One row a block."""

        constraints = [
            models.UniqueConstraint(
                fields=["context_key", "block_digest"], name="blockstore_summary_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.context_key} {self.block_digest}"


class UserPreference(models.Model):
    """What a user prefers for all blocks of a type, such as the speed of videos."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    block_type = models.CharField(max_length=100)
    fields = models.JSONField(default=dict)

    objects: models.Manager[UserPreference] = models.Manager()

    class Meta:
        """One row a user and type."""

        constraints = [
            models.UniqueConstraint(fields=["user", "block_type"], name="blockstore_preference"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.block_type}"


class UserInfo(models.Model):
    """What blocks know of a user, wherever they are."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    fields = models.JSONField(default=dict)

    objects: models.Manager[UserInfo] = models.Manager()

    def __str__(self) -> str:
        return str(self.user_id)
