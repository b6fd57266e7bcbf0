"""Whatever is sent to tagging, search and licensing, the OpenAPI document describes the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from tests.rest_api.asking import ask_whatever_is_allowed, document, operations
from tests.rest_api.conftest import Place, make_place

library = pytest.importorskip("openedx_tagging.api")
pytest.importorskip("license_expression")
pytest.importorskip("snowballstemmer")

_PLUGINS = ("licensing", "search", "tagging")
_OPERATIONS = operations(*(f"/v1/{name}/" for name in _PLUGINS))

_TAGS = {"taxonomy": "subjects", "values": ["Art"]}


@pytest.fixture
def served(
    live_server: LiveServer, file_storage: object, settings: Settings, tmp_path: Path
) -> tuple[str, Place, list[str]]:
    """A server with content of which the plugins know something, and tokens of those who ask."""
    given = settings.OPENEDX_BLOCKSTORE
    engines = {"sqlite": {"PATH": str(tmp_path / "index")}}
    settings.OPENEDX_BLOCKSTORE = {
        **given,
        "EVENT_RUNNER": "inline",
        "PLUGIN_SETTINGS": {
            **given["PLUGIN_SETTINGS"],
            "openedx_blockstore_search": {"ENGINE": "sqlite", "ENGINES": engines},
        },
    }
    settings.ALLOWED_HOSTS = ["*"]
    users = {
        name: User.objects.create_user(name) for name in ("reader", "author", "admin", "stranger")
    }
    staff = User.objects.create_user("staff", is_staff=True)
    Group.objects.create(name="authors")
    taxonomy = library.create_taxonomy("Subjects", export_id="subjects")
    library.add_tag_to_taxonomy(taxonomy, "Art")
    place = make_place(users, "private")
    asking = [staff, users["admin"], users["author"], users["reader"], users["stranger"]]
    tokens = [str(Token.objects.create(user=user).key) for user in asking]
    return f"{live_server.url}/api", place, tokens


def _note(place: Place) -> None:
    """Let the plugins know something of it."""
    client = APIClient()
    client.force_authenticate(User.objects.get(username="staff"))
    for path, body in (
        (f"tagging/bundles/{place.bundle}", _TAGS),
        (f"tagging/collections/{place.collection}", _TAGS),
        (f"licensing/collections/{place.collection}", {"expression": "CC-BY-4.0"}),
        (f"licensing/bundles/{place.bundle}", {"expression": "CC-BY-SA-4.0", "first_version": 2}),
    ):
        answer = client.put(f"/api/v1/{path}", body, format="json")
        assert answer.status_code == 200, answer.content
    publisher = {"iri": "https://harvard.example/", "name": "Harvard"}
    answer = client.post("/api/v1/licensing/publishers", publisher, format="json")
    assert answer.status_code == 201, answer.content


def test_all_three_are_described() -> None:
    """Every operation, and in words."""
    assert {path.split("/")[2] for _method, path in _OPERATIONS} == set(_PLUGINS)
    paths = document()["paths"]
    for method, path in _OPERATIONS:
        assert paths[path][method]["description"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("method", "path"), _OPERATIONS, ids=lambda value: str(value).removeprefix("/v1/")
)
def test_whatever_is_sent_the_answer_is_a_described_one(
    served: tuple[str, Place, list[str]], method: str, path: str
) -> None:
    """No 500, no status and no form that the document does not know; with content behind it."""
    server, place, tokens = served
    _note(place)
    real: dict[str, Any] = {
        "collection_uuid": str(place.collection),
        "bundle_uuid": str(place.bundle),
        "collection": str(place.collection),
        "version_num": 1,
        "path": "static/a.txt",
        "taxonomy": "subjects",
        "values": ["Art"],
        "expression": "CC-BY-4.0",
        "iri": "https://harvard.example/",
    }
    ask_whatever_is_allowed(method, path, server=server, tokens=tokens, real=lambda: real)
