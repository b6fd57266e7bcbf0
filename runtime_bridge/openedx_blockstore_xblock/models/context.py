"""Learning contexts as rows: what they mount, and what they set differently."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from openedx_blockstore.models_api import Bundle
from openedx_blockstore_xblock.keys import MAX_CONTEXT_ID


class LearningContext(models.Model):
    """Where content is met by learners, and what their state belongs to."""

    context_id = models.CharField(max_length=MAX_CONTEXT_ID, unique=True)
    title = models.CharField(max_length=180, blank=True, default="")
    # The context of which this is another attempt: it has the same mounts, and state of its own.
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="attempts"
    )
    # Who has made it, and may change it; others need Django's permission for this table.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created = models.DateTimeField()

    objects: models.Manager[LearningContext] = models.Manager()

    def __str__(self) -> str:
        return self.title or self.context_id


class Mount(models.Model):
    """A bundle in a learning context: at a version, at its latest one, or at a draft."""

    context = models.ForeignKey(LearningContext, on_delete=models.CASCADE, related_name="mounts")
    alias = models.CharField(max_length=180)
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="+")
    version_num = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty for the latest version."
    )
    draft_name = models.CharField(
        max_length=255, blank=True, default="", help_text="A draft to be shown over the latest."
    )

    objects: models.Manager[Mount] = models.Manager()

    class Meta:
        """An alias is mounted once, at one thing."""

        constraints = [
            models.UniqueConstraint(fields=["context", "alias"], name="blockstore_mount_alias"),
        ]

    def __str__(self) -> str:
        return f"{self.context}: {self.alias}"


class ContextSetting(models.Model):
    """What a context sets for one usage instead of what the authors have written."""

    context = models.ForeignKey(LearningContext, on_delete=models.CASCADE, related_name="settings")
    usage_digest = models.CharField(max_length=64)
    usage_key = models.TextField()
    values = models.JSONField(default=dict)

    objects: models.Manager[ContextSetting] = models.Manager()

    class Meta:
        """A usage's settings are one row."""

        constraints = [
            models.UniqueConstraint(
                fields=["context", "usage_digest"], name="blockstore_context_setting"
            ),
        ]

    def __str__(self) -> str:
        return self.usage_key
