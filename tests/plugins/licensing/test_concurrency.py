"""Several processes say something at once."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from uuid import UUID

import pytest

from openedx_blockstore import api as blockstore
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import PublisherData
from openedx_blockstore_licensing.exceptions import InvalidPublisher
from openedx_blockstore_licensing.models import BundleLicense, CollectionLicense, Publisher
from tests.core.conftest import racers
from tests.core.helpers import make_version
from tests.core.races import PROCESSES, ROUNDS, race

__all__ = ["racers"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LICENSES = ["MIT", "ISC", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "0BSD", "Zlib", "X11"]


def say_of_bundle(bundle_uuid: UUID, expression: str, first: int) -> bool:
    """Say something of a bundle from some version on."""
    return api.set_bundle_license(bundle_uuid, expression, first_version=first)


def say_of_collection(collection_uuid: UUID, expression: str) -> bool:
    """Say something of a collection."""
    return api.set_collection_license(collection_uuid, expression)


def say_of_publisher(iri: str, parent: str) -> bool:
    """Say what a publisher is part of."""
    return api.set_publisher(PublisherData(iri, iri, parent=parent))


def copy(bundle_uuid: UUID, collection_uuid: UUID) -> UUID:
    """Copy a bundle."""
    return api.copy_bundle(bundle_uuid, 1, collection_uuid).uuid


def test_spans_never_overlap(racers: ProcessPoolExecutor) -> None:
    collection = blockstore.create_collection("Races").uuid
    for _round in range(ROUNDS):
        bundle = blockstore.create_bundle(collection, "race").uuid
        runs = [
            (say_of_bundle, bundle, LICENSES[process], 1 + process % 3)
            for process in range(PROCESSES)
        ]
        assert race(racers, *runs) == [True] * PROCESSES
        rows = BundleLicense.objects.filter(bundle__uuid=bundle)
        for version in range(1, 5):
            assert rows.covering(version).count() == 1


def test_a_collection_says_one_thing_at_a_time(racers: ProcessPoolExecutor) -> None:
    collection = blockstore.create_collection("Races").uuid
    runs = [(say_of_collection, collection, LICENSES[process]) for process in range(PROCESSES)]
    assert race(racers, *runs) == [True] * PROCESSES
    assert CollectionLicense.objects.count() == PROCESSES
    again = api.get_collection_license(collection)
    for _round in range(ROUNDS):
        results = race(racers, *[(say_of_collection, collection, again)] * PROCESSES)
        assert not any(results)
    assert CollectionLicense.objects.count() == PROCESSES


def test_saying_the_same_at_once_is_saying_it_once(racers: ProcessPoolExecutor) -> None:
    for _round in range(ROUNDS):
        collection = blockstore.create_collection("Races").uuid
        results = race(racers, *[(say_of_collection, collection, "MIT")] * PROCESSES)
        assert sorted(results) == [False] * (PROCESSES - 1) + [True]
        assert len(api.get_collection_licenses(collection)) == 1


def test_two_publishers_do_not_become_part_of_each_other(racers: ProcessPoolExecutor) -> None:
    for number in range(ROUNDS):
        names = [f"https://p{number}.example/{index}" for index in range(4)]
        for name in names:
            api.set_publisher(PublisherData(name, name))
        runs = [(say_of_publisher, name, names[(i + 1) % 4]) for i, name in enumerate(names)]
        results = race(racers, *runs)
        assert any(isinstance(result, InvalidPublisher) for result in results)
        for row in Publisher.objects.all():
            above, seen = row, set()
            while above.parent is not None:
                assert above.pk not in seen
                seen.add(above.pk)
                above = above.parent


def test_copies_at_once_are_copies(racers: ProcessPoolExecutor) -> None:
    collection = blockstore.create_collection("Races", author="Ann").uuid
    bundle = blockstore.create_bundle(collection, "race").uuid
    make_version(bundle, {"a.txt": "a"})
    made = race(racers, *[(copy, bundle, collection)] * PROCESSES)
    assert len(set(made)) == PROCESSES
    for each in made:
        assert not api.get_credit(each).derived_from[0].modified
