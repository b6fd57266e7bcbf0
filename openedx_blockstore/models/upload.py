"""Direct uploads that are on their way: few rows, gone after a while."""

from __future__ import annotations

import uuid

from django.db import models

from openedx_blockstore.models.draft import Draft
from openedx_blockstore.models.fields import CodePointCharField, DigestField


class Upload(models.Model):
    """A file that a client sends to the object store in parts, for a path of a draft."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # Without a draft, what was sent is abandoned; the row stays until it is removed.
    draft = models.ForeignKey(Draft, on_delete=models.SET_NULL, null=True, related_name="uploads")
    # Not a foreign key: what is in the store must be found even if the bundle is gone.
    bundle_uuid = models.UUIDField()
    path = CodePointCharField(max_length=500)
    digest = DigestField()
    size = models.PositiveBigIntegerField()
    part_size = models.PositiveBigIntegerField()
    public = models.BooleanField(null=True, default=None)
    # What the store calls the upload.
    storage_key = models.TextField()
    completed = models.BooleanField(default=False)
    created = models.DateTimeField()
    expires = models.DateTimeField(db_index=True)

    objects: models.Manager[Upload] = models.Manager()

    def __str__(self) -> str:
        return str(self.uuid)
