"""Sends whatever the OpenAPI document allows, and judges every answer by the document."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openedx_blockstore.rest_api.schema import build_schema

#: How many requests each operation gets; more where there is time.
_EXAMPLES = int(os.environ.get("BLOCKSTORE_TEST_EXAMPLES", "25"))

#: What must be true of every answer.
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def document() -> dict[str, Any]:
    """Return the OpenAPI document of everything that is installed."""
    return build_schema(server="http://localhost/api")


def operations(*prefixes: str) -> list[tuple[str, str]]:
    """Return the method and the path of every operation below some prefixes, such as ``/v1/``."""
    return [
        (method, path)
        for path, found in document()["paths"].items()
        if path.startswith(prefixes)
        for method in found
        if method != "parameters"
    ]


def ask_whatever_is_allowed(
    method: str,
    path: str,
    *,
    server: str,
    tokens: Sequence[str],
    real: Callable[[], Mapping[str, Any]],
) -> None:
    """Ask one operation many times; mostly with the names of what is there.

    Args:
        method: In small letters.
        path: As the document has it.
        server: The address below which the paths lie.
        tokens: Of those who ask, whoever may do most first.
        real: Returns values that lead to something, by parameter and field; asked every time, since
            the last request may have deleted what there was.

    Raises:
        schemathesis.FailureGroup: An answer that the document does not describe, or a 500.
    """
    operation = schemathesis.openapi.from_dict(document())[path][method.upper()]

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
            values = real()
            for sent in (case.path_parameters, case.query, case.body):
                if isinstance(sent, dict):
                    sent |= {name: values[name] for name in sent if name in values}
        case.call_and_validate(
            base_url=server,
            headers={"Authorization": f"Token {token}"},
            checks=_CHECKS,
            timeout=20,
            allow_redirects=False,
        )

    ask()
