"""The plugin's tables: licences, publishers, and what was made of what.

Rows grow with what people say, and not with versions.
"""

from __future__ import annotations

from django.db import models

from openedx_blockstore.models_api import Bundle, Collection, VersionRange, VersionRangeQuerySet
from openedx_blockstore_licensing.fields import ExactCharField
from openedx_blockstore_licensing.licenses import MAX_LENGTH


class CollectionLicense(models.Model):
    """The licence of a collection from some time on: for the versions made then and later."""

    # The unique constraint below serves the foreign key, too.
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    since = models.DateTimeField(help_text="For the versions made then and later.")
    expression = models.CharField(
        max_length=MAX_LENGTH,
        blank=True,
        default="",
        help_text="An SPDX expression, such as CC-BY-4.0; empty for none.",
    )
    is_default = models.BooleanField(
        default=False, editable=False, help_text="From the settings; nobody has said so."
    )
    actor = models.CharField(max_length=255, blank=True, default="", editable=False)
    said_at = models.DateTimeField(auto_now=True)

    objects: models.Manager[CollectionLicense] = models.Manager()

    class Meta:
        """One at a time."""

        verbose_name = "licence of a collection"
        verbose_name_plural = "licences of collections"
        constraints = [
            models.UniqueConstraint(fields=["collection", "since"], name="blockstore_lic_since"),
        ]

    def __str__(self) -> str:
        return self.expression or "no licence"


# Named, and made of a named class: what the type checker finds again in its own cache.
class BundleLicenseQuerySet(VersionRangeQuerySet["BundleLicense"]):
    """Licences, and the spans of versions for which they hold."""


BundleLicenseManager = models.Manager.from_queryset(BundleLicenseQuerySet)


class BundleLicense(VersionRange):
    """The licence of a span of a bundle's versions, or of some of the files in them."""

    class Source(models.TextChoices):
        """Who said so."""

        AUTHOR = "author", "An author"
        COPY = "copy", "Came with a copy"
        IMPORT = "import", "Came with an import"
        COLLECTION = "collection", "From a collection that it was in"
        OLX = "olx", "Stands in the OLX"

    class Layer(models.TextChoices):
        """Kept apart, so that none takes the place of another; the first of them counts."""

        SAID = "said", "Said here"
        CARRIED = "carried", "Carried along"
        OLX = "olx", "Stands in the OLX"

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+", db_index=False)
    path = ExactCharField(
        max_length=500,
        blank=True,
        default="",
        help_text="A path, folder/ or pattern; empty for the whole bundle.",
    )
    layer = models.CharField(
        max_length=10, choices=Layer.choices, default=Layer.SAID, editable=False
    )
    expression = models.CharField(max_length=MAX_LENGTH)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.AUTHOR)
    said_at = models.DateTimeField(auto_now_add=True)

    objects = BundleLicenseManager()

    class Meta:
        """Asked for by bundle, for some versions."""

        verbose_name = "licence of a bundle"
        verbose_name_plural = "licences of bundles"
        indexes = [
            models.Index(fields=["bundle", "first_version"], name="blockstore_lic_bundle"),
        ]

    def __str__(self) -> str:
        return f"{self.path}: {self.expression}" if self.path else self.expression


class Publisher(models.Model):
    """Who publishes content. Collections name a publisher by its IRI."""

    iri = ExactCharField(max_length=500, unique=True, help_text="Identifies it everywhere.")
    name = models.CharField(max_length=255)
    id_string = models.CharField(
        max_length=100,
        blank=True,
        default="",
        help_text="A short name, such as HarvardX; others may have the same.",
    )
    logo = models.CharField(
        max_length=500, blank=True, default="", help_text="The address of a picture."
    )
    home_page = models.CharField(max_length=500, blank=True, default="")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )

    objects: models.Manager[Publisher] = models.Manager()

    def __str__(self) -> str:
        return self.name


class DerivationQuerySet(VersionRangeQuerySet["Derivation"]):
    """What bundles were made of, and the spans of their versions for which that holds."""


DerivationManager = models.Manager.from_queryset(DerivationQuerySet)


class Derivation(VersionRange):
    """What a span of a bundle's versions was made of, as it was then.

    All that has to be said of the original stands here, so that it survives the original.
    """

    class Kind(models.TextChoices):
        """How that is known."""

        COPY = "copy", "Copied here"
        IMPORT = "import", "Imported"
        AUTHOR = "author", "Somebody said so"

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    origin_uuid = models.UUIDField()
    origin_version = models.PositiveIntegerField()
    # The files and links of the original, here: whatever differs from them is modified.
    digest = models.CharField(max_length=64, blank=True, default="")
    # The digest of the manifest of a version that is known to be the original, unchanged.
    manifest_digest = models.CharField(max_length=64, blank=True, default="")
    # As JSON: like Credit, of data.py, and what that was made of in turn. Databases do not take
    # JSON of any depth for JSON.
    credit = models.TextField()
    said_at = models.DateTimeField(auto_now_add=True)

    objects = DerivationManager()

    class Meta:
        """Asked for by bundle, and by what was copied."""

        indexes = [
            models.Index(fields=["bundle", "first_version"], name="blockstore_derived_bundle"),
            models.Index(fields=["origin_uuid"], name="blockstore_derived_origin"),
        ]

    def __str__(self) -> str:
        return f"from {self.origin_uuid}@{self.origin_version}"
