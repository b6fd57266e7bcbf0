"""A small world with every kind of caller, and content behind every kind of address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import field, frozen
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.data import Visibility
from openedx_blockstore.models import Draft, Job, Upload

VISIBILITIES: tuple[Visibility, ...] = ("private", "public_read", "public_reuse")
CALLERS = ("anonymous", "stranger", "reader", "author", "admin", "member", "staff")

BASE = "/api/v1/"


@frozen
class Place:
    """A collection with something in it for every address to be about."""

    collection: UUID
    bundle: UUID
    borrower: UUID
    deleted: UUID
    draft: UUID
    upload: UUID


@frozen
class World:
    """Who may ask, and the collection of each visibility."""

    users: dict[str, User] = field(factory=dict)
    places: dict[str, Place] = field(factory=dict)
    job: UUID | None = None

    def client(self, caller: str) -> APIClient:
        """A client that is logged in as somebody, or as nobody."""
        client = APIClient()
        if caller != "anonymous":
            client.force_authenticate(self.users[caller])
        return client


def make_place(users: dict[str, User], visibility: Visibility) -> Place:
    """Make a collection in which everybody but strangers has their role."""
    collection = api.create_collection(f"A {visibility} one", visibility=visibility).uuid
    for name in ("reader", "author", "admin"):
        role: Any = name
        api.set_role(collection, role, user=users[name])
    api.set_role(collection, "author", group="authors")
    bundle = api.create_bundle(collection, "unit", "Unit", type="problem").uuid
    draft = api.get_or_create_bundle_draft(bundle, "studio_draft").uuid
    api.write_draft_files(draft, {"unit.xml": "<unit/>", "static/a.txt": "a"})
    api.commit_draft(draft, author="author")
    api.write_draft_file(draft, "unit.xml", "<unit>2</unit>")
    api.commit_draft(draft, author="author")
    api.write_draft_files(draft, {"staged.txt": "staged", "unit.xml": "<unit>3</unit>"})
    borrower = api.create_bundle(collection, "borrower", "Borrower").uuid
    link_draft = api.get_or_create_bundle_draft(borrower, "studio_draft").uuid
    api.set_draft_link(link_draft, "unit", bundle, 1)
    api.commit_draft(link_draft)
    deleted = api.create_bundle(collection, "deleted", "Deleted").uuid
    api.delete_bundle(deleted)
    now = datetime.now(UTC)
    upload = Upload.objects.create(
        draft=Draft.objects.get(uuid=draft),
        bundle_uuid=bundle,
        path="large.bin",
        digest="0" * 64,
        size=10,
        part_size=10,
        storage_key="nowhere",
        created=now,
        expires=now + timedelta(days=1),
    )
    return Place(collection, bundle, borrower, deleted, draft, upload.uuid)


@pytest.fixture
def world(db: None, file_storage: object) -> World:
    """Every kind of caller, and a collection of each visibility."""
    users = {name: User.objects.create_user(name) for name in CALLERS if name != "anonymous"}
    users["staff"].is_staff = True
    users["staff"].save()
    users["member"].groups.add(Group.objects.create(name="authors"))
    places: dict[str, Place] = {
        str(visibility): make_place(users, visibility) for visibility in VISIBILITIES
    }
    now = datetime.now(UTC)
    job = Job.objects.create(
        kind="export_bundle",
        owner=users["reader"],
        state=Job.State.FAILED,
        error={"code": "storage_error", "message": "The storage failed.", "facts": {}},
        created=now,
        touched=now,
    )
    return World(users, places, job.uuid)


@pytest.fixture
def private(world: World) -> Place:
    """The private collection."""
    return world.places["private"]


@pytest.fixture
def author(world: World) -> APIClient:
    """A client of the author."""
    return world.client("author")


@pytest.fixture
def staff(world: World) -> APIClient:
    """A client of somebody on the staff."""
    return world.client("staff")
