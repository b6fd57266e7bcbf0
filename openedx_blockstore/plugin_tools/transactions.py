"""Transactions of plugins that change their data about a bundle or a collection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db.models import Q

from openedx_blockstore.api._lookup import parse_uuid
from openedx_blockstore.api._transactions import locked, write_transaction
from openedx_blockstore.exceptions import BundleNotFound, CollectionNotFound
from openedx_blockstore.models_api import Bundle, Collection

__all__ = ["changing_bundle", "changing_collection", "write_transaction"]


@contextmanager
def changing_bundle(bundle_uuid: UUID | str) -> Iterator[Bundle]:
    """Run a block in a transaction in which nobody else changes anything about a bundle.

    Yields:
        The bundle's row, locked.

    Raises:
        BundleNotFound: There is no such bundle, or it was deleted.
    """
    with write_transaction():
        rows = Bundle.objects.filter(Q(uuid=parse_uuid(bundle_uuid)), deleted_at=None)
        bundle = locked(rows).first()
        if bundle is None:
            raise BundleNotFound(bundle_uuid)
        yield bundle


@contextmanager
def changing_collection(collection_uuid: UUID | str) -> Iterator[Collection]:
    """Run a block in a transaction in which nobody else changes anything about a collection.

    Yields:
        The collection's row, locked.

    Raises:
        CollectionNotFound: There is no such collection.
    """
    with write_transaction():
        rows = Collection.objects.filter(Q(uuid=parse_uuid(collection_uuid)))
        collection = locked(rows).first()
        if collection is None:
            raise CollectionNotFound(collection_uuid)
        yield collection
