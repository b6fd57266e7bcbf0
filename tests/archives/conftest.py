"""Fixtures for the tests of archives."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.storage import Storage

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion

Refuse = Callable[..., str]


@pytest.fixture
def collection(db: None, file_storage: Storage) -> CollectionData:
    """An empty collection; what is stored goes to a folder of the test's own."""
    return api.create_collection("Here")


@pytest.fixture
def elsewhere(collection: CollectionData) -> CollectionData:
    """Another empty collection."""
    return api.create_collection("Elsewhere")


def count_rows() -> tuple[int, int, int]:
    """Return how many bundles, versions and links there are."""
    return Bundle.objects.count(), BundleVersion.objects.count(), BundleLink.objects.count()


@pytest.fixture
def refused(collection: CollectionData) -> Refuse:
    """Check that an archive is refused, dry run or not, and that nothing is left of it."""

    def check(archive: io.BytesIO, kind: type[Invalid], *mentioned: str) -> str:
        before = count_rows()
        messages = []
        for dry_run in (True, False):
            archive.seek(0)
            with pytest.raises(kind) as caught:
                api.import_archive(archive, collection_uuid=collection.uuid, dry_run=dry_run)
            assert type(caught.value) is kind
            messages.append(str(caught.value))
        assert count_rows() == before
        for text in mentioned:
            assert text in messages[-1], messages[-1]
        return messages[-1]

    return check


@pytest.fixture
def lender(collection: CollectionData) -> BundleData:
    """A bundle with two versions."""
    bundle = api.create_bundle(collection.uuid, "lender", "Lender", type="video", origin="course:l")
    api.import_version(bundle.uuid, {"v.xml": b"one"})
    api.import_version(bundle.uuid, {"v.xml": b"two"}, public={"v.xml"}, author="ada")
    return bundle


@pytest.fixture
def borrower(collection: CollectionData, lender: BundleData) -> BundleData:
    """A bundle that uses both versions of the other one, in versions of its own."""
    bundle = api.create_bundle(collection.uuid, "borrower", "Borrower", "It borrows")
    for number in (1, 2):
        api.import_version(
            bundle.uuid, {"b.xml": f"{number}".encode()}, {"lent": LinkTarget(lender.uuid, number)}
        )
    return bundle
