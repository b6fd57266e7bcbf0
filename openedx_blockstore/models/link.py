"""Links as rows, so that "who uses my bundle" is a question to an index.

The manifest of a version says what it links to. A row says over which of the borrower's versions a
link held, so rows grow with changes of links and not with versions.
"""

from __future__ import annotations

from django.db import models

from openedx_blockstore.models.bundle import Bundle
from openedx_blockstore.models.fields import CodePointCharField
from openedx_blockstore.models.version_range import VersionRange, VersionRangeQuerySet


# Named, and made of a named class: what the type checker finds again in its own cache.
class BundleLinkQuerySet(VersionRangeQuerySet["BundleLink"]):
    """Links, and the spans of the borrower's versions over which they hold."""


BundleLinkManager = models.Manager.from_queryset(BundleLinkQuerySet)


class BundleLink(VersionRange):
    """A link of one bundle to a version of another one, over a span of the borrower's versions."""

    borrower = models.ForeignKey(
        Bundle, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    alias = CodePointCharField(max_length=180)
    lender = models.ForeignKey(
        Bundle, on_delete=models.PROTECT, related_name="borrowings", db_index=False
    )
    lender_version = models.PositiveIntegerField()
    weak = models.BooleanField(default=False)
    # Reserved for links to other servers; always NULL.
    namespace = models.CharField(max_length=255, null=True, default=None, editable=False)

    objects = BundleLinkManager()

    class Meta:
        """Each index answers a question; each ends in the key that pages through the answer."""

        indexes = [
            # Which links does the latest version (or any version) of a bundle have?
            models.Index(fields=["borrower", "last_version"], name="blockstore_link_borrower"),
            # Who uses my bundle now, a page at a time?
            models.Index(fields=["lender", "last_version", "id"], name="blockstore_link_lender"),
            # Who uses, or ever used, this version of my bundle?
            models.Index(fields=["lender", "lender_version", "id"], name="blockstore_link_version"),
        ]

    def __str__(self) -> str:
        return f"{self.alias} → version {self.lender_version}"
