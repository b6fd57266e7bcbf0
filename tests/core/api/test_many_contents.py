"""The contents of many versions at a time."""

from __future__ import annotations

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget
from tests.counting import counting

pytestmark = pytest.mark.django_db


def test_contents_are_found_by_target_with_one_statement(
    collection: CollectionData, bundle: BundleData
) -> None:
    """Those that do not exist are left out."""
    bundles = [
        bundle.uuid,
        *(api.create_bundle(collection.uuid, f"b{n}", f"B{n}").uuid for n in range(20)),
    ]
    for number, each in enumerate(bundles):
        api.import_version(each, {"a.txt": f"contents {number}"})
    targets = [LinkTarget(each, 1) for each in bundles]
    with counting() as cost:
        found = api.get_many_contents([*targets, LinkTarget(bundle.uuid, 2)])
    assert cost.statements == 1
    assert [found[target].read("a.txt") for target in targets] == [
        f"contents {number}".encode() for number in range(len(bundles))
    ]
    assert set(found) == set(targets)


def test_nothing_is_found_for_nothing() -> None:
    """Without asking anybody."""
    assert api.get_many_contents([]) == {}
