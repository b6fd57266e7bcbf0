"""Fixtures for the tests of the core."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, DraftData
from tests.core.races import start_racers


@pytest.fixture
def collection(db: None) -> CollectionData:
    """An empty collection, apart from what the test puts there."""
    return api.create_collection("Collection")


@pytest.fixture
def bundle(collection: CollectionData) -> BundleData:
    """A bundle without any version."""
    return api.create_bundle(collection.uuid, "bundle", "Bundle")


@pytest.fixture
def other_bundle(collection: CollectionData) -> BundleData:
    """Another bundle without any version."""
    return api.create_bundle(collection.uuid, "other", "Other bundle")


@pytest.fixture
def draft(bundle: BundleData) -> DraftData:
    """A draft of the bundle, with nothing staged."""
    return api.get_or_create_bundle_draft(bundle.uuid, "work")


@pytest.fixture
def other_draft(bundle: BundleData) -> DraftData:
    """Another draft of the same bundle."""
    return api.get_or_create_bundle_draft(bundle.uuid, "other work")


@pytest.fixture(scope="module")
def racers(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[ProcessPoolExecutor]:
    """Processes that run what they are given at the same time as each other."""
    with start_racers(tmp_path_factory.mktemp("races") / "files") as executor:
        yield executor
