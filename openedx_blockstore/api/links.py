"""Who depends on what: dependencies and borrowers, direct and transitive, and what is outdated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from openedx_blockstore.api._lookup import (
    find_bundle,
    read_closure,
    read_manifest,
    require_version,
)
from openedx_blockstore.api._transactions import write_connection
from openedx_blockstore.api._values import check_page, is_positive
from openedx_blockstore.api._version_data import version_links
from openedx_blockstore.data import (
    BorrowerData,
    DependenciesData,
    OutdatedLinkData,
)
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion
from openedx_blockstore.store import diamonds


def get_dependencies(
    bundle_uuid: UUID | str, version_number: int | None = None
) -> DependenciesData:
    """Return all that a version depends on.

    Args:
        version_number: None for the latest one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version, or none at all.
        StorageError: The storage failed.
    """
    version = require_version(bundle_uuid, version_number)
    dependencies = tuple(read_closure(version).dependencies())
    return DependenciesData(
        bundle_uuid=version.bundle.uuid,
        version=version.version_num,
        links=version_links(version, read_manifest(version).tree().links),
        dependencies=dependencies,
        diamonds=diamonds(dependencies),
    )


def get_borrowers(
    bundle_uuid: UUID | str,
    *,
    latest_only: bool = True,
    version_number: int | None = None,
    after: BorrowerData | None = None,
    limit: int | None = None,
) -> list[BorrowerData]:
    """Return who links to a bundle directly, in the order in which the links were made.

    Args:
        latest_only: Only links that the borrower's latest version has.
        version_number: Only links to this version.
        after: The last one of the page before.
        limit: How many to return at most; None for all.

    Raises:
        BundleNotFound: There is no such bundle.
        Invalid: The limit is not positive, or there is no such ``after``.
    """
    check_page(limit)
    lender = find_bundle(bundle_uuid)
    rows = BundleLink.objects.filter(lender=lender, borrower__deleted_at=None)
    if latest_only:
        rows = rows.open()
    if version_number is not None:
        if not is_positive(version_number):
            return []
        rows = rows.filter(lender_version=version_number)
    # Also on the first page: otherwise MariaDB would rather walk through the links of all lenders.
    rows = rows.filter(pk__gt=_link_key(lender, after) if after is not None else 0)
    return [_borrower(row) for row in rows.select_related("borrower").order_by("pk")[:limit]]


def _link_key(lender: Bundle, borrower: Any) -> int:
    if not isinstance(borrower, BorrowerData):
        raise Invalid(f"after must be the last borrower of the page before, not {borrower!r}.")
    key: int | None = (
        BundleLink.objects.filter(
            lender=lender,
            borrower__uuid=borrower.bundle_uuid,
            alias=borrower.alias,
            first_version=borrower.first_version,
        )
        .values_list("pk", flat=True)
        .first()
    )
    if key is None:
        raise Invalid(f"{borrower} is not a borrower of bundle {lender.uuid}.")
    return key


def _borrower(row: BundleLink) -> BorrowerData:
    return BorrowerData(
        bundle_uuid=row.borrower.uuid,
        alias=row.alias,
        lender_version=row.lender_version,
        first_version=row.first_version,
        last_version=row.last_version,
        weak=row.weak,
    )


def count_borrowers(bundle_uuid: UUID | str) -> int:
    """Return how many bundles link to a bundle with their latest versions.

    Raises:
        BundleNotFound: There is no such bundle.
    """
    rows = BundleLink.objects.filter(
        lender=find_bundle(bundle_uuid), borrower__deleted_at=None
    ).open()
    return rows.values("borrower").distinct().count()


def get_outdated_links(bundle_uuid: UUID | str) -> list[OutdatedLinkData]:
    """Return the links of a bundle's latest version whose lender moved on, or was deleted.

    Raises:
        BundleNotFound: There is no such bundle.
    """
    newest = BundleVersion.objects.filter(bundle_id=OuterRef("lender_id")).order_by("-version_num")
    rows: Iterable[Any] = (  # any: the type checker does not see what is annotated
        BundleLink.objects.filter(borrower=find_bundle(bundle_uuid))
        .open()
        .select_related("lender")
        .annotate(latest_num=Subquery(newest.values("version_num")[:1]))
    )
    return [
        OutdatedLinkData(
            alias=row.alias,
            bundle_uuid=row.lender.uuid,
            version=row.lender_version,
            latest_version=row.latest_num or 0,
            deleted=row.lender.deleted_at is not None,
        )
        for row in sorted(rows, key=lambda row: row.alias)
        if (row.latest_num or 0) > row.lender_version or row.lender.deleted_at is not None
    ]


def get_affected_bundles(
    bundle_uuid: UUID | str, *, after: UUID | str | None = None, limit: int | None = None
) -> list[UUID]:
    """Return who must be told of a new version: all whose latest version depends on the bundle.

    Weak links count where they lead to the bundle itself, but are not followed any further. Each
    bundle is there once, even where bundles borrow (older versions) from each other.

    Args:
        after: The last one of the page before.
        limit: How many to return at most; None for all.

    Raises:
        BundleNotFound: There is no such bundle, or no such ``after``.
        Invalid: The limit is not positive.
    """
    check_page(limit)
    lender = find_bundle(bundle_uuid)
    after_key = find_bundle(after, with_deleted=True).pk if after is not None else 0
    return [UUID(str(value)) for value in _affected(lender.pk, after_key, limit)]


def _affected(lender_id: int, after_key: int, limit: int | None) -> list[str]:
    connection = write_connection()
    link, bundle = (
        connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001  (public, by its docs)
        for model in (BundleLink, Bundle)
    )
    # "UNION" (not "UNION ALL") visits each bundle once, so it ends even where there are cycles.
    # Only names of tables are filled in here; values go as parameters.
    query = f"""
        WITH RECURSIVE affected (id) AS (
            SELECT borrower_id FROM {link}
            WHERE lender_id = %s AND last_version IS NULL AND NOT weak
            UNION
            SELECT link.borrower_id FROM {link} link
            JOIN affected ON link.lender_id = affected.id
            WHERE link.last_version IS NULL AND NOT link.weak
        ), told (id) AS (
            SELECT id FROM affected
            UNION
            SELECT borrower_id FROM {link} WHERE lender_id = %s AND last_version IS NULL
        )
        SELECT bundle.uuid FROM {bundle} bundle JOIN told ON bundle.id = told.id
        WHERE bundle.id > %s AND bundle.id <> %s AND bundle.deleted_at IS NULL
        ORDER BY bundle.id {"LIMIT %s" if limit is not None else ""}
    """  # noqa: S608
    parameters = [lender_id, lender_id, after_key, lender_id]
    if limit is not None:
        parameters.append(limit)
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [row[0] for row in cursor.fetchall()]
