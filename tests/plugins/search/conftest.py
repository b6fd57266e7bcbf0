"""Fixtures for the tests of search: an index of each test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore_search.conf import PACKAGE
from openedx_blockstore_search.indexing.engines import get_engine
from tests.plugins.search.hosts import ENGINES, Folder, Host, Node, running
from tests.services.search_engines import Elasticsearch, OpenSearch, SearchEngine


def search_settings(settings: Settings, **values: Any) -> None:
    """Override settings of search."""
    given = settings.OPENEDX_BLOCKSTORE
    plugins = given.get("PLUGIN_SETTINGS", {})
    settings.OPENEDX_BLOCKSTORE = {
        **given,
        "PLUGIN_SETTINGS": {**plugins, PACKAGE: {**plugins.get(PACKAGE, {}), **values}},
    }


def _address(kind: type[SearchEngine]) -> Iterator[str]:
    """The address of the server that the environment names, or of one that is started here."""
    if url := os.environ.get(kind.variable):
        yield url
        return
    with running(kind) as server:
        yield server.url


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """The address of a real Elasticsearch."""
    yield from _address(Elasticsearch)


@pytest.fixture(scope="session")
def opensearch_url() -> Iterator[str]:
    """The address of a real OpenSearch."""
    yield from _address(OpenSearch)


@pytest.fixture(params=ENGINES)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """Where the index lies: once on the embedded engine, once on Elasticsearch."""
    if request.param == "sqlite":
        yield Folder(tmp_path / "index")
        return
    node = Node(request.getfixturevalue("elasticsearch_url"))
    yield node
    node.lose()


@pytest.fixture
def engine(settings: Settings, host: Host, file_storage: Storage) -> Iterator[SearchBackend]:
    """An engine, with an index of this test's own."""
    search_settings(settings, **host.settings)
    # Tests say themselves when something is indexed.
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_RUNNER": "command"}
    yield get_engine()
    get_engine().close()


@pytest.fixture
def inline(engine: SearchBackend, settings: Settings) -> SearchBackend:
    """What is committed is indexed right away, as in the stand-alone project."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_RUNNER": "inline"}
    return get_engine()


@pytest.fixture
def collection(db: None) -> CollectionData:
    """A collection."""
    return api.create_collection("Owls")
