"""SQLite as a search engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openedx_blockstore.plugin_conformance.search_backends import SearchBackendConformance
from openedx_blockstore_search.backends.sqlite import SqliteBackend


class TestSqlite(SearchBackendConformance):
    """It does what every engine must."""

    plugin = SqliteBackend

    @pytest.fixture
    def search_options(self, tmp_path: Path) -> Mapping[str, Any]:
        """A folder of the test's own."""
        return {"PATH": tmp_path / "search"}
