"""What can be a tag follows the library's rules, and what can not is said in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from openedx_tagging import api as library
from openedx_tagging.models import UserSystemDefinedTaxonomy

from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.exceptions import BundleVersionNotFound, Invalid
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging import exceptions
from tests.plugins.tagging.conftest import LANGUAGES, Taxonomies

Tagger = Callable[[Any, Any], bool]


@pytest.fixture(params=["bundle", "part", "collection"])
def tag(
    request: pytest.FixtureRequest,
    bundle: BundleData,
    collection: CollectionData,
    taxonomies: Taxonomies,
) -> Tagger:
    """A function that tags something with values of a taxonomy."""
    if request.param == "collection":
        return lambda taxonomy, values: tagging.tag_collection(collection.uuid, taxonomy, values)
    part = "p1.xml" if request.param == "part" else None
    return lambda taxonomy, values: tagging.tag_bundle(bundle.uuid, taxonomy, values, part=part)


@pytest.mark.parametrize(
    "taxonomy", [0, 4711, -2, 2**63, 2**200, True, None, 1.5, "", "nothing", "SUBJECTS", "\x00", []]
)
def test_unknown_taxonomies(tag: Tagger, taxonomy: Any) -> None:
    with pytest.raises(exceptions.TaxonomyNotFound) as caught:
        tag(taxonomy, ["Physics"])
    assert caught.value.code == "taxonomy_not_found"


@pytest.mark.parametrize(
    "values", [["Alchemy"], ["Physics", "Alchemy", "\U0001f52d"], ["Sciences"]]
)
def test_tags_that_a_taxonomy_does_not_have(tag: Tagger, values: list[str]) -> None:
    with pytest.raises(exceptions.TagNotFound) as caught:
        tag("subjects", values)
    assert caught.value.values == tuple(value for value in values if value != "Physics")
    assert "subjects" in str(caught.value)


@pytest.mark.parametrize("taxonomy", ["subjects", "keywords"])
@pytest.mark.parametrize(
    "values",
    [
        "Physics",
        b"Physics",
        None,
        5,
        [None],
        [5],
        [["Physics"]],
        [""],
        ["  \n"],
        ["a\x00b"],
        ["\ud800"],
        ["a;b"],
        ["a > b"],
        ["a\tb"],
        ["x" * 501],
        ["x" * 2**20],
    ],
    ids=lambda values: repr(values)[:12],
)
def test_what_can_be_no_tag(tag: Tagger, taxonomy: str, values: Any) -> None:
    with pytest.raises(exceptions.InvalidTag) as caught:
        tag(taxonomy, values)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "value", ["x" * 500, "Ελληνικά, 漢字, \U0001f52d", "a,b*c", "%_\\'\"", "<b>&amp"]
)
def test_nearly_everything_can_be_free_text(tag: Tagger, value: str) -> None:
    assert tag("keywords", [value])
    assert not tag("keywords", [value])


def test_one_tag_only(tag: Tagger) -> None:
    assert tag("level", ["Easy"])
    assert tag("level", ["Hard"])
    assert not tag("level", ["Hard", "hard"])
    with pytest.raises(exceptions.SingleTagTaxonomy):
        tag("level", ["Easy", "Hard"])


def test_the_librarys_limit(tag: Tagger) -> None:
    tag("subjects", ["Physics"])
    assert tag("keywords", [f"k{number}" for number in range(99)])
    for count in (100, 101, 100_000):
        with pytest.raises(exceptions.TooManyTags) as caught:
            tag("keywords", (f"k{number}" for number in range(count)))
        assert caught.value.limit == 100


def test_the_limit_is_of_each_version(bundle: BundleData, taxonomies: Taxonomies) -> None:
    for version in (1, 2, 3):
        values = [f"v{version}.{number}" for number in range(100)]
        tagging.tag_bundle(bundle.uuid, "keywords", values, version=version)
    tagging.tag_bundle(bundle.uuid, "keywords", [], versions=(2, 2))
    tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], versions=(2, 2))
    with pytest.raises(exceptions.TooManyTags):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], versions=(1, 2))
    assert tagging.get_all_tags(bundle.uuid, 1).tags[0].value == "v1.0"


def test_a_disabled_taxonomy(tag: Tagger, taxonomies: Taxonomies) -> None:
    taxonomies.subjects.enabled = False
    taxonomies.subjects.save()
    with pytest.raises(exceptions.TaxonomyDisabled):
        tag("subjects", ["Physics"])


def test_languages(tag: Tagger) -> None:
    assert tag(LANGUAGES, ["French"])
    with pytest.raises(exceptions.TagNotFound):
        tag(LANGUAGES, ["Klingon"])
    with pytest.raises(exceptions.SingleTagTaxonomy):
        tag(LANGUAGES, ["French", "German"])


def test_a_taxonomy_of_users(tag: Tagger) -> None:
    library.create_taxonomy(
        "Reviewers", export_id="reviewers", taxonomy_class=UserSystemDefinedTaxonomy
    )
    User.objects.create_user("ada")
    assert tag("reviewers", ["ADA"])
    missing = ["bob"]
    if connection.vendor != "mysql":
        # There one name is not like another one but for its case. Elsewhere nobody knows who it is.
        User.objects.create_user("Ada")
        missing.append("ada")
    for name in missing:
        with pytest.raises(exceptions.TagNotFound):
            tag("reviewers", [name])


@pytest.mark.parametrize("part", [5, b"p1.xml", "x" * 1001, "\x00", "\ud800", ["p1.xml"]])
def test_keys_that_no_part_has(bundle: BundleData, taxonomies: Taxonomies, part: Any) -> None:
    with pytest.raises(exceptions.InvalidPart):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], part=part)
    with pytest.raises(exceptions.InvalidPart):
        tagging.get_tags(bundle.uuid, part=part)


def test_every_path_can_be_the_key_of_a_part(bundle: BundleData, taxonomies: Taxonomies) -> None:
    for part in ("x" * 1000, "ä/漢.xml#\U0001f52d", "a,b*.xml", " "):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], part=part)
        assert [tag.value for tag in tagging.get_tags(bundle.uuid, part=part)] == ["Art"]


def test_a_key_may_be_spelt_in_two_ways(bundle: BundleData, taxonomies: Taxonomies) -> None:
    tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], part="u\u0308.xml")
    assert list(tagging.get_all_tags(bundle.uuid).parts) == ["\u00fc.xml"]
    for part in ("u\u0308.xml", "\u00fc.xml"):
        assert [tag.value for tag in tagging.get_tags(bundle.uuid, part=part)] == ["Art"]
        assert len(tagging.get_tag_history(bundle.uuid, part)) == 1


@pytest.mark.parametrize("version", [0, -1, 4, 2**31, 2**80, True, "1", 1.0, [1]])
def test_versions_that_are_not_there(
    bundle: BundleData, taxonomies: Taxonomies, version: Any
) -> None:
    with pytest.raises(BundleVersionNotFound):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], version=version)
    with pytest.raises(BundleVersionNotFound):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], versions=(1, version))


@pytest.mark.parametrize("versions", [(2, 1), (1,), (1, 2, 3), 5, {1, 2}])
def test_spans_that_are_none(bundle: BundleData, taxonomies: Taxonomies, versions: Any) -> None:
    with pytest.raises(Invalid):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], versions=versions)


def test_from_and_span_exclude_one_another(bundle: BundleData, taxonomies: Taxonomies) -> None:
    with pytest.raises(Invalid):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], version=1, versions=(1, 2))


def test_two_that_the_database_takes_for_the_same(tag: Tagger) -> None:
    # To SQLite and PostgreSQL they differ.
    try:
        refused = not tag("keywords", ["resume", "résumé"])
    except exceptions.TagConflict:
        refused = True
    # Where it was refused, nothing was changed.
    assert tag("keywords", []) is not refused
    assert refused is (connection.vendor == "mysql")
