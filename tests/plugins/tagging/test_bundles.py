"""Tags of bundles and parts over spans of versions."""

from __future__ import annotations

from uuid import uuid4

import pytest
from openedx_tagging import api as library
from openedx_tagging.models import ObjectTag

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.exceptions import BundleNotFound, BundleVersionNotFound
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.models import BundleTag
from openedx_blockstore_tagging.object_ids import bundle_object_id
from tests.core.helpers import make_version
from tests.counting import counting
from tests.plugins.tagging.conftest import LANGUAGES, Taxonomies
from tests.plugins.tagging.telling import Told

PART = "p1.xml#one"


def values(bundle: BundleData, version: int | None = None, part: str | None = None) -> list[str]:
    """Return the tags of a version, as texts."""
    return [tag.value for tag in tagging.get_tags(bundle.uuid, version, part)]


def spans(bundle: BundleData, part: str = "") -> list[tuple[str, int, int | None]]:
    """Return which tags held for which versions."""
    return [
        (span.tag.value, span.first_version, span.last_version)
        for span in tagging.get_tag_history(bundle.uuid, part)
    ]


def library_values(bundle: BundleData, part: str = "") -> list[str]:
    """Return the tags that the library itself finds."""
    return [tag.value for tag in library.get_object_tags(bundle_object_id(bundle.uuid, part))]


def test_tags_hold_from_the_latest_version_on(bundle: BundleData, taxonomies: Taxonomies) -> None:
    assert tagging.tag_bundle(bundle.uuid, taxonomies.subjects.pk, ["Physics", "Art"])
    assert values(bundle) == values(bundle, 3) == ["Art", "Physics"]
    assert values(bundle, 2) == []
    make_version(bundle.uuid, {"p1.xml": "four"})
    assert values(bundle, 4) == ["Art", "Physics"]
    assert library_values(bundle) == ["Art", "Physics"]


def test_a_tag_says_what_it_is(bundle: BundleData, taxonomies: Taxonomies) -> None:
    tagging.tag_bundle(bundle.uuid, "subjects", [" optics "])
    (tag,) = tagging.get_tags(bundle.uuid)
    assert (tag.taxonomy, tag.taxonomy_name, tag.value) == ("subjects", "Subjects", "Optics")
    assert tag.lineage == ("Science", "Physics", "Optics")
    assert tag.external_id == "opt"


def test_the_range_is_split_where_tags_change(bundle: BundleData, taxonomies: Taxonomies) -> None:
    tagging.tag_bundle(bundle.uuid, "subjects", ["Physics", "Art"], version=1)
    tagging.tag_bundle(bundle.uuid, "subjects", ["Physics", "Optics"], version=3)
    assert spans(bundle) == [("Art", 1, 2), ("Physics", 1, None), ("Optics", 3, None)]
    assert library_values(bundle) == ["Physics", "Optics"]


def test_a_few_versions_can_be_tagged(bundle: BundleData, taxonomies: Taxonomies) -> None:
    tagging.tag_bundle(bundle.uuid, "subjects", ["Physics"], version=1)
    tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], versions=(2, 2))
    assert spans(bundle) == [("Physics", 1, 1), ("Art", 2, 2), ("Physics", 3, None)]
    assert [values(bundle, version) for version in (1, 2, 3)] == [["Physics"], ["Art"], ["Physics"]]
    # Taken back, it is as it was before: one span.
    tagging.tag_bundle(bundle.uuid, "subjects", ["Physics"], versions=(2, 2))
    assert spans(bundle) == [("Physics", 1, None)]
    assert ObjectTag.objects.count() == BundleTag.objects.count() == 1


def test_a_tag_comes_back(bundle: BundleData, taxonomies: Taxonomies) -> None:
    for version, tags in ((1, ["Physics"]), (2, []), (3, ["Physics"])):
        tagging.tag_bundle(bundle.uuid, "subjects", tags, version=version)
    assert spans(bundle) == [("Physics", 1, 1), ("Physics", 3, None)]
    assert library_values(bundle) == ["Physics"]
    tagging.tag_bundle(bundle.uuid, "subjects", [], version=3)
    assert spans(bundle) == [("Physics", 1, 1)]
    assert library_values(bundle) == []


def test_taxonomies_do_not_disturb_one_another(bundle: BundleData, taxonomies: Taxonomies) -> None:
    tagging.tag_bundle(bundle.uuid, "subjects", ["Physics"], version=1)
    tagging.tag_bundle(bundle.uuid, "level", ["Easy"], version=2)
    tagging.tag_bundle(bundle.uuid, "level", ["Hard"], version=3)
    tagging.tag_bundle(bundle.uuid, LANGUAGES, ["French"], version=3)
    tagging.tag_bundle(bundle.uuid, "keywords", ["Lens", "Light"], version=3)
    assert values(bundle) == ["Lens", "Light", "French", "Hard", "Physics"]
    tagging.tag_bundle(bundle.uuid, "subjects", [], version=3)
    assert values(bundle, 2) == ["Easy", "Physics"]
    assert values(bundle) == ["Lens", "Light", "French", "Hard"]


def test_parts_have_tags_of_their_own(bundle: BundleData, taxonomies: Taxonomies) -> None:
    tagging.tag_bundle(bundle.uuid, "subjects", ["Physics"])
    tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], part=PART)
    tagging.tag_bundle(bundle.uuid, "subjects", ["Optics"], part=PART.upper())
    assert values(bundle) == ["Physics"]
    assert values(bundle, part=PART) == ["Art"]
    assert library_values(bundle, PART) == ["Art"]
    tags = tagging.get_all_tags(bundle.uuid)
    assert {part: [tag.value for tag in some] for part, some in tags.parts.items()} == {
        PART: ["Art"],
        PART.upper(): ["Optics"],
    }
    assert spans(bundle, PART) == [("Art", 3, None)]
    assert len(tagging.get_tag_history(bundle.uuid)) == 3


