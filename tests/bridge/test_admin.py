"""Admin pages: they are there, refuse what the API refuses, and show what learners have left."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client

from openedx_blockstore.models_api import Bundle
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.models import BlockState, BlockSummary, ContextSetting
from openedx_blockstore_xblock.models import LearningContext as Row
from tests.bridge.conftest import usage
from tests.bridge.olx import MULTIPLE_CHOICE

pytestmark = pytest.mark.django_db

BASE = "/admin/openedx_blockstore_xblock"
PATH = "problem/food/definition.xml"


@pytest.fixture
def admin() -> Client:
    """A client of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def bundle(make_bundle: Callable[..., UUID]) -> UUID:
    """A bundle with a problem."""
    return make_bundle({PATH: MULTIPLE_CHOICE})


def form(bundle: UUID, **values: Any) -> dict[str, Any]:
    """What the form of a context sends, with one mount."""
    mount = {
        "alias": "main",
        "bundle": Bundle.objects.get(uuid=bundle).pk,
        "version_num": "",
        "draft_name": "",
        **values.pop("mount", {}),
    }
    return {
        "context_id": "owls",
        "title": "Owls",
        "owner": "",
        "parent": "",
        "mounts-TOTAL_FORMS": "1",
        "mounts-INITIAL_FORMS": "0",
        **{f"mounts-0-{name}": value for name, value in mount.items()},
        **values,
    }


def test_a_context_is_made_with_its_mounts_and_changed(admin: Client, bundle: UUID) -> None:
    """Its key stays."""
    assert admin.get(f"{BASE}/learningcontext/add/").status_code == 200
    made = admin.post(f"{BASE}/learningcontext/add/", form(bundle))
    assert made.status_code == 302
    context = bridge.get_learning_context("owls")
    assert (context.title, context.mounts[0].alias) == ("Owls", "main")
    row = Row.objects.get(context_id="owls")
    address = f"{BASE}/learningcontext/{row.pk}/change/"
    assert "main" in admin.get(address).content.decode()
    changed = form(bundle, context_id="other", title="Newer", **{"mounts-TOTAL_FORMS": "0"})
    assert admin.post(address, changed).status_code == 302
    assert bridge.get_learning_context("owls").title == "Newer"
    assert "Newer" in admin.get(f"{BASE}/learningcontext/?q=owls").content.decode()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"context_id": "a b"}, "is no id of a learning context"),
        ({"context_id": "global"}, "There is a learning context"),
        ({"context_id": "class~x"}, "are made where that comes from"),
        ({"mount": {"alias": "a/b"}}, "is no alias"),
        ({"mount": {"version_num": "9"}}, "version 9"),
        ({"mount": {"version_num": "1", "draft_name": "x"}}, "a version or of a draft"),
    ],
)
def test_what_the_api_refuses_is_refused_with_its_words(
    admin: Client, bundle: UUID, values: dict[str, Any], said: str
) -> None:
    """And nothing is made."""
    response = admin.post(f"{BASE}/learningcontext/add/", form(bundle, **values))
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not Row.objects.exists()


def test_settings_of_a_usage_are_made_and_changed(
    admin: Client, bundle: UUID, make_context: Callable[..., Any]
) -> None:
    """As the API checks them."""
    key = usage(bundle, PATH, block_type="problem", context=make_context("night", bundle))
    add = f"{BASE}/contextsetting/add/"
    assert admin.get(add).status_code == 200
    for wrong in (
        {"usage_key": "x", "values": '{"max_attempts": 1}'},
        {"usage_key": str(key), "values": '{"none": 1}'},
        {"usage_key": str(usage(bundle, PATH, block_type="problem")), "values": '{"due": null}'},
    ):
        assert admin.post(add, wrong).status_code == 200
    assert not ContextSetting.objects.exists()
    values = {"usage_key": str(key), "values": json.dumps({"max_attempts": 1})}
    assert admin.post(add, values).status_code == 302
    assert bridge.get_usage_settings(key) == {"max_attempts": 1}
    address = f"{BASE}/contextsetting/{ContextSetting.objects.get().pk}/change/"
    assert admin.get(address).status_code == 200
    assert admin.post(address, {"values": '{"max_attempts": 2}'}).status_code == 302
    assert bridge.get_usage_settings(key) == {"max_attempts": 2}
    assert "max_attempts" in admin.get(f"{BASE}/contextsetting/?q=night").content.decode()


def test_what_learners_have_left_is_shown_and_stays(admin: Client) -> None:
    """Nobody writes it by hand."""
    user = User.objects.create_user("athene")
    row = BlockState.objects.create(
        context_key="blockstore:owls",
        user=user,
        block_digest="d" * 64,
        block_type="problem",
        fields={"answer": "mice"},
    )
    BlockSummary.objects.create(context_key="blockstore:owls", block_digest="d" * 64)
    for table in ("blockstate", "blocksummary"):
        assert "blockstore:owls" in admin.get(f"{BASE}/{table}/?q=blockstore:owls").content.decode()
        assert admin.get(f"{BASE}/{table}/add/").status_code == 403
    address = f"{BASE}/blockstate/{row.pk}/change/"
    assert "mice" in admin.get(address).content.decode()
    assert admin.post(address, {"fields": "{}"}).status_code == 403
    assert admin.post(f"{BASE}/blockstate/{row.pk}/delete/", {"post": "yes"}).status_code == 403
