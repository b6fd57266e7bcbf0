"""Finds the rows that UUIDs and numbers mean, or raises the error that says which is not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import BaseExpression

from openedx_blockstore.api._store import get_store
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import (
    BundleNotFound,
    BundleVersionNotFound,
    CollectionNotFound,
)
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion, Collection
from openedx_blockstore.store import EMPTY_CLOSURE, Closure, Manifest

T = TypeVar("T")

#: Values in one statement, of which databases take only so many.
BATCH = 500

# Conditions joined by OR in one statement.
_MAX_ALTERNATIVES = 200


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """Yield all items, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def parse_uuid(value: UUID | str) -> UUID | None:
    """Return the UUID that a value means; None for anything that can not identify anything."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def find_collection(collection_uuid: UUID | str) -> Collection:
    """Return a collection's row.

    Raises:
        CollectionNotFound: There is none.
    """
    collection = Collection.objects.filter(Q(uuid=parse_uuid(collection_uuid))).first()
    if collection is None:
        raise CollectionNotFound(collection_uuid)
    return collection


def find_bundle(bundle_uuid: UUID | str, *, with_deleted: bool = False) -> Bundle:
    """Return a bundle's row.

    Raises:
        BundleNotFound: There is none, or it was deleted.
    """
    bundle = Bundle.objects.filter(Q(uuid=parse_uuid(bundle_uuid))).first()
    if bundle is None or (bundle.deleted_at is not None and not with_deleted):
        raise BundleNotFound(bundle_uuid)
    return bundle


def find_version(
    bundle_uuid: UUID | str, version_number: int | None, *, as_of: datetime | None = None
) -> BundleVersion | None:
    """Return a version's row, with its bundle.

    Args:
        version_number: None for the latest one; 0 for "none yet".
        as_of: Without a number: the one that was the latest then.

    Returns:
        None if the bundle has no version yet, or was asked for version 0.

    Raises:
        BundleNotFound: There is no such bundle; or it was deleted, and no link pins the version.
        BundleVersionNotFound: It has no such version.
    """
    versions = BundleVersion.objects.select_related("bundle").filter(
        Q(bundle__uuid=parse_uuid(bundle_uuid))
    )
    if version_number is None:
        if as_of is not None:
            versions = versions.filter(created__lte=as_of)
        version = versions.filter(bundle__deleted_at=None).order_by("-version_num").first()
    else:
        _check_number(bundle_uuid, version_number)
        version = versions.filter(version_num=version_number).first()
    if version is None:
        find_bundle(bundle_uuid)
        if version_number:
            raise BundleVersionNotFound(bundle_uuid, version_number)
    elif version.bundle.deleted_at is not None and not is_pinned(version):
        raise BundleNotFound(bundle_uuid)
    return version


def _check_number(bundle_uuid: UUID | str, version_number: Any) -> None:
    # Other types, and numbers that no database column holds, are not there either.
    known = isinstance(version_number, int) and not isinstance(version_number, bool)
    if not known or not 0 <= version_number < 2**31:
        raise BundleVersionNotFound(bundle_uuid, version_number)


def require_version(bundle_uuid: UUID | str, version_number: int | None) -> BundleVersion:
    """Return a version's row, with its bundle; no version is an error here.

    Raises:
        BundleNotFound: See :func:`find_version`.
        BundleVersionNotFound: It has no such version, or none at all.
    """
    version = find_version(bundle_uuid, version_number)
    if version is None:
        raise BundleVersionNotFound(bundle_uuid, version_number or 0)
    return version


def is_pinned(version: BundleVersion, *, borrower: Bundle | None = None) -> bool:
    """Tell whether some bundle uses a version, or once did in a version of its own.

    Args:
        borrower: Ask for this bundle alone.
    """
    links = BundleLink.objects.filter(
        lender_id=version.bundle_id, lender_version=version.version_num
    )
    if borrower is not None:
        links = links.filter(borrower=borrower)
    return links.exists()


def find_targets(targets: Iterable[LinkTarget]) -> dict[LinkTarget, BundleVersion]:
    """Return the rows of the versions that links lead to, with their bundles.

    It takes one statement, or one for each 200 different version numbers. Targets that do not exist
    are missing in the result; those of deleted bundles are there.
    """
    wanted = set(targets)
    found = {
        (version.bundle.uuid, version.version_num): version
        for versions in _versions_of(wanted)
        for version in versions.select_related("bundle")
    }
    return {
        target: found[target.bundle_uuid, target.version]
        for target in wanted
        if (target.bundle_uuid, target.version) in found
    }


def find_digests(targets: Iterable[LinkTarget]) -> dict[tuple[UUID, int], str]:
    """Return the digests of the manifests of versions, as :func:`find_targets` finds them."""
    return {
        (bundle_uuid, number): digest
        for versions in _versions_of(set(targets))
        for bundle_uuid, number, digest in versions.values_list(
            "bundle__uuid", "version_num", "manifest_digest"
        )
    }


def _versions_of(wanted: set[LinkTarget]) -> Iterator[QuerySet[BundleVersion]]:
    bundles_of: dict[int, set[UUID]] = defaultdict(set)
    for target in wanted:
        bundles_of[target.version].add(target.bundle_uuid)
    # Number by number, since otherwise each bundle would bring its versions with the numbers of all
    # others, too. SQLite takes 1,000 alternatives in one statement at most.
    for numbers in batches(sorted(bundles_of), _MAX_ALTERNATIVES):
        yield BundleVersion.objects.filter(
            reduce(or_, (Q(version_num=n, bundle__uuid__in=bundles_of[n]) for n in numbers)),
            bundle__uuid__in=set[UUID]().union(*(bundles_of[number] for number in numbers)),
            version_num__in=numbers,
        )


def latest_columns(bundle_id: str) -> dict[str, BaseExpression]:
    """Return annotations with the latest version of the bundle whose key is in a column.

    They are read with :func:`latest_from`.
    """
    newest = BundleVersion.objects.filter(bundle_id=OuterRef(bundle_id)).order_by("-version_num")
    return {
        f"latest_{name}": Subquery(newest.values(name)[:1])
        for name in ("id", "version_num", "manifest_digest", "closure_digest")
    }


def latest_from(row: object, bundle: Bundle) -> BundleVersion | None:
    """Return the version that the annotations of :func:`latest_columns` describe, if there is one.

    Only what it takes to read the version is set.
    """
    values = {
        name: getattr(row, f"latest_{name}")
        for name in ("id", "version_num", "manifest_digest", "closure_digest")
    }
    return BundleVersion(bundle=bundle, **values) if values["id"] is not None else None


def read_manifest(version: BundleVersion) -> Manifest:
    """Read the manifest of a version whose bundle is loaded; usually from a cache.

    Raises:
        StorageError: It can not be read.
    """
    return get_store().read_manifest(
        version.bundle.uuid, version.version_num, version.manifest_digest
    )


def read_closure(version: BundleVersion) -> Closure:
    """Read the link closure of a version whose bundle is loaded; usually from a cache.

    Raises:
        StorageError: It can not be read.
    """
    if version.closure_digest is None:
        return EMPTY_CLOSURE
    return get_store().read_closure(version.bundle.uuid, version.closure_digest)
