"""OpenSearch as a search engine, by the client of Elasticsearch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from openedx_blockstore.plugin_conformance.search_backends import SearchBackendConformance
from openedx_blockstore_search.backends.elasticsearch import ElasticsearchBackend

pytestmark = pytest.mark.services


class TestElasticsearch(SearchBackendConformance):
    """It does what every engine must."""

    plugin = ElasticsearchBackend

    @pytest.fixture
    def search_options(self, opensearch_options: Mapping[str, Any]) -> Mapping[str, Any]:
        """A prefix of the test's own."""
        return opensearch_options
