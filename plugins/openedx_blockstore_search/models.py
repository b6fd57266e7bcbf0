"""What is known of the index: which bundles are in it as of which version, and what uses what.

The index itself lies in an engine and can be made anew at any time. These tables say what is in it,
so that a new version costs what it changed; and which file names which, which no engine is asked.
Of a bundle's files and parts they hold the latest version alone.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from openedx_blockstore.models_api import Bundle

_PATH = 500
_KEY = 800
_TITLE = 500
_TYPE = 60
_DIGEST = 64
_CHECKSUM = 16
_NAME = 60


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """Text that is equal only if it is the same code point by code point, on every database."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Add a collation that takes neither ``A`` for ``a`` nor a blank for nothing."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            mariadb = getattr(connection, "mysql_is_mariadb", False)
            parameters["collation"] = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return parameters


class IndexState(models.Model):
    """The index in one engine: which generations are written to, and how far a rebuild is."""

    engine = ExactCharField(max_length=_NAME, unique=True)
    current = ExactCharField(max_length=_NAME, blank=True, default="")
    building = ExactCharField(max_length=_NAME, blank=True, default="")
    # Changes with the two above, so that whoever has written to others can tell.
    stamp = models.PositiveIntegerField(default=0)
    # The last bundle that the rebuild has done, and how many of how many.
    checkpoint = models.BigIntegerField(default=0)
    bundles_done = models.PositiveIntegerField(default=0)
    bundles_total = models.PositiveIntegerField(default=0)
    rebuild_started_at = models.DateTimeField(null=True, blank=True, default=None)
    rebuilt_at = models.DateTimeField(null=True, blank=True, default=None)
    checked_at = models.DateTimeField(null=True, blank=True, default=None)
    drifted = models.PositiveIntegerField(default=0)

    objects: models.Manager[IndexState] = models.Manager()

    class Meta:
        verbose_name = "state of the index"
        verbose_name_plural = "state of the index"

    def __str__(self) -> str:
        return str(self.engine)


class IndexedBundle(models.Model):
    """One bundle, as it is in the index.

    What the documents should be follows from the store alone, so they are the same in every
    generation and every engine; ``documents`` and ``checksum`` say what they are together.
    """

    bundle = models.OneToOneField(Bundle, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(default=0)
    # Who has read the row and wants to change it does so only if this is still the same.
    revision = models.PositiveIntegerField(default=0)
    documents = models.PositiveIntegerField(default=0)
    checksum = models.CharField(max_length=_CHECKSUM, default="0" * _CHECKSUM)
    # Of what is said of the bundle itself, without its type and collection.
    digest = models.CharField(max_length=_DIGEST, default="")
    bundle_type = models.CharField(max_length=_TYPE, blank=True, default="")
    collection_uuid = models.UUIDField(null=True, default=None)
    # That of a course, for all that it links to.
    language = models.CharField(max_length=40, blank=True, default="")
    indexed_at = models.DateTimeField(auto_now=True)

    objects: models.Manager[IndexedBundle] = models.Manager()

    def __str__(self) -> str:
        return f"{self.bundle} up to version {self.version}"


class IndexedFile(models.Model):
    """One file of a bundle's latest version that is in the index."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+", db_index=False)
    path = ExactCharField(max_length=_PATH)
    first_version = models.PositiveIntegerField()
    digest = models.CharField(max_length=_DIGEST)
    # Why it is known in part only; empty where it was read in full.
    flaw = models.CharField(max_length=30, blank=True, default="")

    objects: models.Manager[IndexedFile] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "path"], name="blockstore_search_file"),
        ]
        indexes = [
            # Which files of a bundle could not be read in full?
            models.Index(fields=["bundle", "flaw"], name="blockstore_search_flaw"),
        ]

    def __str__(self) -> str:
        return str(self.path)


class IndexedPart(models.Model):
    """One part of a bundle's latest version that is in the index."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+", db_index=False)
    path = ExactCharField(max_length=_PATH)
    key = ExactCharField(max_length=_KEY)
    type = models.CharField(max_length=_TYPE)
    title = models.CharField(max_length=_TITLE, blank=True, default="")
    language = models.CharField(max_length=40, blank=True, default="")
    # The keys of the parts around it in its own file.
    around = models.JSONField(default=list)
    first_version = models.PositiveIntegerField()
    digest = models.CharField(max_length=_DIGEST)

    objects: models.Manager[IndexedPart] = models.Manager()

    class Meta:
        indexes = [
            # What is in these files?
            models.Index(fields=["bundle", "path"], name="blockstore_search_part"),
        ]

    def __str__(self) -> str:
        return str(self.key)


class FileReference(models.Model):
    """Something in a file of a bundle's latest version that names another file."""

    class Kind(models.TextChoices):
        """What the name is for."""

        #: A definition that is taken in at this place.
        INCLUDE = "i", "Include"
        #: The file with the part's contents.
        PAGE = "p", "Page"
        #: Anything else: looked for beside the file, in the bundle, and through its links.
        NAME = "n", "Name"

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="+", db_index=False)
    path = ExactCharField(max_length=_PATH)
    # Empty where it is the file itself that has the name, and no part of it.
    part = ExactCharField(max_length=_KEY, blank=True, default="")
    kind = models.CharField(max_length=1, choices=Kind.choices)
    name = ExactCharField(max_length=_PATH)

    objects: models.Manager[FileReference] = models.Manager()

    class Meta:
        indexes = [
            # What do these files name?
            models.Index(fields=["bundle", "path"], name="blockstore_search_from"),
            # Who in this bundle names this file?
            models.Index(fields=["bundle", "name"], name="blockstore_search_to"),
        ]

    def __str__(self) -> str:
        return f"{self.path} → {self.name}"
