"""Finds what an address names, for a caller: not there and not to be seen are the same.

Each function returns the row, or raises the error for what does not exist; or
:class:`~django.core.exceptions.PermissionDenied` where the caller sees it, but may not do that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from openedx_blockstore.data import BundleLinkData, Dependency
from openedx_blockstore.exceptions import (
    BundleNotFound,
    CollectionNotFound,
    DraftNotFound,
    NotFound,
)
from openedx_blockstore.models import Bundle, Collection, Draft
from openedx_blockstore.permissions import Permission, User, check, is_staff, may, readable_bundles
from openedx_blockstore.rest_api.errors import InvalidReference

# Databases bound the number of values in one statement.
_BATCH = 500


def find_collection(user: User, uuid: str, permission: Permission = "read") -> Collection:
    """Return a collection with which a user may do something.

    Raises:
        CollectionNotFound: There is none, or not for this user.
        PermissionDenied: The user sees it, but may not do that.
    """
    parsed = parse_uuid(uuid)
    row = Collection.objects.filter(uuid=parsed).first() if parsed is not None else None
    if row is None or not _sees(user, permission, row):
        raise CollectionNotFound(uuid)
    return row


def find_bundle(
    user: User, uuid: str, permission: Permission = "read", *, with_deleted: bool = False
) -> Bundle:
    """Return a bundle, with its collection.

    Raises:
        BundleNotFound: There is none, or not for this user; or it was deleted.
        PermissionDenied: The user sees it, but may not do that.
    """
    parsed = parse_uuid(uuid)
    row = None
    if parsed is not None:
        row = Bundle.objects.select_related("collection").filter(uuid=parsed).first()
    if (
        row is None
        or (row.deleted_at is not None and not with_deleted)
        or not _sees(user, permission, row.collection)
    ):
        raise BundleNotFound(uuid)
    return row


def find_draft(user: User, uuid: str) -> Draft:
    """Return a draft, with its bundle. Only authors see drafts.

    Raises:
        DraftNotFound: There is none, or not for this user; or its bundle was deleted.
    """
    parsed = parse_uuid(uuid)
    rows = Draft.objects.select_related("bundle__collection")
    row = rows.filter(uuid=parsed, bundle__deleted_at=None).first() if parsed is not None else None
    if row is None or not may(user, "author", row.bundle.collection):
        raise DraftNotFound(uuid)
    return row


def _sees(user: User, permission: Permission, collection: Collection) -> bool:
    try:
        check(user, permission, collection)
    except CollectionNotFound:
        return False
    return True


def parse_uuid(text: str) -> UUID | None:
    """Return the UUID in its canonical text, or None."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text.lower() else None


@contextmanager
def in_body() -> Iterator[None]:
    """Answer 400 rather than 404: what is not there is named by the body, not by the address."""
    try:
        yield
    except NotFound as error:
        raise InvalidReference(error) from error


# Other bundles that an answer names --------------------------------------------------------------


def visible_bundles(user: User, uuids: Iterable[UUID]) -> set[UUID]:
    """Return those of these bundles that a user may see, in one statement per 500."""
    wanted = sorted(set(uuids))
    if is_staff(user):
        return set(wanted)
    rows = readable_bundles(user)
    return {
        uuid
        for start in range(0, len(wanted), _BATCH)
        for uuid in rows.filter(uuid__in=wanted[start : start + _BATCH]).values_list(
            "uuid", flat=True
        )
    }


def visibility_filter(user: User, links: Iterable[BundleLinkData]) -> Callable[[Dependency], bool]:
    """Return a function that tells which of the versions behind links a user may see."""
    named = {d.bundle_uuid for link in links for d in (link.direct, *link.indirect)}
    visible = visible_bundles(user, named)
    return lambda dependency: dependency.bundle_uuid in visible


def check_linkable(user: User, uuids: Iterable[UUID]) -> set[UUID]:
    """Return those of these bundles that a user may see; what they see they must be able to re-use.

    Raises:
        PermissionDenied: The user sees one of them, but may neither link to it nor copy it.
    """
    wanted = sorted(set(uuids))
    visible = visible_bundles(user, wanted)
    if is_staff(user):
        return visible
    shown = sorted(visible)
    for start in range(0, len(shown), _BATCH):
        rows = Collection.objects.filter(bundles__uuid__in=shown[start : start + _BATCH])
        for collection in rows.distinct():
            check(user, "reuse", collection)
    return visible
