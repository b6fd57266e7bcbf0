"""The table of findings. Only versions about which there is something to say are in it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from openedx_blockstore.models_api import Bundle, VersionRange


class VersionFindings(VersionRange):
    """What was found in some successive versions of a bundle, the same in each."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+")
    severity = models.CharField(max_length=8, help_text="The gravest of all findings.")
    codes = models.TextField(help_text="The codes of the findings, each between two bars.")
    findings = models.TextField(help_text="The findings, as JSON.")

    class Meta:
        """One row for each span of versions."""

        verbose_name = "findings of versions"
        verbose_name_plural = "findings of versions"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["bundle", "first_version"], name="blockstore_finding_once"
            ),
        ]

    def __str__(self) -> str:
        """Say which versions of which bundle."""
        return f"{self.bundle}: {self.first_version}-{self.last_version or ''}"
