"""How much a version holds, before anybody downloads it."""

from __future__ import annotations

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget, SizeData
from openedx_blockstore.exceptions import BundleVersionNotFound
from tests.core.helpers import make_version, target_of

pytestmark = pytest.mark.django_db


def test_each_distinct_content_of_a_bundle_counts_once(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "12345", "b": "12345", "c": "123", "empty": ""})
    assert api.get_size(bundle.uuid) == SizeData(bytes=8, files=4, bundle_versions=1)


def test_a_version_counts_without_what_other_versions_hold(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "12345"})
    make_version(bundle.uuid, {"a": "123"})
    assert api.get_size(bundle.uuid, 1).bytes == 5
    assert api.get_size(bundle.uuid, 2).bytes == api.get_size(bundle.uuid).bytes == 3


def test_dependencies_count_once_and_weak_ones_not_at_all(
    bundle: BundleData, collection: CollectionData
) -> None:
    def lender(contents: str, **links: LinkTarget) -> LinkTarget:
        made = api.create_bundle(collection.uuid, "s")
        return target_of(make_version(made.uuid, {"f": contents}, links))

    bottom = lender("1" * 10)
    newer = target_of(make_version(bottom.bundle_uuid, {"g": "2" * 20}))
    left, right = lender("3" * 100, b=bottom), lender("4" * 200, b=newer)
    weak = lender("5" * 1000)
    make_version(
        bundle.uuid,
        {"f": "6" * 3000},
        {"l": left, "r": right, "w": LinkTarget(weak.bundle_uuid, 1, weak=True)},
    )
    assert api.get_size(bundle.uuid, with_dependencies=False) == SizeData(3000, 1, 1)
    # Both versions of the one at the bottom hold the same first file.
    assert api.get_size(bundle.uuid) == SizeData(3330, 6, 5)


def test_equal_contents_of_two_bundles_count_twice(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    """Each bundle keeps its own, and each is a download of its own."""
    lender = target_of(make_version(other_bundle.uuid, {"a": "12345"}))
    make_version(bundle.uuid, {"a": "12345"}, {"lib": lender})
    assert api.get_size(bundle.uuid).bytes == 10


def test_a_bundle_without_a_version_has_no_size(bundle: BundleData) -> None:
    with pytest.raises(BundleVersionNotFound):
        api.get_size(bundle.uuid)
    with pytest.raises(BundleVersionNotFound):
        api.get_size(bundle.uuid, 0)
