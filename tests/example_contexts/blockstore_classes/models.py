"""The table of classes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from openedx_blockstore.models_api import Bundle


class SchoolClass(models.Model):
    """A class, and what it learns from."""

    name = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=180)
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="+")
    due = models.DateTimeField(null=True, blank=True)
    teacher = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    pupils: models.ManyToManyField[models.Model, models.Model] = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+", blank=True
    )

    objects: models.Manager[SchoolClass] = models.Manager()

    def __str__(self) -> str:
        return self.title
