"""Over which versions tags hold. The tags and taxonomies themselves are openedx_tagging's."""

from __future__ import annotations

from django.db import models
from openedx_django_lib.fields import case_sensitive_char_field
from openedx_tagging.models import ObjectTag, Taxonomy

from openedx_blockstore.models_api import Bundle, Collection, VersionRange, VersionRangeQuerySet

#: Characters in the key of a part: a path of 500, and an identifier in that file.
MAX_PART = 1000


# Named, and made of a named class: what the type checker finds again in its own cache.
class BundleTagQuerySet(VersionRangeQuerySet["BundleTag"]):
    """Tags, and the spans of a bundle's versions over which they hold."""


BundleTagManager = models.Manager.from_queryset(BundleTagQuerySet)


class BundleTag(VersionRange):
    """A tag of a bundle, or of a part of one, over a span of its versions.

    There is one ``ObjectTag`` for each tag that a bundle (or part) has or had, and one of these
    rows for each span. The library sees it under the bundle's ``object_id`` as long as it holds
    for the latest version, and otherwise under one of its own (docs/decisions/0028).
    """

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+", db_index=False)
    part = case_sensitive_char_field(
        max_length=MAX_PART,
        blank=True,
        default="",
        help_text="The key of the part; empty for the bundle as a whole.",
    )
    # That of the ObjectTag, so that setting the tags of one taxonomy leaves the others alone.
    taxonomy = models.ForeignKey(
        Taxonomy, null=True, default=None, on_delete=models.SET_NULL, related_name="+"
    )
    object_tag = models.ForeignKey(
        ObjectTag, on_delete=models.CASCADE, related_name="blockstore_bundle_tags"
    )

    objects = BundleTagManager()

    class Meta:
        """Which tags does the latest version (or any version) of a bundle have?"""

        indexes = [
            models.Index(fields=["bundle", "last_version"], name="blockstore_tag_bundle"),
        ]

    def __str__(self) -> str:
        return f"{self.object_tag.value} ({self.first_version}–{self.last_version or ''})"


class CollectionTag(models.Model):
    """A tag of a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    object_tag = models.OneToOneField(
        ObjectTag, on_delete=models.CASCADE, related_name="blockstore_collection_tag"
    )

    objects: models.Manager[CollectionTag] = models.Manager()

    def __str__(self) -> str:
        return str(self.object_tag.value)


class ImportedTaxonomy(models.Model):
    """Says of a taxonomy that an import has made it, so that later imports may add tags to it."""

    taxonomy = models.OneToOneField(Taxonomy, on_delete=models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    objects: models.Manager[ImportedTaxonomy] = models.Manager()

    class Meta:
        """Django would write "taxonomys"."""

        verbose_name_plural = "imported taxonomies"

    def __str__(self) -> str:
        return str(self.taxonomy.name)


class TaxonomyChange(models.Model):
    """A change of a taxonomy or a tag that those who watch tagged content are still to be told.

    Nothing here is a key of a row: what changed may be gone.
    """

    taxonomy_key = models.BigIntegerField()
    export_id = models.CharField(max_length=255, blank=True, default="")
    tag_key = models.BigIntegerField(null=True, help_text="The tag; empty for the taxonomy.")
    value = models.CharField(max_length=500, blank=True, default="")
    told_bundles = models.BigIntegerField(
        default=0, help_text="The key of the last bundle that was told of."
    )
    told_collections = models.BigIntegerField(
        default=0, help_text="The key of the last collection that was told of."
    )
    created = models.DateTimeField(auto_now_add=True)

    objects: models.Manager[TaxonomyChange] = models.Manager()

    def __str__(self) -> str:
        return self.value if self.tag_key is not None else self.export_id
