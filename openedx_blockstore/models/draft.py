"""Drafts and what is staged in them: few rows per bundle that somebody is working on."""

from __future__ import annotations

import uuid

from django.db import models

from openedx_blockstore.models.bundle import Bundle, BundleVersion
from openedx_blockstore.models.fields import CodePointCharField, DigestField


class Draft(models.Model):
    """A named, mutable overlay on a version of a bundle."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # The unique constraint below serves the foreign key, too.
    bundle = models.ForeignKey(
        Bundle, on_delete=models.CASCADE, related_name="drafts", db_index=False
    )
    name = CodePointCharField(max_length=180)
    # The version below the changes. Means nothing while nothing is staged: then it is the latest.
    base_version = models.ForeignKey(
        BundleVersion, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created = models.DateTimeField()
    modified = models.DateTimeField()

    objects: models.Manager[Draft] = models.Manager()

    class Meta:
        """One draft of a bundle per name."""

        constraints = [
            models.UniqueConstraint(fields=["bundle", "name"], name="blockstore_draft_name"),
        ]

    def __str__(self) -> str:
        return str(self.name)


class StagedChange(models.Model):
    """One path or link that a draft changes: copy on write. Gone after the commit."""

    # The unique constraint below serves the foreign key, too.
    draft = models.ForeignKey(
        Draft, on_delete=models.CASCADE, related_name="staged_changes", db_index=False
    )
    is_link = models.BooleanField(default=False)
    name = CodePointCharField(max_length=500, help_text="The path, or the alias of a link.")
    # What the change was made against: a short text that identifies what was there, see
    # store.trees.token. Conflicts are judged by it, path by path.
    made_against = models.CharField(max_length=120, null=True, default=None)
    # The new file; no digest: the change deletes it.
    digest = DigestField(null=True, default=None)
    size = models.PositiveBigIntegerField(default=0)
    public = models.BooleanField(default=False)
    # The new link; no lender: the change deletes it.
    lender_uuid = models.UUIDField(null=True, default=None)
    lender_version = models.PositiveIntegerField(default=0)
    weak = models.BooleanField(default=False)
    # Another one for every write, so that a commit takes away only what it has seen: what was
    # staged again while it ran stays.
    write_id = models.UUIDField()

    objects: models.Manager[StagedChange] = models.Manager()

    class Meta:
        """One change of a draft per path or alias."""

        constraints = [
            models.UniqueConstraint(
                fields=["draft", "is_link", "name"], name="blockstore_staged_name"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)
