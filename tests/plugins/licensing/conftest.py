"""Fixtures of the licensing plugin's tests: collections, and bundles with versions."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore_licensing import api as licensing
from tests.core.helpers import make_version
from tests.plugins.licensing.exchanging import HARVARD

MakeBundle = Callable[..., BundleData]


@pytest.fixture
def collection(db: None, file_storage: object) -> CollectionData:
    """A collection of Ann's, at Harvard."""
    return api.create_collection(
        "Physics", author="Ann", owner="Ann's university", publisher="https://harvard.example/"
    )


@pytest.fixture
def other(db: None, file_storage: object) -> CollectionData:
    """A collection of Bob's."""
    return api.create_collection("Bob's own", author="Bob", owner="Bob")


@pytest.fixture
def make_bundle(db: None, file_storage: object) -> MakeBundle:
    """A function that makes a bundle with so many versions."""

    def make(collection_uuid: UUID, title: str = "Newton", *, versions: int = 1) -> BundleData:
        bundle = api.create_bundle(collection_uuid, "bundle", title)
        for number in range(1, versions + 1):
            make_version(bundle.uuid, {"a.xml": f"<problem>{title} {number}</problem>"})
        return api.get_bundle(bundle.uuid)

    return make


@pytest.fixture
def bundle(collection: CollectionData, make_bundle: MakeBundle) -> BundleData:
    """A bundle of Ann's with one version."""
    return make_bundle(collection.uuid)


@pytest.fixture
def harvard(db: None) -> None:
    """The publisher of Ann's collection is known."""
    licensing.set_publisher(HARVARD)
