"""A small world to tag: a few taxonomies, and a bundle with three versions."""

from __future__ import annotations

import pytest
from attrs import frozen
from openedx_tagging import api as library
from openedx_tagging.models import LanguageTaxonomy, Taxonomy

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from tests.core.helpers import make_version
from tests.plugins.tagging.telling import Told

#: The library's own taxonomy of languages.
LANGUAGES = -1


@frozen
class Taxonomies:
    """Taxonomies of each kind, by what is special about them."""

    subjects: Taxonomy
    level: Taxonomy
    keywords: Taxonomy


def make_subjects(export_id: str = "subjects", name: str = "Subjects") -> Taxonomy:
    """Make a taxonomy with a tree of tags."""
    taxonomy = library.create_taxonomy(name, export_id=export_id)
    library.add_tag_to_taxonomy(taxonomy, "Science", external_id="sci")
    library.add_tag_to_taxonomy(taxonomy, "Physics", "Science", "phy")
    library.add_tag_to_taxonomy(taxonomy, "Optics", "Physics", "opt")
    library.add_tag_to_taxonomy(taxonomy, "Chemistry", "Science", "che")
    library.add_tag_to_taxonomy(taxonomy, "Art", external_id=None)
    return taxonomy


def make_languages() -> None:
    """Make what the library's migrations make, and tests that empty all tables take away."""
    languages = Taxonomy(
        pk=LANGUAGES, name="Languages", export_id="languages-v1", allow_multiple=False
    )
    languages.taxonomy_class = LanguageTaxonomy
    if not Taxonomy.objects.filter(pk=LANGUAGES).exists():
        languages.save()


@pytest.fixture
def taxonomies(db: None) -> Taxonomies:
    """One with a tree, one of which everything has one tag, and one for free text."""
    make_languages()
    level = library.create_taxonomy("Level", export_id="level", allow_multiple=False)
    for value in ("Easy", "Hard"):
        library.add_tag_to_taxonomy(level, value)
    keywords = library.create_taxonomy("Keywords", export_id="keywords", allow_free_text=True)
    return Taxonomies(make_subjects(), level, keywords)


@pytest.fixture
def collection(db: None) -> CollectionData:
    """A collection."""
    return api.create_collection("Collection")


@pytest.fixture
def bundle(collection: CollectionData) -> BundleData:
    """A bundle with three versions."""
    made = api.create_bundle(collection.uuid, "bundle", "Bundle", type="problem")
    for number in (1, 2, 3):
        make_version(made.uuid, {"p1.xml": f"<problem>{number}</problem>"})
    return made


@pytest.fixture
def told(bundle: BundleData, taxonomies: Taxonomies) -> Told:
    """What those who watch are told of from now on."""
    return Told.from_now_on()
