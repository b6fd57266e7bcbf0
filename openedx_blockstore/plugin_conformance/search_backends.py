"""The suite for search engines.

::

    class TestMyEngine(SearchBackendConformance):
        plugin = MyEngine

        @pytest.fixture
        def search_options(self, tmp_path):
            return {"PATH": tmp_path}
"""

from __future__ import annotations

from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore.plugin_conformance._plugin import PluginConformance
from openedx_blockstore.plugin_conformance._search.documents import DocumentSuite
from openedx_blockstore.plugin_conformance._search.finding import FindingSuite
from openedx_blockstore.plugin_conformance._search.generations import GenerationSuite
from openedx_blockstore.plugin_conformance._search.paging import PagingSuite
from openedx_blockstore.plugin_conformance._search.showing import ShowingSuite
from openedx_blockstore.plugin_conformance._search.visibility import VisibilitySuite


class SearchBackendConformance(
    PluginConformance,
    GenerationSuite,
    DocumentSuite,
    FindingSuite,
    ShowingSuite,
    VisibilitySuite,
    PagingSuite,
):
    """Everything that every search engine must do.

    A subclass names its engine, and says with ``search_options`` where one test finds nothing that
    another one has left.
    """

    contract = SearchBackend
