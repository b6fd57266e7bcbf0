"""One table with values by key, and one whose rows say that something is there."""

from __future__ import annotations

from django.db import models

from openedx_blockstore.models_api import Bundle, VersionRange


class Rating(VersionRange):
    """What somebody thinks of a file, over a span of versions."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=500, null=True)
    stars = models.IntegerField()
    comment = models.CharField(max_length=50, null=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        """The question that is asked most."""

        indexes = [models.Index(fields=["bundle", "last_version"], name="tests_rating_bundle")]

    def __str__(self) -> str:
        return f"{self.stars} stars"


class Mark(VersionRange):
    """Something that a version may have several of."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+")
    word = models.CharField(max_length=50)
    about = models.ForeignKey(Bundle, on_delete=models.CASCADE, null=True, related_name="+")

    def __str__(self) -> str:
        return self.word
