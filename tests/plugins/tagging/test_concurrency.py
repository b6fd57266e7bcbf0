"""Several processes tag at the same time. They are real ones, and share the test's database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from uuid import UUID

import pytest
from openedx_tagging.models import ObjectTag

from openedx_blockstore import api
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.models import BundleTag
from tests.core.helpers import make_version
from tests.core.races import PROCESSES, race, start_racers
from tests.plugins.tagging.conftest import Taxonomies
from tests.plugins.tagging.telling import Told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def racers(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[ProcessPoolExecutor]:
    """Processes that run what they are given at the same time as each other."""
    with start_racers(tmp_path_factory.mktemp("races") / "files") as executor:
        yield executor


@pytest.fixture
def bundle_uuid(racers: ProcessPoolExecutor, taxonomies: Taxonomies) -> UUID:
    """A bundle with a version that the processes see."""
    collection = api.create_collection("Races").uuid
    uuid = api.create_bundle(collection, "race").uuid
    make_version(uuid, {"a.txt": "a"})
    return uuid


def tag(bundle_uuid: UUID, taxonomy: str, values: list[str]) -> bool:
    return tagging.tag_bundle(bundle_uuid, taxonomy, values)


def tag_part(bundle_uuid: UUID, part: str) -> bool:
    return tagging.tag_bundle(bundle_uuid, "keywords", ["same"], part=part)


def tag_collection(collection_uuid: UUID, value: str) -> bool:
    return tagging.tag_collection(collection_uuid, "level", [value])


def test_one_of_those_who_set_the_same_changes_something(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    told = Told.from_now_on()
    results = race(racers, *[(tag, bundle_uuid, "subjects", ["Art"])] * PROCESSES)
    assert sorted(results) == [False] * (PROCESSES - 1) + [True]
    assert BundleTag.objects.count() == ObjectTag.objects.count() == 1
    assert len(told.bundles()) == 1


def test_of_those_who_set_something_else_one_is_last(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    for _round in range(3):
        values = [[f"k{number}", "all"] for number in range(PROCESSES)]
        results = race(racers, *[(tag, bundle_uuid, "keywords", each) for each in values])
        assert True in results
        found = [each.value for each in tagging.get_tags(bundle_uuid)]
        assert sorted(found) in [sorted(each) for each in values]
        # Nobody's other tag is left, as there is but one version.
        assert ObjectTag.objects.count() == BundleTag.objects.count() == 2


def test_parts_and_taxonomies_do_not_disturb_one_another(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    parts = [f"{number}.xml" for number in range(PROCESSES - 2)]
    results = race(
        racers,
        (tag, bundle_uuid, "level", ["Easy"]),
        (tag, bundle_uuid, "subjects", ["Art"]),
        *[(tag_part, bundle_uuid, part) for part in parts],
    )
    assert results == [True] * PROCESSES
    found = tagging.get_all_tags(bundle_uuid)
    assert [each.value for each in found.tags] == ["Easy", "Art"]
    assert sorted(found.parts) == parts


def test_a_collection_has_one_tag_of_those_set_at_once(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    collection = api.get_bundle(bundle_uuid).collection_uuid
    assert collection is not None
    values = ["Easy", "Hard"] * (PROCESSES // 2)
    race(racers, *[(tag_collection, collection, value) for value in values])
    assert len(tagging.get_collection_tags(collection)) == 1
