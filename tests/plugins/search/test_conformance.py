"""The consumer is what every consumer is to be."""

from __future__ import annotations

import pytest

from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore.plugin_conformance.event_consumers import EventConsumerConformance
from openedx_blockstore_search.indexing.consumer import SearchConsumer


class TestSearchConsumer(EventConsumerConformance):
    """See the suite."""

    plugin = SearchConsumer

    @pytest.fixture(autouse=True)
    def _own_index(self, engine: SearchBackend) -> None:
        """An index of this test's own."""
