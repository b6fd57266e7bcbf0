"""Collections: who owns, may read and licenses a set of bundles. About 1 million rows at scale."""

from __future__ import annotations

import uuid

from django.db import models


class Collection(models.Model):
    """A set of bundles with one owner and one set of permissions. It has no versions of its own."""

    class Visibility(models.TextChoices):
        """Who may read without a role."""

        PRIVATE = "private", "Private: only those with a role"
        PUBLIC_READ = "public_read", "Public: everybody may read"
        PUBLIC_REUSE = "public_reuse", "Public: everybody may read, link and copy"

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=180)
    description = models.TextField(blank=True, default="")
    owner = models.CharField(
        max_length=255, blank=True, default="", help_text="Who owns the content legally."
    )
    author = models.CharField(
        max_length=255, blank=True, default="", help_text="Who is credited for it."
    )
    publisher = models.CharField(
        max_length=500, blank=True, default="", help_text="The IRI of the publisher."
    )
    visibility = models.CharField(
        max_length=20, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    objects: models.Manager[Collection] = models.Manager()

    def __str__(self) -> str:
        return self.title or str(self.uuid)
