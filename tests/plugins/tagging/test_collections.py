"""Tags of collections, and lists of what has a tag."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from openedx_tagging import api as library
from openedx_tagging.models import ObjectTag

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.exceptions import CollectionNotFound, Invalid
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.exceptions import TagNotFound, TaxonomyNotFound
from openedx_blockstore_tagging.models import CollectionTag
from openedx_blockstore_tagging.object_ids import collection_object_id
from tests.counting import counting
from tests.plugins.tagging.conftest import LANGUAGES, Taxonomies
from tests.plugins.tagging.telling import Told


def test_a_collection_has_tags(
    collection: CollectionData, taxonomies: Taxonomies, told: Told
) -> None:
    assert tagging.tag_collection(collection.uuid, "subjects", ["Optics", "Art"])
    assert tagging.tag_collection(collection.uuid, "level", ["Easy"])
    assert not tagging.tag_collection(collection.uuid, "level", ["easy"])
    tags = tagging.get_collection_tags(collection.uuid)
    assert [(tag.taxonomy, tag.value) for tag in tags] == [
        ("level", "Easy"),
        ("subjects", "Art"),
        ("subjects", "Optics"),
    ]
    assert told.collections() == [collection.uuid, collection.uuid]
    assert told.bundles() == []
    object_id = collection_object_id(collection.uuid)
    assert len(library.get_object_tags(object_id)) == 3
    assert tagging.tag_collection(collection.uuid, "subjects", ["Optics"])
    assert tagging.tag_collection(collection.uuid, "level", [])
    assert len(library.get_object_tags(object_id)) == CollectionTag.objects.count() == 1


def test_collections_that_are_not_there(taxonomies: Taxonomies) -> None:
    for uuid in (uuid4(), "nonsense", None):
        with pytest.raises(CollectionNotFound):
            tagging.get_collection_tags(uuid)  # type: ignore[arg-type]
        with pytest.raises(CollectionNotFound):
            tagging.tag_collection(uuid, "subjects", ["Art"])  # type: ignore[arg-type]


def test_what_is_deleted_leaves_no_tags(taxonomies: Taxonomies) -> None:
    collection = api.create_collection("Short-lived")
    tagging.tag_collection(collection.uuid, "subjects", ["Optics", "Art"])
    api.delete_collection(collection.uuid)
    assert ObjectTag.objects.count() == CollectionTag.objects.count() == 0


def test_the_tags_of_many_collections_take_one_statement(taxonomies: Taxonomies) -> None:
    uuids = [api.create_collection(f"C {number}").uuid for number in range(20)]
    for uuid in uuids:
        tagging.tag_collection(uuid, "subjects", ["Optics"])
    with counting() as cost:
        found = tagging.get_collection_tags_for(uuids)
    assert cost.statements == 1
    assert set(found) == set(uuids)
    assert found[uuids[0]][0].lineage == ("Science", "Physics", "Optics")


def test_bundles_are_found_by_tags_and_those_below(
    collection: CollectionData, bundle: BundleData, taxonomies: Taxonomies
) -> None:
    other = api.create_bundle(collection.uuid, "other", "Other")
    tagging.tag_bundle(bundle.uuid, "subjects", ["Optics"], version=1)
    tagging.tag_bundle(bundle.uuid, "subjects", ["Physics"], part="p1.xml")
    tagging.tag_bundle(other.uuid, "subjects", ["Chemistry"])
    tagging.tag_bundle(other.uuid, "keywords", ["Acid"], part="b.xml")

    def found(taxonomy: Any, value: str | None = None, **page: Any) -> list[Any]:
        hits = tagging.find_bundles(taxonomy, value, **page)
        return [(hit.bundle_uuid, hit.whole, hit.parts) for hit in hits]

    assert found("subjects", "Optics") == [(bundle.uuid, True, ())]
    assert found("subjects", "physics") == [(bundle.uuid, True, ("p1.xml",))]
    both = [(bundle.uuid, True, ("p1.xml",)), (other.uuid, True, ())]
    assert found("subjects", "Science") == found("subjects") == both
    assert found("subjects", "Art") == []
    assert found("keywords", "acid") == [(other.uuid, False, ("b.xml",))]
    assert found(LANGUAGES, "French") == []
    first = tagging.find_bundles("subjects", limit=1)
    assert [hit.bundle_uuid for hit in first] == [bundle.uuid]
    assert found("subjects", after=first[0].key) == both[1:]
    assert found("subjects", collection_uuid=api.create_collection("Empty").uuid) == []
    assert found("subjects", collection_uuid=collection.uuid) == both
    # What held once does not count, nor what was deleted.
    tagging.tag_bundle(bundle.uuid, "subjects", [])
    assert found("subjects", "Optics") == []
    api.delete_bundle(other.uuid)
    assert found("subjects", "Chemistry") == []


def test_collections_are_found_by_tags(collection: CollectionData, taxonomies: Taxonomies) -> None:
    tagging.tag_collection(collection.uuid, "subjects", ["Optics"])
    found = tagging.find_collections("subjects", "Science", limit=5)
    assert [hit.collection_uuid for hit in found] == [collection.uuid]
    assert tagging.find_collections("subjects", after=found[0].key) == []


def test_looking_for_what_can_not_be(taxonomies: Taxonomies) -> None:
    for find in (tagging.find_bundles, tagging.find_collections):
        with pytest.raises(TaxonomyNotFound):
            find("nothing")
        with pytest.raises(TagNotFound):
            find("subjects", "Alchemy")
        with pytest.raises(TagNotFound):
            find(LANGUAGES, "Klingon")
        for page in ({"limit": 0}, {"limit": "5"}, {"after": -1}, {"after": 2**64}):
            with pytest.raises(Invalid):
                find("subjects", **page)
    with pytest.raises(CollectionNotFound):
        tagging.find_bundles("subjects", collection_uuid=uuid4())


def test_the_taxonomies_that_one_may_tag_with(taxonomies: Taxonomies) -> None:
    taxonomies.level.enabled = False
    taxonomies.level.save()
    found = {taxonomy.export_id: taxonomy for taxonomy in tagging.get_taxonomies()}
    assert list(found) == ["keywords", "languages-v1", "subjects"]
    assert found["keywords"].allow_free_text
    assert found["languages-v1"].system_defined
