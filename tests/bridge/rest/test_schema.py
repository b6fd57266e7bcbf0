"""The OpenAPI document has the bridge in it, and whatever is sent, it describes the answer."""

from __future__ import annotations

import pytest
from pytest_django.live_server_helper import LiveServer
from rest_framework.authtoken.models import Token

from openedx_blockstore_xblock.rest_api.urls import urlpatterns
from tests.bridge.rest.conftest import make_world
from tests.rest_api.asking import ask_whatever_is_allowed, document, operations

_PREFIX = "/v1/xblock/"
_OPERATIONS = operations(_PREFIX)


def test_the_document_has_every_operation() -> None:
    """With a sentence about each, and its errors."""
    paths = document()["paths"]
    assert len({path for _method, path in _OPERATIONS}) == len(urlpatterns)
    for method, path in _OPERATIONS:
        assert paths[path][method]["description"], (method, path)
        assert {"401", "503"} <= set(paths[path][method]["responses"])


def test_nothing_of_the_bridge_was_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    """The library warns of what it can not know."""
    document()
    assert "openedx_blockstore_xblock" not in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("method", "path"), _OPERATIONS, ids=lambda value: str(value).removeprefix(_PREFIX)
)
def test_whatever_is_sent_the_answer_is_a_described_one(
    live_server: LiveServer, method: str, path: str
) -> None:
    """No 500, no status and no form that the document does not know; with content behind it."""
    world = make_world()
    names = ("staff", "owner", "author", "reader")
    tokens = [Token.objects.create(user=world.users[name]).key for name in names]
    real = {
        "context_key": str(world.context),
        "usage_key": str(world.problem()),
        "alias": "main",
        "bundle_uuid": str(world.bundle),
        "handler_name": "xmodule_handler",
        "view_name": "student_view",
    }
    server = f"{live_server.url}/api"
    ask_whatever_is_allowed(method, path, server=server, tokens=tokens, real=lambda: real)