def test_keys_of_parts_that_differ_in_a_blank_differ(
    bundle: BundleData, taxonomies: Taxonomies
) -> None:
    for part, value in ((PART, "Art"), (f"{PART} ", "Optics")):
        tagging.tag_bundle(bundle.uuid, "subjects", [value], part=part)
    assert values(bundle, part=PART) == ["Art"]
    assert values(bundle, part=f"{PART} ") == ["Optics"]
    tagging.tag_bundle(bundle.uuid, "subjects", [], part=PART)
    assert values(bundle, part=f"{PART} ") == ["Optics"]


def test_a_bundle_without_versions_can_be_tagged(
    collection: CollectionData, taxonomies: Taxonomies
) -> None:
    bundle = api.create_bundle(collection.uuid, "new", "New")
    tagging.tag_bundle(bundle.uuid, "subjects", ["Art"])
    assert values(bundle) == ["Art"]
    make_version(bundle.uuid, {"a.txt": "a"})
    assert values(bundle, 1) == ["Art"]


def test_free_text_is_the_same_whatever_its_case(
    bundle: BundleData, taxonomies: Taxonomies
) -> None:
    tagging.tag_bundle(bundle.uuid, "keywords", ["Lens", "lens", " Lens "])
    assert values(bundle) == ["Lens"]
    assert not tagging.tag_bundle(bundle.uuid, "keywords", ["LENS"])
    assert values(bundle) == ["Lens"]


def test_values_that_some_databases_take_for_the_same_follow_one_another(
    bundle: BundleData, taxonomies: Taxonomies
) -> None:
    for version, value in ((1, "resume"), (2, "résumé"), (3, "resume")):
        tagging.tag_bundle(bundle.uuid, "keywords", [value], version=version)
    assert [values(bundle, version) for version in (1, 2, 3)] == [
        ["resume"],
        ["résumé"],
        ["resume"],
    ]
    assert library_values(bundle) == ["resume"]


def test_who_watches_is_told_once(bundle: BundleData, taxonomies: Taxonomies, told: Told) -> None:
    assert tagging.tag_bundle(bundle.uuid, "subjects", ["Art", "Physics"], actor="ada")
    assert told.bundles() == [(bundle.uuid, "ada")]
    assert not tagging.tag_bundle(bundle.uuid, "subjects", ["physics", "Art"])
    assert not tagging.tag_bundle(bundle.uuid, "keywords", [])
    assert told.bundles() == [(bundle.uuid, "ada")]


def test_tagging_makes_no_version(bundle: BundleData, taxonomies: Taxonomies) -> None:
    before = api.get_bundle_version(bundle.uuid)
    tagging.tag_bundle(bundle.uuid, "subjects", ["Art"])
    assert api.get_bundle_version(bundle.uuid) == before


def test_tags_of_what_is_not_there(bundle: BundleData, taxonomies: Taxonomies) -> None:
    for uuid in (uuid4(), "nonsense", None):
        with pytest.raises(BundleNotFound):
            tagging.get_tags(uuid)  # type: ignore[arg-type]
        with pytest.raises(BundleNotFound):
            tagging.tag_bundle(uuid, "subjects", ["Art"])  # type: ignore[arg-type]
    with pytest.raises(BundleVersionNotFound):
        tagging.get_tags(bundle.uuid, 4)
    api.delete_bundle(bundle.uuid)
    with pytest.raises(BundleNotFound):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art"])


def test_many_bundles_take_few_statements(
    collection: CollectionData, taxonomies: Taxonomies
) -> None:
    bundles = [api.create_bundle(collection.uuid, f"b{n}", f"B {n}") for n in range(100)]
    for number, bundle in enumerate(bundles):
        if number % 2:
            make_version(bundle.uuid, {"a.txt": "a"})
        tagging.tag_bundle(bundle.uuid, "subjects", ["Optics"])
        tagging.tag_bundle(bundle.uuid, "keywords", [f"k{number}", "all"], part="a.txt")
    with counting() as cost:
        found = tagging.get_tags_for([(bundle.uuid, None) for bundle in bundles])
    assert cost.statements == 1
    assert len(found) == 100
    assert found[bundles[7].uuid, None].tags[0].lineage == ("Science", "Physics", "Optics")
    assert [tag.value for tag in found[bundles[7].uuid, None].parts["a.txt"]] == ["all", "k7"]
    with counting() as cost:
        found = tagging.get_tags_for([(bundle.uuid, 1) for bundle in bundles[1::2]])
    assert cost.statements == 1
    assert len(found) == 50
    assert tagging.get_tags_for([(uuid4(), None), (uuid4(), 1)]) == {}


def test_tagging_takes_few_statements_however_long_the_history(
    bundle: BundleData, taxonomies: Taxonomies
) -> None:
    for number in range(30):
        tagging.tag_bundle(bundle.uuid, "keywords", [f"old{number}"])
    with counting() as cost:
        tagging.tag_bundle(bundle.uuid, "keywords", [f"new{number}" for number in range(90)])
    assert cost.statements <= 20
    with counting() as cost:
        tagging.tag_bundle(bundle.uuid, "keywords", [f"new{number}" for number in range(90)])
    assert cost.statements <= 8
