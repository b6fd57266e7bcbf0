"""The OpenAPI document has the bridge in it, and whatever is sent, it describes the answer."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer
from rest_framework.authtoken.models import Token
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openedx_blockstore.rest_api.schema import build_schema
from openedx_blockstore_xblock.rest_api.urls import urlpatterns
from tests.bridge.rest.conftest import make_world

_EXAMPLES = int(os.environ.get("BLOCKSTORE_TEST_EXAMPLES", "25"))
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_PREFIX = "/v1/xblock/"


def _document() -> dict[str, Any]:
    return build_schema(server="http://localhost/api")


_OPERATIONS = [
    (method, path)
    for path, operations in _document()["paths"].items()
    if path.startswith(_PREFIX)
    for method in operations
    if method != "parameters"
]


def test_the_document_has_every_operation() -> None:
    """With a sentence about each, and its errors."""
    paths = _document()["paths"]
    assert len({path for _method, path in _OPERATIONS}) == len(urlpatterns)
    for method, path in _OPERATIONS:
        assert paths[path][method]["description"], (method, path)
        assert {"401", "503"} <= set(paths[path][method]["responses"])


def test_nothing_of_the_bridge_was_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    """The library warns of what it can not know."""
    _document()
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
    operation = schemathesis.openapi.from_dict(_document())[path][method.upper()]

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(),
        token=st.sampled_from([tokens[0], *tokens]),
        is_real=st.sampled_from([True, True, True, False]),
    )
    def ask(case: Any, *, token: str, is_real: bool) -> None:
        if is_real:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = real[name]
            if isinstance(case.body, dict):
                case.body |= {name: real[name] for name in case.body if name in real}
        case.call_and_validate(
            base_url=f"{live_server.url}/api",
            headers={"Authorization": f"Token {token}"},
            checks=_CHECKS,
            timeout=20,
            allow_redirects=False,
        )

    ask()
