"""Roles on collections, what they permit, and who changed what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.exceptions import PermissionDenied

from openedx_blockstore import api, permissions
from openedx_blockstore.data import CollectionData, RoleData
from openedx_blockstore.exceptions import CollectionNotFound, Invalid
from openedx_blockstore.models import Collection

pytestmark = pytest.mark.django_db

LEVELS: tuple[permissions.Permission, ...] = ("read", "reuse", "author", "admin")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def collection() -> CollectionData:
    return api.create_collection("Physics")


def row(collection: CollectionData) -> Collection:
    return Collection.objects.get(uuid=collection.uuid)


def may(user: Any, collection: CollectionData) -> Sequence[str]:
    """What somebody may do, in the order of LEVELS; the lists agree with the single answers."""
    allowed = [level for level in LEVELS if permissions.may(user, level, row(collection))]
    for level, listed in (
        ("read", permissions.readable_collections(user)),
        ("author", permissions.authored_collections(user)),
    ):
        assert listed.filter(uuid=collection.uuid).exists() == (level in allowed)
    return allowed


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (None, []),
        ("reader", ["read", "reuse"]),
        ("author", ["read", "reuse", "author"]),
        ("admin", ["read", "reuse", "author", "admin"]),
    ],
)
@pytest.mark.parametrize("through", ["user", "group"])
def test_a_role_includes_the_smaller_ones(
    ada: User, collection: CollectionData, role: Any, allowed: list[str], through: str
) -> None:
    """For users and for members of groups alike."""
    if through == "group":
        ada.groups.add(Group.objects.create(name="physicists"))
    holder: dict[str, Any] = {"user": ada} if through == "user" else {"group": "physicists"}
    api.set_role(collection.uuid, "reader", **holder)
    api.set_role(collection.uuid, role, **holder)
    assert may(ada, collection) == allowed


@pytest.mark.parametrize(
    ("visibility", "allowed"),
    [("private", []), ("public_read", ["read"]), ("public_reuse", ["read", "reuse"])],
)
def test_visibility_is_for_everybody_who_is_logged_in(
    ada: User, visibility: Any, allowed: list[str]
) -> None:
    """But for nobody who is not, or is locked out."""
    collection = api.create_collection("Physics", visibility=visibility)
    assert may(ada, collection) == allowed
    assert may(AnonymousUser(), collection) == []
    ada.is_active = False
    assert may(ada, collection) == []


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_staff_may_do_everything(ada: User, collection: CollectionData, flag: str) -> None:
    """Unless they are locked out."""
    setattr(ada, flag, True)
    assert may(ada, collection) == list(LEVELS)
    permissions.check_create_collection(ada)
    ada.is_active = False
    assert may(ada, collection) == []


def test_what_may_not_be_seen_is_not_found(ada: User, collection: CollectionData) -> None:
    """What may be seen but not done is denied."""
    with pytest.raises(CollectionNotFound):
        permissions.check(ada, "author", row(collection))
    api.set_role(collection.uuid, "reader", user="ada")
    with pytest.raises(PermissionDenied, match="author"):
        permissions.check(ada, "author", row(collection))


def test_collections_are_made_by_those_with_djangos_permission(ada: User) -> None:
    """A site decides whether its authors make collections themselves."""
    with pytest.raises(PermissionDenied):
        permissions.check_create_collection(ada)
    ada.user_permissions.add(Permission.objects.get(codename="add_collection"))
    permissions.check_create_collection(User.objects.get(pk=ada.pk))


def test_bundles_follow_their_collection(ada: User, collection: CollectionData) -> None:
    """A role on another collection says nothing."""
    mine = api.create_bundle(collection.uuid, "mine")
    api.create_bundle(api.create_collection("Other").uuid, "other")
    api.set_role(collection.uuid, "reader", user=ada)
    assert [bundle.uuid for bundle in permissions.readable_bundles(ada)] == [mine.uuid]
    assert list(permissions.authored_bundles(ada)) == []


def test_roles_are_listed(ada: User, collection: CollectionData) -> None:
    """Users come first, then groups."""
    Group.objects.create(name="all")
    api.set_role(collection.uuid, "reader", group="all")
    api.set_role(collection.uuid, "author", user=ada)
    assert api.get_roles(str(collection.uuid)) == [
        RoleData(collection.uuid, "author", user="ada"),
        RoleData(collection.uuid, "reader", group="all"),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        {"role": "owner", "user": "ada"},
        {"role": "reader"},
        {"role": "reader", "user": "ada", "group": "all"},
        {"role": "reader", "user": "nobody"},
        {"role": "reader", "group": "nobody"},
        {"role": "reader", "user": 7},
    ],
)
def test_a_role_that_can_not_be_is_refused(
    ada: User, collection: CollectionData, arguments: Any
) -> None:
    """And nothing is written down."""
    role = arguments.pop("role")
    with pytest.raises(Invalid):
        api.set_role(collection.uuid, role, **arguments)
    assert api.get_roles(collection.uuid) == []


def test_every_change_is_audited_and_outlives_the_collection(
    ada: User, collection: CollectionData
) -> None:
    """Who, what, from what, to what; nothing where nothing changed."""
    api.update_collection(collection.uuid, "Optics", visibility="public_read", actor="ada")
    api.update_collection(collection.uuid, "Optics")
    api.set_role(collection.uuid, "reader", user=ada, actor="bo")
    api.set_role(collection.uuid, "reader", user=ada, actor="bo")
    api.set_role(collection.uuid, None, user=ada, actor="bo")
    api.set_role(collection.uuid, None, user=ada, actor="bo")
    api.delete_collection(collection.uuid, actor="cy")
    entries = api.get_collection_audit(collection.uuid)
    assert [(entry.action, entry.actor, entry.changes) for entry in entries] == [
        ("created", "", {"title": (None, "Physics"), "visibility": (None, "private")}),
        (
            "updated",
            "ada",
            {"title": ("Physics", "Optics"), "visibility": ("private", "public_read")},
        ),
        ("roles", "bo", {"role of user ada": (None, "reader")}),
        ("roles", "bo", {"role of user ada": ("reader", None)}),
        ("deleted", "cy", {"title": ("Optics", None), "visibility": ("public_read", None)}),
    ]
    assert api.get_collection_audit(collection.uuid, after=entries[1].key, limit=2) == entries[2:4]


def test_unknown_collections_have_no_roles(ada: User) -> None:
    """Asking for them says so."""
    with pytest.raises(CollectionNotFound):
        api.get_roles("nonsense")
    with pytest.raises(CollectionNotFound):
        api.set_role("nonsense", "reader", user=ada)
