"""A real OpenSearch: the one that the environment names, or one that is started here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import elasticsearch
import pytest

from tests.conftest import do_without
from tests.services.base import ServerFailedError, ServerMissingError
from tests.services.opensearch import OpenSearch


@pytest.fixture(scope="session")
def opensearch() -> Iterator[str]:
    """Its address."""
    if url := os.environ.get("BLOCKSTORE_TEST_OPENSEARCH"):
        yield url
        return
    server = OpenSearch()
    try:
        server.start()
    except (ServerMissingError, ServerFailedError) as error:
        do_without(f"no search engine: {error}")
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def opensearch_options(opensearch: str) -> Iterator[Mapping[str, Any]]:
    """Settings that lead to it, with a prefix of this test's own."""
    prefix = f"test-{uuid4().hex}"
    yield {"HOSTS": opensearch, "INDEX_PREFIX": prefix, "REPLICAS": 0, "TIMEOUT": 60}
    client = elasticsearch.Elasticsearch(opensearch, timeout=60)
    try:
        client.indices.delete(f"{prefix}-*")
    finally:
        client.transport.close()
