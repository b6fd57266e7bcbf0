"""Fixtures for the tests of search: an index of each test's own."""

from __future__ import annotations

from collections.abc import Callable
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

EngineMaker = Callable[..., SearchBackend]


def search_settings(settings: Settings, **values: Any) -> None:
    """Override settings of search."""
    given = settings.OPENEDX_BLOCKSTORE
    plugins = given.get("PLUGIN_SETTINGS", {})
    settings.OPENEDX_BLOCKSTORE = {
        **given,
        "PLUGIN_SETTINGS": {**plugins, PACKAGE: {**plugins.get(PACKAGE, {}), **values}},
    }


@pytest.fixture
def index_folder(tmp_path: Path) -> Path:
    """The folder of the embedded engine's index."""
    return tmp_path / "index"


@pytest.fixture
def engine(settings: Settings, index_folder: Path, file_storage: Storage) -> SearchBackend:
    """The embedded engine, with an index of this test's own."""
    search_settings(settings, ENGINE="sqlite", ENGINES={"sqlite": {"PATH": str(index_folder)}})
    # Tests say themselves when something is indexed.
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_RUNNER": "command"}
    return get_engine()


@pytest.fixture
def inline(engine: SearchBackend, settings: Settings) -> SearchBackend:
    """What is committed is indexed right away, as in the stand-alone project."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_RUNNER": "inline"}
    return get_engine()


@pytest.fixture
def collection(db: None) -> CollectionData:
    """A collection."""
    return api.create_collection("Owls")
