"""The plugin's tables: joined to Blockstore's by foreign keys, and in nobody's way."""

from __future__ import annotations

from django.db import models

from openedx_blockstore.models_api import Bundle, VersionRange


class Note(VersionRange):
    """What somebody has to say about a span of versions."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+")
    text = models.TextField()

    objects: models.Manager[Note] = models.Manager()

    class Meta:
        """The index answers what holds for a version."""

        indexes = [models.Index(fields=["bundle", "last_version"], name="blockstore_notes_span")]

    def __str__(self) -> str:
        return self.text[:50]


class SeenVersion(models.Model):
    """A version that was made, as far as the events tell."""

    bundle_uuid = models.UUIDField()
    version = models.PositiveIntegerField()

    objects: models.Manager[SeenVersion] = models.Manager()

    class Meta:
        """Every event may come again, and each version counts once."""

        constraints = [
            models.UniqueConstraint(
                fields=["bundle_uuid", "version"], name="blockstore_notes_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bundle_uuid}@{self.version}"
