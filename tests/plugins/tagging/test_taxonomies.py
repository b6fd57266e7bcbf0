"""What people see is what taxonomies say now, and who watches is told when that changes."""

from __future__ import annotations

import pytest
from openedx_tagging import api as library
from openedx_tagging.models import ObjectTag, Tag, Taxonomy

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore_tagging import announcing
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.models import TaxonomyChange
from openedx_blockstore_tagging.object_ids import PREFIX
from tests.plugins.tagging.conftest import Taxonomies, make_subjects
from tests.plugins.tagging.telling import Told


@pytest.fixture
def tagged(bundle: BundleData, collection: CollectionData, taxonomies: Taxonomies) -> BundleData:
    """The bundle, with tags on it, on a part of it, and on its collection."""
    tagging.tag_bundle(bundle.uuid, "subjects", ["Optics"], version=1)
    tagging.tag_bundle(bundle.uuid, "keywords", ["Lens"], part="p1.xml")
    tagging.tag_collection(collection.uuid, "subjects", ["Physics"])
    return bundle


def values(bundle: BundleData) -> list[str]:
    """Return the tags of a bundle as a whole."""
    return [tag.value for tag in tagging.get_tags(bundle.uuid)]


def test_a_renamed_tag_is_called_by_its_new_name(
    tagged: BundleData, collection: CollectionData, taxonomies: Taxonomies
) -> None:
    told = Told.from_now_on()
    library.update_tag_in_taxonomy(taxonomies.subjects, "Physics", "Natural philosophy")
    (tag,) = tagging.get_tags(tagged.uuid)
    assert tag.lineage == ("Science", "Natural philosophy", "Optics")
    # The bundle has a tag below it.
    assert told.bundles() == [(tagged.uuid, "")]
    assert told.collections() == [collection.uuid]
    assert not TaxonomyChange.objects.exists()


def test_nobody_is_told_of_what_nobody_sees(tagged: BundleData, taxonomies: Taxonomies) -> None:
    told = Told.from_now_on()
    library.update_tag_in_taxonomy(taxonomies.subjects, "Chemistry", "Alchemy")
    library.add_tag_to_taxonomy(taxonomies.subjects, "Music")
    library.delete_tags_from_taxonomy(taxonomies.subjects, ["Art"], with_subtags=False)
    taxonomies.subjects.description = "Other words"
    taxonomies.subjects.save()
    library.create_taxonomy("Another", export_id="another").delete()
    assert told.bundles() == told.collections() == []


def test_a_deleted_tag_is_gone_and_comes_back(
    tagged: BundleData, collection: CollectionData, taxonomies: Taxonomies
) -> None:
    told = Told.from_now_on()
    library.delete_tags_from_taxonomy(taxonomies.subjects, ["Physics"], with_subtags=True)
    assert values(tagged) == []
    assert tagging.get_collection_tags(collection.uuid) == ()
    assert told.bundles() == [(tagged.uuid, "")]
    assert told.collections() == [collection.uuid]
    # The library keeps the value, and ties it to a tag of this name when there is one.
    library.add_tag_to_taxonomy(taxonomies.subjects, "Optics", "Science")
    assert values(tagged) == ["Optics"]
    assert len(told.bundles()) == 2


def test_a_disabled_taxonomy_does_not_show(tagged: BundleData, taxonomies: Taxonomies) -> None:
    told = Told.from_now_on()
    for enabled in (False, True):
        taxonomies.subjects.enabled = enabled
        taxonomies.subjects.save()
        assert values(tagged) == (["Optics"] if enabled else [])
    assert len(told.bundles()) == len(told.collections()) == 2


def test_a_deleted_taxonomy_is_gone_and_comes_back(
    tagged: BundleData, taxonomies: Taxonomies
) -> None:
    told = Told.from_now_on()
    taxonomies.subjects.delete()
    assert values(tagged) == []
    assert tagging.get_tag_history(tagged.uuid, "") == []
    assert len(told.bundles()) == 1
    make_subjects()
    assert values(tagged) == ["Optics"]
    assert tagging.tag_bundle(tagged.uuid, "subjects", ["Art"])
    assert values(tagged) == ["Art"]
    assert ObjectTag.objects.filter(object_id__startswith=PREFIX).count() == 4


def test_what_was_renamed_is_known_by_its_last_name_when_it_is_gone(
    tagged: BundleData, taxonomies: Taxonomies
) -> None:
    # As the library's importer does it.
    tag = Tag.objects.get(value="Optics")
    tag.value = "Light"
    tag.save()
    taxonomies.subjects.export_id = "topics"
    taxonomies.subjects.save()
    assert values(tagged) == ["Light"]
    told = Told.from_now_on()
    tag.delete()
    assert len(told.bundles()) == 1
    library.add_tag_to_taxonomy(taxonomies.subjects, "Light")
    assert values(tagged) == ["Light"]
    told = Told.from_now_on()
    taxonomies.subjects.delete()
    assert len(told.bundles()) == len(told.collections()) == 1


def test_a_tag_on_many_bundles_is_told_of_a_little_at_a_time(
    collection: CollectionData, taxonomies: Taxonomies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "AT_ONCE", 2)
    monkeypatch.setattr(announcing, "AT_A_TIME", 3)
    bundles = [api.create_bundle(collection.uuid, f"b{n}", f"B{n}").uuid for n in range(7)]
    for uuid in bundles:
        tagging.tag_bundle(uuid, "subjects", ["Optics"])
    tagging.tag_collection(collection.uuid, "subjects", ["Optics"])
    told = Told.from_now_on()
    library.update_tag_in_taxonomy(taxonomies.subjects, "Optics", "Light")
    assert len(told.bundles()) == 2
    api.delete_bundle(bundles[4])
    assert announcing.tell_more()
    assert [uuid for uuid, _actor in told.bundles()] == [*bundles[:4], bundles[5]]
    assert told.collections() == []
    assert announcing.tell_more()
    assert not announcing.tell_more()
    assert [uuid for uuid, _actor in told.bundles()] == [*bundles[:4], *bundles[5:]]
    assert told.collections() == [collection.uuid]


def test_fixtures_are_loaded_as_they_are(tagged: BundleData, taxonomies: Taxonomies) -> None:
    told = Told.from_now_on()
    Tag.objects.get(value="Optics").save_base(raw=True)
    Taxonomy.objects.get(name="Subjects").save_base(raw=True)
    assert told.bundles() == []
