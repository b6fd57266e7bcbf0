"""Fixtures for the tests of events: consumers that are registered as a stranger's are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData
from tests.core.events import consumers

# The fixtures are found by their names.
from tests.core.plugins.conftest import EntryPoints, installer, use_plugins  # noqa: F401


@pytest.fixture
def consumers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which consumers write down what they handled."""
    folder = tmp_path / "consumers"
    folder.mkdir()
    monkeypatch.setenv(consumers.FOLDER, str(folder))
    return folder


@pytest.fixture
def registered(
    consumers_folder: Path,
    use_plugins: Callable[[EntryPoints], None],  # noqa: F811
) -> Path:
    """The two consumers of the tests are installed and turned on."""
    use_plugins(consumers.ENTRY_POINTS)
    return consumers_folder


@pytest.fixture
def runner(settings: Any) -> Callable[..., None]:
    """Choose who hands events over, and how."""

    def choose(name: str, **values: Any) -> None:
        settings.OPENEDX_BLOCKSTORE = {
            **settings.OPENEDX_BLOCKSTORE,
            "EVENT_RUNNER": name,
            **values,
        }

    return choose


@pytest.fixture
def two_bundles(db: None) -> tuple[BundleData, BundleData]:
    """Two bundles of a collection, without versions."""
    collection = api.create_collection("Collection")
    return (
        api.create_bundle(collection.uuid, "one", "One"),
        api.create_bundle(collection.uuid, "two", "Two"),
    )
