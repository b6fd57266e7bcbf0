"""Transactions in which the plugin writes, and the rows it locks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TypeVar
from uuid import UUID

from django.db import router, transaction
from django.db.models import Model, Q, QuerySet

from openedx_blockstore.exceptions import BundleNotFound, CollectionNotFound
from openedx_blockstore.models_api import Bundle, Collection
from openedx_blockstore_licensing.models import CollectionLicense

ModelT = TypeVar("ModelT", bound=Model)


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Run a block in a transaction that may write from its first statement on.

    SQLite refuses a transaction that reads, and then wants to write after somebody else did; one
    that begins with a write waits for its turn.
    """
    with transaction.atomic(using=router.db_for_write(CollectionLicense)):
        CollectionLicense.objects.filter(pk=0).update(actor="")
        yield


def lock_collection(collection_uuid: UUID | str) -> Collection:
    """Return a collection, whose licences nobody else changes until the transaction ends.

    Raises:
        CollectionNotFound: There is none with this UUID.
    """
    rows = Collection.objects.filter(Q(uuid=as_uuid(collection_uuid)))
    row = _locked(rows).first()
    if row is None:
        raise CollectionNotFound(collection_uuid)
    return row


def lock_bundle(bundle_uuid: UUID | str) -> Bundle:
    """Return a bundle, of which nobody else makes versions until the transaction ends.

    Raises:
        BundleNotFound: There is none with this UUID, or it was deleted.
    """
    rows = Bundle.objects.filter(Q(uuid=as_uuid(bundle_uuid)), deleted_at=None)
    row = _locked(rows).first()
    if row is None:
        raise BundleNotFound(bundle_uuid)
    return row


def _locked(rows: QuerySet[ModelT]) -> QuerySet[ModelT]:
    features = transaction.get_connection(rows.db).features
    return rows.select_for_update(no_key=features.has_select_for_no_key_update)


def as_uuid(value: UUID | str) -> UUID | None:
    """Return the UUID that a value means; None for what can not identify anything."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
