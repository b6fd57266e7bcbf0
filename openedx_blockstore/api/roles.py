"""Roles on collections, and who changed them. Nothing here asks whether a caller may.

What a role permits is the business of :mod:`openedx_blockstore.permissions`.
"""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group
from django.db.models import Q

from openedx_blockstore.api._audit import audit
from openedx_blockstore.api._events import new_event, record
from openedx_blockstore.api._lookup import find_collection, parse_uuid
from openedx_blockstore.api._transactions import locked, write_transaction
from openedx_blockstore.api._values import check_choice, check_page, check_text
from openedx_blockstore.data import CollectionAuditData, EventKind, Role, RoleData
from openedx_blockstore.exceptions import CollectionNotFound, Invalid
from openedx_blockstore.models import Collection, CollectionAudit, CollectionRole


def set_role(
    collection_uuid: UUID | str,
    role: Role | None,
    *,
    user: AbstractBaseUser | str | None = None,
    group: Group | str | None = None,
    actor: str = "",
) -> None:
    """Give a user, or all members of a group, a role on a collection; or take it from them.

    Args:
        role: The new role; None for none.
        user: The user, or the user's name.
        group: The group, or its name.
        actor: The name of the user who does this, for the audit.

    Raises:
        CollectionNotFound: There is no such collection.
        Invalid: There is no such role, user or group; or not exactly one of the last two is given.
    """
    if role is not None:
        check_choice("role", role)
    if (user is None) == (group is None):
        raise Invalid("A role is given to either a user or a group.")
    holder = {"user": _user(user)} if user is not None else {"group": _group(group)}
    with write_transaction():
        # One at a time, so that what the audit says was before, was.
        collection = locked(Collection.objects.filter(Q(uuid=parse_uuid(collection_uuid)))).first()
        if collection is None:
            raise CollectionNotFound(collection_uuid)
        row = CollectionRole.objects.filter(collection=collection, **holder).first()
        before = row.role if row is not None else None
        if before == role:
            return
        if role is None:
            CollectionRole.objects.filter(collection=collection, **holder).delete()
        else:
            CollectionRole.objects.update_or_create(
                collection=collection, **holder, defaults={"role": role}
            )
        (kind, who), *_ = holder.items()
        name = who.get_username() if isinstance(who, AbstractBaseUser) else who.name
        audit(
            collection.uuid,
            CollectionAudit.Action.ROLES,
            actor=actor,
            changes={f"role of {kind} {name}": (before, role)},
        )
        record(
            new_event(
                EventKind.ROLES_CHANGED,
                collection.uuid,
                actor=actor,
                facts={kind: name, "before": before, "after": role},
            )
        )


def get_roles(collection_uuid: UUID | str) -> list[RoleData]:
    """Return all roles on a collection: those of users, then those of groups, sorted by name.

    Raises:
        CollectionNotFound: There is no such collection.
    """
    collection = find_collection(collection_uuid)
    rows = CollectionRole.objects.filter(collection=collection).select_related("user", "group")
    roles = [
        RoleData(
            collection_uuid=collection.uuid,
            role=cast(Role, row.role),
            user=row.user.get_username() if row.user is not None else None,
            group=row.group.name if row.group is not None else None,
        )
        for row in rows
    ]
    return sorted(roles, key=lambda role: (role.user is None, role.user or role.group or ""))


def get_collection_audit(
    collection_uuid: UUID | str, *, after: int | None = None, limit: int | None = None
) -> list[CollectionAuditData]:
    """Return who changed a collection's metadata or roles, oldest first; deleted ones' as well.

    Args:
        after: The key of the last one of the page before.
        limit: How many to return at most; None for all.

    Raises:
        Invalid: The limit is not positive.
    """
    check_page(limit)
    if after is not None and (isinstance(after, bool) or not isinstance(after, int)):
        raise Invalid(f"after must be the key of an entry, not {after!r}.")
    rows = CollectionAudit.objects.filter(Q(collection_uuid=parse_uuid(collection_uuid)))
    if after is not None:
        rows = rows.filter(pk__gt=min(max(after, 0), 2**63 - 1))
    return [
        CollectionAuditData(
            key=row.pk,
            collection_uuid=row.collection_uuid,
            action=row.action,  # type: ignore[arg-type]
            actor=row.actor,
            at=row.at,
            changes={what: (before, after) for what, (before, after) in row.changes.items()},
        )
        for row in rows.order_by("pk")[:limit]
    ]


def _user(user: Any) -> AbstractBaseUser:
    if isinstance(user, AbstractBaseUser):
        return user
    model = get_user_model()
    name = check_text("user's name", user)
    found = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()  # noqa: SLF001
    if found is None:
        raise Invalid(f"There is no user {name!r}.")
    return found


def _group(group: Any) -> Group:
    if isinstance(group, Group):
        return group
    name = check_text("group's name", group)
    found = Group.objects.filter(name=name).first()
    if found is None:
        raise Invalid(f"There is no group {name!r}.")
    return found
