"""Tables with the columns of the platform's ``courseware`` app, as far as state goes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

_USER = settings.AUTH_USER_MODEL


class StudentModule(models.Model):
    """One learner's state of one block: all of its fields as JSON in a text."""

    module_type = models.CharField(max_length=32)
    module_state_key = models.CharField(max_length=255)
    student = models.ForeignKey(_USER, on_delete=models.CASCADE, related_name="+")
    course_id = models.CharField(max_length=255)
    state = models.TextField(null=True)

    objects: models.Manager[StudentModule] = models.Manager()

    class Meta:
        """As in the platform."""

        unique_together = (("student", "module_state_key", "course_id"),)


class XModuleUserStateSummaryField(models.Model):
    """One field that all learners share."""

    usage_id = models.CharField(max_length=255)
    field_name = models.CharField(max_length=64)
    value = models.TextField(default="null")

    objects: models.Manager[XModuleUserStateSummaryField] = models.Manager()

    class Meta:
        """As in the platform."""

        unique_together = (("usage_id", "field_name"),)


class XModuleStudentPrefsField(models.Model):
    """One field of a user, for all blocks of a type."""

    module_type = models.CharField(max_length=64)
    student = models.ForeignKey(_USER, on_delete=models.CASCADE, related_name="+")
    field_name = models.CharField(max_length=64)
    value = models.TextField(default="null")

    objects: models.Manager[XModuleStudentPrefsField] = models.Manager()

    class Meta:
        """As in the platform."""

        unique_together = (("student", "module_type", "field_name"),)


class XModuleStudentInfoField(models.Model):
    """One field of a user."""

    student = models.ForeignKey(_USER, on_delete=models.CASCADE, related_name="+")
    field_name = models.CharField(max_length=64)
    value = models.TextField(default="null")

    objects: models.Manager[XModuleStudentInfoField] = models.Manager()

    class Meta:
        """As in the platform."""

        unique_together = (("student", "field_name"),)
