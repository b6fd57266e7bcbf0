"""Imports and exports that take long: few rows, gone some days after they ended."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Job(models.Model):
    """Something that was asked for by one request and is fetched by another."""

    class Kind(models.TextChoices):
        """What is to be done."""

        IMPORT_ARCHIVE = "import_archive", "Import an archive"
        IMPORT_COURSE = "import_course", "Import a course"
        EXPORT_BUNDLE = "export_bundle", "Export a bundle version"
        EXPORT_COLLECTION = "export_collection", "Export a collection"
        EXPORT_COURSE = "export_course", "Export a course"

    class State(models.TextChoices):
        """How far it has come."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # For whom it is done, with whose rights.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    # Steps or bytes.
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, default=None)
    result = models.JSONField(null=True, default=None)
    error = models.JSONField(null=True, default=None)
    # What the storage calls the files that go in and come out; empty for none.
    input_name = models.CharField(max_length=255, blank=True, default="")
    output_name = models.CharField(max_length=255, blank=True, default="")
    # What the file that comes out is called for those who fetch it.
    file_name = models.CharField(max_length=255, blank=True, default="")
    created = models.DateTimeField()
    # When the worker was last known to be alive, or the job ended.
    touched = models.DateTimeField(db_index=True)

    objects: models.Manager[Job] = models.Manager()

    class Meta:
        """A user's jobs are listed in the order in which they were asked for."""

        indexes = [models.Index(fields=["owner", "id"], name="blockstore_job_page")]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"
