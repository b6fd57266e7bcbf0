"""Every kind of caller, and a learning context with something in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from attrs import field, frozen
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from tests.bridge.conftest import usage
from tests.bridge.olx import MULTIPLE_CHOICE

#: ``owner`` has made the context, and is a reader; ``maker`` may make contexts, and has no role.
CALLERS = (
    "anonymous",
    "stranger",
    "reader",
    "author",
    "admin",
    "owner",
    "maker",
    "staff",
)
BASE = "/api/v1/xblock/"

FILES = {
    "unit.xml": (
        '<unit display_name="At night"><html url_name="intro" display_name="Intro">'
        "<![CDATA[<p>Owls <img src='/static/owl.png'/> hoot.</p>]]></html>"
        '<xblock-include definition="problem/food"/></unit>'
    ),
    "problem/food/definition.xml": MULTIPLE_CHOICE,
    "static/owl.png": "not really",
    "static/unused.png": "not used",
}


@frozen
class World:
    """Who may ask, and what about.

    Attributes:
        context: Mounts the bundle at its latest version as ``main``, at version 1 as ``pinned`` and
            at a draft as ``draft``.
    """

    collection: UUID
    bundle: UUID
    context: BlockstoreContextKey
    users: dict[str, User] = field(factory=dict)

    def client(self, caller: str) -> APIClient:
        """A client that is logged in as somebody, or as nobody."""
        client = APIClient()
        if caller != "anonymous":
            client.force_login(self.users[caller])
        return client

    def usage(self, path: str = "unit.xml", **more: Any) -> BlockstoreUsageKey:
        """The usage of a block in the context."""
        return usage(self.bundle, path, context=self.context, **more)

    def problem(self, **more: Any) -> BlockstoreUsageKey:
        """The usage of the problem."""
        return self.usage("problem/food/definition.xml", block_type="problem", **more)


def make_world(visibility: Any = "private") -> World:
    """Make a world whose collection has a visibility."""
    users = {name: User.objects.create_user(name) for name in CALLERS if name != "anonymous"}
    users["staff"].is_staff = True
    users["staff"].save()
    users["maker"].user_permissions.add(
        Permission.objects.get(
            codename="add_learningcontext", content_type__app_label="openedx_blockstore_xblock"
        )
    )
    collection = api.create_collection("Owls", visibility=visibility).uuid
    for name in ("reader", "author", "admin"):
        role: Any = name
        api.set_role(collection, role, user=users[name])
    api.set_role(collection, "reader", user=users["owner"])
    bundle = api.create_bundle(collection, "night", "Night", type="unit").uuid
    api.import_version(bundle, FILES)
    changed = FILES["unit.xml"].replace("At night", "At dawn")
    api.import_version(bundle, {**FILES, "unit.xml": changed})
    draft = api.get_or_create_bundle_draft(bundle, "studio_draft").uuid
    api.write_draft_file(draft, "unit.xml", FILES["unit.xml"].replace("At night", "Drafted"))
    context = bridge.create_learning_context("owls", title="Owls", owner=users["owner"]).key
    bridge.mount_bundle(context, "main", bundle)
    bridge.mount_bundle(context, "pinned", bundle, version=1)
    bridge.mount_bundle(context, "draft", bundle, draft="studio_draft")
    return World(collection, bundle, context, users)


@pytest.fixture
def world(db: None) -> World:
    """A world whose collection is private."""
    return make_world()
