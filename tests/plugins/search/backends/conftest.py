"""Real servers for the tests of the engine that speaks to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.plugins.search.hosts import Node


@pytest.fixture(params=["elasticsearch_url", "opensearch_url"])
def node_options(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Any]]:
    """Settings that lead to a real server, with a prefix of this test's own: once of each kind."""
    node = Node(request.getfixturevalue(request.param))
    yield node.options
    node.lose()
