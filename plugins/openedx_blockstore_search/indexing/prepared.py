"""Bundles on their way into the index: what the tables are to say of them, once it is written."""

from __future__ import annotations

from datetime import datetime

from attrs import define
from django.db import IntegrityError, transaction

from openedx_blockstore.models_api import Bundle, BundleVersion
from openedx_blockstore.plugin_api.search_backends import Patch, Put, Selection
from openedx_blockstore_search.indexing.documents import bundle_document, bundle_document_id, token
from openedx_blockstore_search.indexing.known import Known
from openedx_blockstore_search.indexing.stepping import Stepper
from openedx_blockstore_search.models import IndexedBundle

#: How the checksum of a bundle's documents is written.
CHECKSUM = "{:016x}"


@define
class Prepared:
    """A bundle whose documents are written, and what the tables are to say of it.

    Attributes:
        everything: The tables' rows are replaced, and not only those of changed files.
        is_new: The bundle has no row yet.
        retag: Some documents have the tags of another version, perhaps.
    """

    bundle: Bundle
    row: IndexedBundle
    revision: int
    known: Known
    everything: bool = False
    is_new: bool = False
    retag: bool = False


def forget(prepared: Prepared) -> None:
    """Begin anew with a bundle."""
    row = prepared.row
    row.version, row.documents, row.checksum, row.digest = 0, 0, CHECKSUM.format(0), ""
    prepared.known = Known()
    prepared.everything = True


def say_what_it_is(bundle: Bundle, row: IndexedBundle, stepper: Stepper) -> None:
    """Bring what is said of the bundle itself to what it is now."""
    document = bundle_document(bundle, stepper.origin)
    if row.digest and row.collection_uuid != bundle.collection.uuid:
        stepper.emit(
            Patch(Selection(bundle_uuid=bundle.uuid), {"collection_uuid": bundle.collection.uuid})
        )
    if row.digest != document.digest:
        identity = bundle_document_id(bundle.uuid)
        if row.digest:
            stepper.checksum ^= token(identity, 1, None, row.digest)
        else:
            stepper.documents += 1
        stepper.checksum ^= token(identity, 1, None, document.digest)
        stepper.emit(Put(document))
    row.digest = document.digest
    row.bundle_type = bundle.type
    row.collection_uuid = bundle.collection.uuid


def find_versions(
    bundle: Bundle, after: int, *, everything: bool
) -> list[tuple[int, datetime]] | None:
    """Return the versions to go through, or None where the one before them is gone."""
    rows = BundleVersion.objects.filter(bundle=bundle, version_num__gte=0 if everything else after)
    found = list(rows.order_by("version_num").values_list("version_num", "created"))
    if everything or not after:
        return found
    if not found or found[0][0] != after:
        return None
    return found[1:]


def claim(prepared: Prepared) -> bool:
    """Write the row of a bundle, unless somebody else has meanwhile."""
    row = prepared.row
    row.revision = prepared.revision + 1
    if prepared.is_new:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return False
        return True
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields  # noqa: SLF001  (public, by its docs)
        if not field.primary_key and field.name not in {"bundle", "indexed_at"}
    }
    mine = IndexedBundle.objects.filter(pk=row.pk, revision=prepared.revision)
    return bool(mine.update(**values))
