"""A span of a bundle's versions, as something that other tables can have.

Links use it here; plugins use it for tags and licences, which hold for many versions and would be
wasteful on each of them.
"""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

ModelT_co = TypeVar("ModelT_co", bound="VersionRange", covariant=True)


class VersionRangeQuerySet(models.QuerySet[ModelT_co]):
    """The usual questions about spans of versions."""

    def covering(self, version_num: int) -> Self:
        """Only those that hold for a version."""
        return self.filter(
            Q(last_version__isnull=True) | Q(last_version__gte=version_num),
            first_version__lte=version_num,
        )

    def open(self) -> Self:
        """Only those that still hold for the latest version."""
        return self.filter(last_version__isnull=True)

    def close_at(self, version_num: int) -> int:
        """End the open ones: this is the last version they hold for.

        Returns:
            How many were ended.
        """
        return self.open().update(last_version=version_num)


class VersionRange(models.Model):
    """A span of versions: from a first one to a last one, both included, or open at the end."""

    first_version = models.PositiveIntegerField(help_text="The first version this holds for.")
    last_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="The last one; empty while it holds for the latest."
    )

    class Meta:
        """No table of its own."""

        abstract = True

    def split_at(self, version_num: int) -> Self:
        """End this span before a version, and start an equal one at it.

        Args:
            version_num: Lies inside the span, and is not its first version.

        Returns:
            The later span, saved.

        Raises:
            ValueError: The version is not inside, or is the first.
        """
        beyond = self.last_version is not None and version_num > self.last_version
        if version_num <= self.first_version or beyond:
            raise ValueError(
                f"Versions {self.first_version} to {self.last_version or 'the latest'} can not "
                f"be split at {version_num}."
            )
        later = type(self).objects.get(pk=self.pk)  # type: ignore[attr-defined]
        later.pk = None
        later._state.adding = True  # noqa: SLF001  (as Django documents for copies)
        later.first_version = version_num
        self.last_version = version_num - 1
        self.save(update_fields=["last_version"])
        later.save()
        return later  # type: ignore[no-any-return]
