"""The OpenAPI document is valid, and true: whatever is sent, it describes the answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Group, User
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from tests.rest_api.asking import ask_whatever_is_allowed, document, operations
from tests.rest_api.conftest import Place, World, make_place


def test_the_document_is_valid_and_says_something_of_everything(world: World) -> None:
    """It is OpenAPI 3, has an error for everything, and a sentence for every operation."""
    served = world.client("reader").get("/api/v1/schema").json()
    assert served["openapi"].startswith("3.0")
    assert served["servers"] == [{"url": "http://testserver/api"}]
    schemathesis.openapi.from_dict(served).config  # noqa: B018  (it can be loaded)
    for path, described in served["paths"].items():
        for method, operation in described.items():
            assert operation["description"], (method, path)
            assert {"401", "503"} <= set(operation["responses"]), (method, path)
            errors = [status for status in operation["responses"] if int(status) >= 400]
            for status in errors:
                content = operation["responses"][status].get("content", {})
                if content:
                    assert content["application/json"]["examples"], (method, path, status)


def test_drf_spectacular_finds_nothing_to_warn_of(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything in the document was described, nothing was guessed."""
    document()
    assert "Warning" not in capsys.readouterr().err
    assert "Error" not in capsys.readouterr().err


def test_the_document_can_be_browsed_without_other_servers(world: World) -> None:
    """The page takes all scripts and styles from this server."""
    response = world.client("reader").get(reverse("openedx_blockstore:docs"))
    page = response.content.decode()
    assert response["Content-Type"].startswith("text/html")
    assert 'data-schema="/api/v1/schema"' in page
    assert "://" not in page.replace("https://www.w3.org", "")


@pytest.fixture
def served(
    live_server: LiveServer, file_storage: object, settings: Any
) -> Iterator[tuple[str, Place, list[str]]]:
    """A server with content, and the tokens of those who ask."""
    settings.ALLOWED_HOSTS = ["*"]
    users = {name: User.objects.create_user(name) for name in ("reader", "author", "admin")}
    users["stranger"] = User.objects.create_user("stranger")
    staff = User.objects.create_user("staff", is_staff=True)
    Group.objects.create(name="authors")
    place = make_place(users, "private")
    asking = [staff, users["admin"], users["author"], users["reader"]]
    tokens = [str(Token.objects.create(user=user).key) for user in asking]
    yield f"{live_server.url}/api", place, tokens
    for thread in threading.enumerate():
        if thread.name.startswith("blockstore-job-"):
            thread.join(20)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path"), operations("/v1/"), ids=lambda value: str(value).removeprefix("/v1/")
)
def test_whatever_is_sent_the_answer_is_a_described_one(
    served: tuple[str, Place, list[str]], method: str, path: str
) -> None:
    """No 500, no status and no form that the document does not know; with content behind it."""
    server, place, tokens = served
    real = {
        "collection_uuid": str(place.collection),
        "bundle_uuid": str(place.bundle),
        "draft_uuid": str(place.draft),
        "upload_uuid": str(place.upload),
        "version_num": 1,
        "path": "unit.xml",
    }
    ask_whatever_is_allowed(method, path, server=server, tokens=tokens, real=lambda: real)


def test_unknown_addresses_answer_in_json(world: World) -> None:
    """Like everything else."""
    client: APIClient = world.client("reader")
    response = client.get("/api/v1/no/such/thing")
    assert response.status_code == 404
    assert response.json() == {
        "code": "not_found",
        "message": "There is nothing at this address.",
        "facts": {},
    }
