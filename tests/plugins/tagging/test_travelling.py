"""Tags through real exports and imports, into a new store and into one that knows them."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from openedx_tagging.models import ObjectTag, Tag, Taxonomy

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.models import Bundle, BundleLink, BundleVersion, Collection
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.models import ImportedTaxonomy
from tests.core.helpers import make_version
from tests.plugins.tagging.conftest import LANGUAGES, Taxonomies

pytestmark = pytest.mark.django_db


def forget_everything() -> None:
    """Let the store be as one that is new."""
    for model in (BundleLink, BundleVersion, Bundle, Collection):
        model.objects.all().delete()
    assert not ObjectTag.objects.exists()
    Taxonomy.objects.exclude(pk=LANGUAGES).delete()
    Tag.objects.all().delete()


def packed(collection: CollectionData) -> bytes:
    """Export a collection with all that it needs."""
    target = io.BytesIO()
    api.export_collection(collection.uuid, to=target)
    return target.getvalue()


def shown(uuid: UUID, versions: tuple[int, ...]) -> Any:
    """Return the tags of versions without the keys of this database."""
    return [
        (version, part, tag.taxonomy, tag.taxonomy_name, tag.lineage, tag.external_id)
        for version in versions
        for tags in [tagging.get_all_tags(uuid, version)]
        for part, some in (("", tags.tags), *tags.parts.items())
        for tag in some
    ]


@pytest.fixture
def tagged(bundle: BundleData, collection: CollectionData, taxonomies: Taxonomies) -> BundleData:
    """The bundle, with all sorts of tags; its collection has some, too."""
    tagging.tag_bundle(bundle.uuid, "subjects", ["Optics", "Art"])
    tagging.tag_bundle(bundle.uuid, "level", ["Hard"])
    tagging.tag_bundle(bundle.uuid, LANGUAGES, ["French"])
    tagging.tag_bundle(bundle.uuid, "keywords", ["Lens", "漢字"], part="p1.xml#one")
    tagging.tag_collection(collection.uuid, "subjects", ["Physics"])
    tagging.tag_collection(collection.uuid, "keywords", ["Light"])
    return bundle


def test_into_an_empty_store(tagged: BundleData, collection: CollectionData) -> None:
    archive = packed(collection)
    before = shown(tagged.uuid, (3,))
    collection_before = tagging.get_collection_tags(collection.uuid)
    forget_everything()
    new = api.create_collection("New")
    result = api.import_archive(io.BytesIO(archive), collection_uuid=new.uuid)
    assert not [found for found in result.findings if found.file]
    (made,) = api.get_bundles(collection_uuid=new.uuid)
    assert made.uuid == tagged.uuid
    assert shown(made.uuid, (1,)) == [(1, *line[1:]) for line in before]
    assert [tag.lineage for tag in tagging.get_collection_tags(new.uuid)] == [
        tag.lineage for tag in collection_before
    ]
    assert ImportedTaxonomy.objects.count() == 3


def test_into_a_store_with_the_same_taxonomies(
    tagged: BundleData, collection: CollectionData
) -> None:
    archive = packed(collection)
    tags, taxonomies = Tag.objects.count(), Taxonomy.objects.count()
    other = api.create_collection("Other")
    api.import_archive(io.BytesIO(archive), collection_uuid=other.uuid)
    assert (Tag.objects.count(), Taxonomy.objects.count()) == (tags, taxonomies)
    (made,) = api.get_bundles(collection_uuid=other.uuid)
    assert shown(made.uuid, (1,)) == [(1, *line[1:]) for line in shown(tagged.uuid, (3,))]


def test_importing_again_changes_nothing(tagged: BundleData, collection: CollectionData) -> None:
    archive = packed(collection)
    history = tagging.get_tag_history(tagged.uuid)
    api.import_archive(io.BytesIO(archive), collection_uuid=collection.uuid)
    assert tagging.get_tag_history(tagged.uuid) == history
    assert packed(collection) == archive
    # Nor is anything changed by an archive of an older version.
    make_version(tagged.uuid, {"p1.xml": "4"})
    tagging.tag_bundle(tagged.uuid, "subjects", ["Chemistry"])
    latest = shown(tagged.uuid, (4,))
    api.import_archive(io.BytesIO(archive), collection_uuid=collection.uuid)
    assert shown(tagged.uuid, (4,)) == latest


def test_the_api_tells_of_tags(tagged: BundleData, collection: CollectionData) -> None:
    known = api.get_annotations(tagged.uuid)["tagging"]
    assert {"taxonomy": "level", "value": "Hard", "lineage": ["Hard"]} in known["tags"]
    assert set(known["parts"]) == {"p1.xml#one"}
    about = api.get_collection_annotations(collection.uuid)["tagging"]
    assert [tag["value"] for tag in about["tags"]] == ["Light", "Physics"]


def test_a_dry_run_makes_nothing(tagged: BundleData, collection: CollectionData) -> None:
    archive = packed(collection)
    forget_everything()
    new = api.create_collection("New")
    api.import_archive(io.BytesIO(archive), collection_uuid=new.uuid, dry_run=True)
    assert Taxonomy.objects.count() == 1
    assert not ObjectTag.objects.exists()
