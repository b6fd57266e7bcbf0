"""Bundles and their versions: about 100 million and 1 billion rows at scale."""

from __future__ import annotations

import unicodedata
import uuid
from typing import Any

from django.db import models

from openedx_blockstore.models.collection import Collection
from openedx_blockstore.models.fields import CodePointCharField, DigestField


def fold_text(text: str) -> str:
    """Return text in the form in which it is searched: without case, on every database alike."""
    return unicodedata.normalize("NFKC", text).casefold()


class Bundle(models.Model):
    """A small group of files that is edited, versioned, imported and exported as one thing."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # Listing a collection goes by (collection, id); the index below serves the foreign key, too.
    collection = models.ForeignKey(
        Collection, on_delete=models.PROTECT, related_name="bundles", db_index=False
    )
    slug = models.CharField(max_length=180, blank=True, default="")
    title = models.CharField(max_length=180)
    description = models.TextField(blank=True, default="")
    type = models.CharField(max_length=60, blank=True, default="")
    origin = CodePointCharField(
        max_length=500,
        null=True,
        blank=True,
        default=None,
        help_text="Where it was imported from, and its key there.",
    )
    # Databases disagree about the case of non-ASCII letters in LIKE; this column is folded here.
    search_text = models.TextField(editable=False, default="")
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, default=None)

    objects: models.Manager[Bundle] = models.Manager()

    class Meta:
        """One bundle of a collection per origin; NULLs are as many as there are."""

        constraints = [
            models.UniqueConstraint(fields=["collection", "origin"], name="blockstore_origin"),
        ]
        indexes = [
            # Pages through a collection in the order in which its bundles were made.
            models.Index(fields=["collection", "id"], name="blockstore_bundle_page"),
            # Pages through the bundles of a type: every course, wherever it is, say.
            models.Index(fields=["type", "id"], name="blockstore_bundle_type"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.uuid)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, keeping the searched text in step."""
        self.search_text = fold_text(f"{self.title}\n{self.description}\n{self.slug}")
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "search_text"}
        super().save(*args, **kwargs)


class BundleVersion(models.Model):
    """An immutable, numbered snapshot. What it holds stands in its manifest; the row stays slim."""

    class ChangeKind(models.TextChoices):
        """What an author says of the change, for borrowers who accept some updates unseen."""

        CONTENT = "content", "Content"
        TYPO = "typo", "Typo"
        GRADING = "grading", "Grading"

    # The unique constraint below serves the foreign key, too.
    bundle = models.ForeignKey(
        Bundle, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    version_num = models.PositiveIntegerField()
    manifest_digest = DigestField()
    # Stands in the manifest as well. Here, linking needs no look at the lender's manifest.
    closure_digest = DigestField(null=True, default=None)
    change_description = models.TextField(blank=True, default="")
    change_kind = models.CharField(
        max_length=10, choices=ChangeKind.choices, default=ChangeKind.CONTENT
    )
    author = models.CharField(max_length=255, blank=True, default="")
    created = models.DateTimeField()
    origin_version = models.PositiveIntegerField(
        null=True, blank=True, default=None, help_text="Its number where it was imported from."
    )

    objects: models.Manager[BundleVersion] = models.Manager()

    class Meta:
        """The constraint decides between committers who race; it also finds the latest version."""

        constraints = [
            models.UniqueConstraint(fields=["bundle", "version_num"], name="blockstore_version"),
        ]

    def __str__(self) -> str:
        return f"Version {self.version_num}"
