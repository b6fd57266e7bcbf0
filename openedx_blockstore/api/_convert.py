"""Turns the rows of collections and bundles into values of the public API."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.models import Bundle, Collection


def collection_data(row: Collection) -> CollectionData:
    """Return the value for a collection's row."""
    return CollectionData(
        uuid=row.uuid,
        title=row.title,
        description=row.description,
        owner=row.owner,
        author=row.author,
        publisher=row.publisher,
        visibility=row.visibility,  # type: ignore[arg-type]
    )


def bundle_data(row: Bundle, *, latest_version: int, drafts: Mapping[str, UUID]) -> BundleData:
    """Return the value for a bundle's row, whose collection is loaded."""
    return BundleData(
        uuid=row.uuid,
        title=row.title,
        description=row.description,
        slug=row.slug,
        drafts=dict(drafts),
        latest_version=latest_version,
        collection_uuid=row.collection.uuid,
        type=row.type,
        origin=row.origin,
        deleted_at=row.deleted_at,
    )
