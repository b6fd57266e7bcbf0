"""Who may do what: the one module that says so, for REST, admin pages and whoever else asks.

Roles lie on collections; a collection's bundles, versions and drafts follow it. Permissions are
registered with ``rules`` under these names, each for a row of
:class:`~openedx_blockstore.models.Collection`:

``openedx_blockstore.read``
    See the collection, its bundles and their versions.
``openedx_blockstore.reuse``
    Link to its bundles and copy them.
``openedx_blockstore.author``
    See and edit drafts, make versions, make and delete bundles.
``openedx_blockstore.admin``
    Change the collection and its roles, read the audit, and take bundles out of the collection.

and for no row in particular:

``openedx_blockstore.create_collection``
    Make collections.

What a caller may not see answers as what does not exist: :func:`check` raises
:class:`~openedx_blockstore.exceptions.CollectionNotFound` then, and
:class:`~django.core.exceptions.PermissionDenied` for what may be seen but not done.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import rules
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from openedx_blockstore.exceptions import CollectionNotFound
from openedx_blockstore.models import Bundle, Collection, CollectionRole

User: TypeAlias = AbstractBaseUser | AnonymousUser

#: What one may do with a collection.
Permission = Literal["read", "reuse", "author", "admin"]

READ = "openedx_blockstore.read"
REUSE = "openedx_blockstore.reuse"
AUTHOR = "openedx_blockstore.author"
ADMIN = "openedx_blockstore.admin"
CREATE_COLLECTION = "openedx_blockstore.create_collection"

_Role = CollectionRole.Role
_Visibility = Collection.Visibility
_PUBLIC = (_Visibility.PUBLIC_READ, _Visibility.PUBLIC_REUSE)


# Predicates --------------------------------------------------------------------------------------


def is_active(user: User) -> bool:
    """Is logged in, and not locked out."""
    return bool(user.is_authenticated and user.is_active)


def is_staff(user: User) -> bool:
    """Is on the staff of the site, or a superuser."""
    return bool(getattr(user, "is_staff", False) or getattr(user, "is_superuser", False))


def may_add_collections(user: User) -> bool:
    """Has Django's own permission to add collections, directly or through a group."""
    has_perm = getattr(user, "has_perm", None)
    return has_perm is not None and bool(has_perm("openedx_blockstore.add_collection"))


def is_public(_user: User, collection: Collection | None) -> bool:
    """Everybody who is logged in may read it."""
    return collection is not None and collection.visibility in _PUBLIC


def is_reusable(_user: User, collection: Collection | None) -> bool:
    """Everybody who is logged in may link to it and copy it."""
    return collection is not None and collection.visibility == _Visibility.PUBLIC_REUSE


def is_reader(user: User, collection: Collection | None) -> bool:
    """Has any role on it."""
    return _has_role(user, collection, _Role.READER, _Role.AUTHOR, _Role.ADMIN)


def is_author(user: User, collection: Collection | None) -> bool:
    """Is an author or an admin of it."""
    return _has_role(user, collection, _Role.AUTHOR, _Role.ADMIN)


def is_admin(user: User, collection: Collection | None) -> bool:
    """Is an admin of it."""
    return _has_role(user, collection, _Role.ADMIN)


def _has_role(user: User, collection: Collection | None, *roles: CollectionRole.Role) -> bool:
    if collection is None:
        return False
    return _roles_of(user).filter(collection=collection, role__in=roles).exists()


def _roles_of(user: User) -> QuerySet[CollectionRole]:
    # A subquery rather than a join, so that a user's groups never repeat a row.
    groups: Any = user.groups.values("pk") if hasattr(user, "groups") else ()
    return CollectionRole.objects.filter(Q(user_id=user.pk) | Q(group_id__in=groups))


_active, _staff, _adds, _public, _reusable, _reader, _author, _admin = (
    rules.predicate(function)
    for function in (
        is_active,
        is_staff,
        may_add_collections,
        is_public,
        is_reusable,
        is_reader,
        is_author,
        is_admin,
    )
)
rules.add_perm(READ, _active & (_staff | _public | _reader))
rules.add_perm(REUSE, _active & (_staff | _reusable | _reader))
rules.add_perm(AUTHOR, _active & (_staff | _author))
rules.add_perm(ADMIN, _active & (_staff | _admin))
rules.add_perm(CREATE_COLLECTION, _active & (_staff | _adds))


# Questions ---------------------------------------------------------------------------------------


def readable_collections(user: User) -> QuerySet[Collection]:
    """Return the collections that a user may see.

    The same as asking for ``openedx_blockstore.read`` on each of them, in the database.
    """
    return _collections(user, Q(visibility__in=_PUBLIC), tuple(_Role))


def reusable_collections(user: User) -> QuerySet[Collection]:
    """Return the collections to whose bundles a user may link, and which they may copy."""
    return _collections(user, Q(visibility=_Visibility.PUBLIC_REUSE), tuple(_Role))


def authored_collections(user: User) -> QuerySet[Collection]:
    """Return the collections whose drafts a user may see and edit."""
    return _collections(user, Q(), (_Role.AUTHOR, _Role.ADMIN))


def _collections(
    user: User, public: Q, roles: tuple[CollectionRole.Role, ...]
) -> QuerySet[Collection]:
    if not is_active(user):
        return Collection.objects.none()
    if is_staff(user):
        return Collection.objects.all()
    own = Q(pk__in=_roles_of(user).filter(role__in=roles).values("collection"))
    return Collection.objects.filter(own | public if public else own)


def readable_bundles(user: User) -> QuerySet[Bundle]:
    """Return the bundles that a user may see, deleted ones included."""
    return _bundles(user, readable_collections(user))


def reusable_bundles(user: User) -> QuerySet[Bundle]:
    """Return the bundles to which a user may link, deleted ones included."""
    return _bundles(user, reusable_collections(user))


def authored_bundles(user: User) -> QuerySet[Bundle]:
    """Return the bundles whose drafts a user may see and edit, deleted ones included."""
    return _bundles(user, authored_collections(user))


def _bundles(user: User, collections: QuerySet[Collection]) -> QuerySet[Bundle]:
    if is_active(user) and is_staff(user):
        return Bundle.objects.all()
    return Bundle.objects.filter(collection__in=collections)


def may(user: User, permission: Permission, collection: Collection) -> bool:
    """Tell whether a user may do something with a collection."""
    return bool(rules.has_perm(f"openedx_blockstore.{permission}", user, collection))


def check(user: User, permission: Permission, collection: Collection) -> None:
    """Make sure that a user may do something with a collection.

    Raises:
        CollectionNotFound: They may not even see it.
        PermissionDenied: They may see it, but not do this.
    """
    if may(user, permission, collection):
        return
    if not may(user, "read", collection):
        raise CollectionNotFound(collection.uuid)
    raise PermissionDenied(_DENIED[permission])


def may_create_collections(user: User) -> bool:
    """Tell whether a user may make collections."""
    return bool(rules.has_perm(CREATE_COLLECTION, user))


def check_create_collection(user: User) -> None:
    """Make sure that a user may make collections.

    Raises:
        PermissionDenied: They may not.
    """
    if not may_create_collections(user):
        raise PermissionDenied("Only staff, and those with a permission for it, make collections.")


_DENIED = {
    "read": "This needs a role on the collection.",
    "reuse": (
        "Linking to a bundle or copying it needs a role on its collection; everybody may read this "
        "one, but not reuse it."
    ),
    "author": "This needs the role of an author on the collection.",
    "admin": "This needs the role of an admin on the collection.",
}
