"""Tags travel with exports, and are matched with the taxonomies of where they arrive."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from openedx_tagging import api as library
from openedx_tagging.models import ObjectTag, Tag, Taxonomy, UserSystemDefinedTaxonomy
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, Finding
from openedx_blockstore_tagging import api as tagging
from openedx_blockstore_tagging.annotations import TagAnnotations
from openedx_blockstore_tagging.archive import TAGS, TAXONOMIES
from openedx_blockstore_tagging.models import BundleTag, ImportedTaxonomy
from tests.core.helpers import make_version
from tests.counting import counting
from tests.plugins.tagging.conftest import LANGUAGES, Taxonomies, make_subjects
from tests.plugins.tagging.telling import Told

SOURCE = TagAnnotations()
Files = Mapping[str, bytes]


@pytest.fixture
def files(bundle: BundleData, taxonomies: Taxonomies) -> Files:
    """What an export has of a bundle with all sorts of tags."""
    tagging.tag_bundle(bundle.uuid, "subjects", ["Optics", "Art"])
    tagging.tag_bundle(bundle.uuid, "level", ["Hard"])
    tagging.tag_bundle(bundle.uuid, LANGUAGES, ["French"])
    tagging.tag_bundle(bundle.uuid, "keywords", ["Lens", "漢字"])
    tagging.tag_bundle(bundle.uuid, "subjects", ["Chemistry"], part="p1.xml#one")
    return SOURCE.export_files(bundle.uuid, 3)


@pytest.fixture
def target(collection: CollectionData) -> BundleData:
    """A bundle that an import has made."""
    made = api.create_bundle(collection.uuid, "target", "Target")
    make_version(made.uuid, {"p1.xml": "<problem/>"})
    return made


def take(bundle: BundleData, files: Files, version: int = 1) -> list[Finding]:
    """Take the files of an export back."""
    return list(SOURCE.import_files(bundle.uuid, version, files))


def codes(findings: list[Finding]) -> list[str]:
    """Return what was found fault with."""
    return sorted(finding.code for finding in findings)


def forget_taxonomies() -> None:
    """Let the store be as one that has never heard of any of these taxonomies."""
    ObjectTag.objects.all().delete()
    Taxonomy.objects.exclude(pk=LANGUAGES).delete()
    Tag.objects.all().delete()


def as_json(files: Files) -> Any:
    """Return what the files say."""
    return {name: json.loads(contents) for name, contents in files.items()}


def changed(files: Files, change: Callable[[Any], object]) -> Files:
    """Return files that say something else."""
    said = as_json(files)
    change(said)
    return {name: json.dumps(value).encode() for name, value in said.items()}


def shown(bundle_uuid: UUID, version: int | None = None) -> Any:
    """Return the tags of a version without the keys of this database."""
    tags = tagging.get_all_tags(bundle_uuid, version)
    return [
        (part, tag.taxonomy, tag.taxonomy_name, tag.lineage, tag.external_id)
        for part, some in (("", tags.tags), *tags.parts.items())
        for tag in some
    ]


# What is exported --------------------------------------------------------------------------------


def test_the_same_tags_are_the_same_bytes(bundle: BundleData, files: Files) -> None:
    tagging.tag_bundle(bundle.uuid, "keywords", [])
    assert SOURCE.export_files(bundle.uuid, 3) != files
    tagging.tag_bundle(bundle.uuid, "keywords", ["漢字", "Lens"])
    assert SOURCE.export_files(bundle.uuid, 3) == files
    # What later versions have is none of this one's business.
    make_version(bundle.uuid, {"p1.xml": "4"})
    tagging.tag_bundle(bundle.uuid, "level", ["Easy"])
    assert SOURCE.export_files(bundle.uuid, 3) == files


def test_only_what_is_in_use_travels(files: Files) -> None:
    said = as_json(files)
    taxonomies = {each["export_id"]: each for each in said[TAXONOMIES]["taxonomies"]}
    assert [tag["value"] for tag in taxonomies["subjects"]["tags"]] == [
        "Art",
        "Science",
        "Chemistry",
        "Physics",
        "Optics",
    ]
    assert taxonomies["languages-v1"]["tags"] == taxonomies["keywords"]["tags"] == []
    assert said[TAGS]["tags"]["languages-v1"] == [{"id": "fr", "value": "French"}]
    assert [tag["value"] for tag in taxonomies["level"]["tags"]] == ["Hard"]


def test_an_export_takes_few_statements(bundle: BundleData, files: Files) -> None:
    with counting() as cost:
        SOURCE.export_files(bundle.uuid, 3)
    assert cost.statements == 1


def test_without_tags_there_are_no_files(bundle: BundleData, collection: CollectionData) -> None:
    assert SOURCE.export_files(bundle.uuid, 3) == {}
    assert SOURCE.export_collection_files(collection.uuid) == {}
    assert SOURCE.describe(bundle.uuid, [1, 2, 3]) == {}
    assert SOURCE.describe_collection(collection.uuid) is None


def test_what_the_api_is_told(bundle: BundleData, collection: CollectionData, files: Files) -> None:
    told = SOURCE.describe(bundle.uuid, [1, 2, 3])
    assert set(told) == {3}
    optics = {
        "taxonomy": "subjects",
        "value": "Optics",
        "lineage": ["Science", "Physics", "Optics"],
    }
    assert optics in told[3]["tags"]
    assert [tag["value"] for tag in told[3]["parts"]["p1.xml#one"]] == ["Chemistry"]
    assert json.loads(json.dumps(told[3])) == told[3]
    tagging.tag_collection(collection.uuid, "subjects", ["Optics"])
    assert SOURCE.describe_collection(collection.uuid) == {"tags": [optics]}


# Into a store that does not know the taxonomies --------------------------------------------------


def test_into_an_empty_store_and_out_again(
    bundle: BundleData, target: BundleData, files: Files
) -> None:
    before = shown(bundle.uuid)
    forget_taxonomies()
    assert take(target, files) == []
    assert shown(target.uuid) == before
    assert SOURCE.export_files(target.uuid, 1) == files
    made = Taxonomy.objects.exclude(pk=LANGUAGES).order_by("export_id")
    assert [taxonomy.export_id for taxonomy in made] == ["keywords", "level", "subjects"]
    assert [taxonomy.allow_multiple for taxonomy in made] == [True, False, True]
    assert ImportedTaxonomy.objects.count() == 3


def test_all_versions_into_an_empty_store(
    bundle: BundleData, target: BundleData, taxonomies: Taxonomies
) -> None:
    tagging.tag_bundle(bundle.uuid, "subjects", ["Optics"], versions=(1, 1))
    tagging.tag_bundle(bundle.uuid, "keywords", ["Lens"], versions=(2, 2), part="p1.xml")
    before = [shown(bundle.uuid, version) for version in (1, 2, 3)]
    exported = [SOURCE.export_files(bundle.uuid, version) for version in (1, 2, 3)]
    forget_taxonomies()
    for version in (1, 2, 3):
        if version > 1:
            make_version(target.uuid, {"p1.xml": str(version)})
        assert take(target, exported[version - 1], version) == []
    assert [shown(target.uuid, version) for version in (1, 2, 3)] == before
    assert [SOURCE.export_files(target.uuid, version) for version in (1, 2, 3)] == exported


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_versions_that_are_all_there_take_their_own_tags(
    bundle: BundleData, target: BundleData, taxonomies: Taxonomies, order: tuple[int, ...]
) -> None:
    tagging.tag_bundle(bundle.uuid, "subjects", ["Optics"], versions=(1, 2))
    tagging.tag_bundle(bundle.uuid, "subjects", ["Art"], version=3)
    tagging.tag_bundle(bundle.uuid, "keywords", ["Lens"], version=2, part="p1.xml")
    exported = {version: SOURCE.export_files(bundle.uuid, version) for version in order}
    for number in (2, 3):
        make_version(target.uuid, {"p1.xml": str(number)})
    for version in order:
        assert take(target, exported[version], version) == []
    assert [
        (span.tag.value, span.first_version, span.last_version)
        for span in tagging.get_tag_history(target.uuid)
    ] == [("Optics", 1, 2), ("Art", 3, None), ("Lens", 2, None)]
    assert BundleTag.objects.filter(bundle__uuid=target.uuid).count() == 3
    told = Told.from_now_on()
    for version in order:
        assert take(target, exported[version], version) == []
    assert told.bundles() == []


def test_an_older_version_leaves_later_ones_alone(
    target: BundleData, taxonomies: Taxonomies, files: Files
) -> None:
    for number in (2, 3):
        make_version(target.uuid, {"p1.xml": str(number)})
    tagging.tag_bundle(target.uuid, "subjects", ["Physics"], version=3)
    tagging.tag_bundle(target.uuid, "keywords", ["ends with two"], versions=(1, 2), part="q.xml")
    tagging.tag_bundle(target.uuid, "keywords", ["goes on"], version=1, part="r.xml")
    before = shown(target.uuid, 1), shown(target.uuid, 3)
    take(target, files, 2)
    assert (shown(target.uuid, 1), shown(target.uuid, 3)) == before
    assert len(shown(target.uuid, 2)) == 9
    make_version(target.uuid, {"p1.xml": "4"})
    assert shown(target.uuid, 4) == before[1]


def test_a_taxonomy_that_an_import_has_made_grows(
    bundle: BundleData, target: BundleData, taxonomies: Taxonomies
) -> None:
    exported = []
    for value in ("Optics", "Chemistry"):
        tagging.tag_bundle(bundle.uuid, "subjects", [value])
        exported.append(SOURCE.export_files(bundle.uuid, 3))
    forget_taxonomies()
    for each in exported:
        assert take(target, each) == []
    assert sorted(tag.value for tag in Taxonomy.objects.get(name="Subjects").tag_set.all()) == [
        "Chemistry",
        "Optics",
        "Physics",
        "Science",
    ]


# Into a store that knows them --------------------------------------------------------------------


def test_known_taxonomies_are_matched(target: BundleData, files: Files) -> None:
    taxonomies, tags = Taxonomy.objects.count(), Tag.objects.count()
    told = Told.from_now_on()
    assert take(target, files) == []
    assert Taxonomy.objects.count() == taxonomies
    assert Tag.objects.count() == tags
    assert told.bundles() == [(target.uuid, "")]
    assert take(target, files) == []
    assert len(told.bundles()) == 1


def test_what_was_renamed_here_keeps_its_name(
    bundle: BundleData, target: BundleData, taxonomies: Taxonomies, files: Files
) -> None:
    library.update_tag_in_taxonomy(taxonomies.subjects, "Optics", "Light")
    taxonomies.subjects.name = "Fächer"
    taxonomies.subjects.save()
    assert codes(take(target, files)) == ["taxonomy-name"]
    assert shown(target.uuid) == shown(bundle.uuid)
    assert Taxonomy.objects.get(export_id="subjects").name == "Fächer"


def test_a_taxonomy_of_the_same_name_is_not_mixed(
    bundle: BundleData, target: BundleData, files: Files
) -> None:
    forget_taxonomies()
    other = make_subjects(export_id="other-subjects")
    assert take(target, files) == []
    assert Taxonomy.objects.filter(name="Subjects").count() == 2
    assert not ObjectTag.objects.filter(taxonomy=other).exists()


def test_a_taxonomy_of_another_kind_is_not_mixed(
    target: BundleData, taxonomies: Taxonomies, files: Files
) -> None:
    kinds = changed(
        files,
        lambda said: [
            each.update(allow_free_text=True)
            for each in said[TAXONOMIES]["taxonomies"]
            if each["export_id"] == "subjects"
        ],
    )
    assert codes(take(target, kinds)) == ["unusable-taxonomy"]
    assert {line[1] for line in shown(target.uuid)} == {"keywords", "languages-v1", "level"}


def test_tags_that_are_missing_here_wait(
    target: BundleData, taxonomies: Taxonomies, files: Files
) -> None:
    library.delete_tags_from_taxonomy(taxonomies.subjects, ["Art"], with_subtags=False)
    library.delete_tags_from_taxonomy(taxonomies.subjects, ["Physics"], with_subtags=True)
    findings = take(target, files)
    assert codes(findings) == ["unknown-tag", "unknown-tag"]
    assert all(finding.mend for finding in findings)
    assert not [line for line in shown(target.uuid) if line[0] == "" and line[1] == "subjects"]
    told = Told.from_now_on()
    library.add_tag_to_taxonomy(taxonomies.subjects, "Optics", external_id="opt")
    assert [line[3] for line in shown(target.uuid) if line[:2] == ("", "subjects")] == [("Optics",)]
    assert (target.uuid, "") in told.bundles()


def extend(settings: Settings, value: str) -> None:
    """Say what imports may do with taxonomies."""
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PLUGIN_SETTINGS": {"openedx_blockstore_tagging": {"IMPORTED_TAXONOMIES": value}},
    }


def test_with_a_setting_missing_tags_are_added(
    bundle: BundleData, target: BundleData, taxonomies: Taxonomies, files: Files, settings: Settings
) -> None:
    before = shown(bundle.uuid)
    library.delete_tags_from_taxonomy(taxonomies.subjects, ["Physics"], with_subtags=True)
    extend(settings, "extend")
    assert take(target, files) == []
    assert shown(target.uuid) == before


def test_with_a_setting_no_taxonomy_is_made(
    target: BundleData, files: Files, settings: Settings
) -> None:
    forget_taxonomies()
    extend(settings, "match")
    findings = take(target, files)
    assert codes(findings) == ["unknown-taxonomy"] * 3
    assert [line[1] for line in shown(target.uuid)] == ["languages-v1"]
    assert Taxonomy.objects.count() == 1
    # Taken back again, nothing changes; and when there is one, they are there.
    told = Told.from_now_on()
    assert codes(take(target, files)) == ["unknown-taxonomy"] * 3
    assert told.bundles() == []
    library.create_taxonomy("Keywords", export_id="keywords", allow_free_text=True)
    assert [line[3] for line in shown(target.uuid)] == [("Lens",), ("漢字",), ("French",)]
    tagging.tag_bundle(target.uuid, "keywords", [])
    assert [line[1] for line in shown(target.uuid)] == ["languages-v1"]


def test_users_are_known_by_their_names(bundle: BundleData, target: BundleData) -> None:
    library.create_taxonomy(
        "Reviewers", export_id="reviewers", taxonomy_class=UserSystemDefinedTaxonomy
    )
    ada = User.objects.create_user("ada")
    tagging.tag_bundle(bundle.uuid, "reviewers", ["ada"])
    exported = SOURCE.export_files(bundle.uuid, 3)
    assert as_json(exported)[TAGS]["tags"]["reviewers"] == [{"id": None, "value": "ada"}]
    assert take(target, exported) == []
    ada.username = "lovelace"
    ada.save()
    assert codes(take(target, exported)) == ["unknown-tag"]


def test_local_tags_of_other_taxonomies_stay(
    target: BundleData, taxonomies: Taxonomies, files: Files
) -> None:
    mine = library.create_taxonomy("Mine", export_id="mine", allow_free_text=True)
    tagging.tag_bundle(target.uuid, mine.pk, ["keep me"], version=1)
    tagging.tag_bundle(target.uuid, mine.pk, ["and me"], version=1, part="other.xml")
    make_version(target.uuid, {"p1.xml": "2"})
    take(target, files, 2)
    assert [line[3] for line in shown(target.uuid) if line[1] == "mine"] == [
        ("keep me",),
        ("and me",),
    ]
    assert [line[1] for line in shown(target.uuid, 1)] == ["mine", "mine"]


def test_many_parts_take_few_statements(
    bundle: BundleData, target: BundleData, taxonomies: Taxonomies
) -> None:
    for number in range(50):
        tagging.tag_bundle(bundle.uuid, "subjects", ["Art", "Optics"], part=f"{number}.xml")
    exported = SOURCE.export_files(bundle.uuid, 3)
    with counting() as cost:
        assert take(target, exported) == []
    assert cost.statements <= 25
    assert BundleTag.objects.filter(bundle__uuid=target.uuid).count() == 100


# From strangers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.pop(TAGS),
        lambda said: said.pop(TAXONOMIES),
        lambda said: said[TAGS].update(format=2),
        lambda said: said[TAGS].update(tags=[]),
        lambda said: said[TAGS].update(parts={"p": 5}),
        lambda said: said[TAGS].update(tags={"subjects": [5]}),
        lambda said: said[TAGS].update(tags={"subjects": [{"id": 5, "value": "Art"}]}),
        lambda said: said[TAGS].update(tags={"subjects": [{"id": None}]}),
        lambda said: said[TAXONOMIES].update(taxonomies={}),
        lambda said: said[TAXONOMIES]["taxonomies"][0].update(allow_multiple="no"),
        lambda said: said[TAXONOMIES]["taxonomies"][0].update(name=None),
        lambda said: said[TAXONOMIES]["taxonomies"].append(5),
    ],
)
def test_files_that_can_not_be_read(
    target: BundleData, files: Files, change: Callable[[Any], object]
) -> None:
    findings = take(target, changed(files, change))
    assert codes(findings) == ["unreadable-tags"]
    assert shown(target.uuid) == []


@pytest.mark.parametrize(
    "contents", [b"", b"\xff", b"nonsense", b"[" * 100_000, b'{"format": 1}', b"x" * (17 * 2**20)]
)
def test_bytes_that_are_no_json(target: BundleData, files: Files, contents: bytes) -> None:
    assert codes(take(target, {**files, TAGS: contents})) == ["unreadable-tags"]


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ({"id": None, "value": ""}, "invalid-tag"),
        ({"id": None, "value": "x" * 501}, "invalid-tag"),
        ({"id": None, "value": "a;b"}, "invalid-tag"),
        ({"id": None, "value": "\x00"}, "invalid-tag"),
        ({"id": None, "value": "\ud800"}, "invalid-tag"),
        ({"id": "x" * 256, "value": "Art"}, "invalid-tag"),
        ({"id": "\x00", "value": "Art"}, "invalid-tag"),
        ({"id": None, "value": "Alchemy"}, "unknown-tag"),
    ],
)
def test_tags_that_can_not_be(
    target: BundleData, files: Files, tag: dict[str, Any], code: str
) -> None:
    said = changed(files, lambda said: said[TAGS]["tags"]["subjects"].append(tag))
    assert codes(take(target, said)) == [code]
    assert ("", "subjects", "Subjects", ("Art",), None) in shown(target.uuid)


@pytest.mark.parametrize("value", ["x" * 300, "a b", "..", "\x00", "\ud800", ""])
def test_taxonomies_that_can_not_be(target: BundleData, files: Files, value: str) -> None:
    forget_taxonomies()

    def rename(said: Any) -> None:
        said[TAGS]["tags"] = {value: [{"id": None, "value": "Art"}]}
        said[TAGS]["parts"] = {}
        for each in said[TAXONOMIES]["taxonomies"]:
            each["export_id"] = value

    findings = take(target, changed(files, rename))
    # Two dots are a name like any other: nothing is kept under it.
    assert codes(findings) == ([] if value == ".." else ["unusable-taxonomy"])


def test_trees_that_can_not_be(target: BundleData, files: Files) -> None:
    forget_taxonomies()

    def tangle(said: Any) -> None:
        for each in said[TAXONOMIES]["taxonomies"]:
            for tag in each["tags"]:
                parents = {"Science": "Optics", "Art": "nowhere", "Chemistry": None}
                tag["parent_value"] = parents.get(tag["value"], tag["parent_value"])

    findings = take(target, changed(files, tangle))
    assert codes(findings) == ["unknown-tag", "unknown-tag"]
    assert ("p1.xml#one", "subjects", "Subjects", ("Chemistry",), "che") in shown(target.uuid)


def test_more_than_the_library_allows(target: BundleData, files: Files) -> None:
    many = [{"id": None, "value": f"k{number}"} for number in range(101)]
    said = changed(files, lambda said: said[TAGS]["tags"].update(keywords=many))
    assert codes(take(target, said)) == ["too-many-tags"]
    assert ("", "level", "Level", ("Hard",), None) in shown(target.uuid)
    several = [{"id": None, "value": "Easy"}, {"id": None, "value": "Hard"}]
    said = changed(files, lambda said: said[TAGS]["tags"].update(level=several))
    assert codes(take(target, said)) == ["single-tag-taxonomy"]
    almost = many[:99]
    said = changed(files, lambda said: said[TAGS]["tags"].update(keywords=almost))
    assert codes(take(target, said)) == ["too-many-tags"]


def test_parts_that_can_not_be(target: BundleData, files: Files) -> None:
    part = {"x" * 1001: {"level": [{"id": None, "value": "Hard"}]}}
    said = changed(files, lambda said: said[TAGS]["parts"].update(part))
    assert codes(take(target, said)) == ["invalid-part"]


# Collections -------------------------------------------------------------------------------------


def test_a_collections_tags_travel(collection: CollectionData, taxonomies: Taxonomies) -> None:
    tagging.tag_collection(collection.uuid, "subjects", ["Optics"])
    tagging.tag_collection(collection.uuid, "keywords", ["Lens"])
    exported = SOURCE.export_collection_files(collection.uuid)
    forget_taxonomies()
    other = api.create_collection("Elsewhere").uuid
    told = Told.from_now_on()
    for _time in range(2):
        assert list(SOURCE.import_collection_files(other, exported)) == []
        assert SOURCE.export_collection_files(other) == exported
    assert told.collections() == [other]
    assert codes(list(SOURCE.import_collection_files(other, {}))) == ["unreadable-tags"]
