"""What exports say of licences and of whose work something is, and what imports take of it."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import PublisherData
from tests.core.helpers import make_version
from tests.plugins.licensing.conftest import MakeBundle
from tests.plugins.licensing.exchanging import (
    HARVARD,
    SOURCE,
    document,
    elsewhere,
    take,
    take_collection,
)
from tests.plugins.licensing.telling import line_of, told

pytestmark = pytest.mark.usefixtures("harvard")

# What is described -------------------------------------------------------------------------------


def test_versions_are_described(collection: CollectionData, make_bundle: MakeBundle) -> None:
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    bundle = make_bundle(collection.uuid, versions=2)
    api.set_bundle_license(bundle.uuid, "MIT", first_version=2, path="*.js")
    described = SOURCE.describe(bundle.uuid, [1, 2])
    assert described[1]["expression"] == "CC-BY-4.0"
    assert described[1]["paths"] == {}
    assert described[2]["paths"] == {"*.js": "MIT"}
    assert described[2]["publisher"]["iri"] == HARVARD.iri
    assert described[2]["attribution"] == line_of(bundle.uuid, 2)
    json.dumps(described)


def test_versions_of_which_nothing_is_known_are_left_out(
    other: CollectionData, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(other.uuid)
    assert SOURCE.describe(bundle.uuid, [1]) == {}
    assert SOURCE.describe(uuid4(), [1]) == {}
    assert SOURCE.describe_collection(other.uuid) is None
    assert SOURCE.describe_collection(uuid4()) is None


def test_a_version_from_before_the_licence_of_its_collection_is_under_none(
    collection: CollectionData, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(collection.uuid)
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    assert SOURCE.describe(bundle.uuid, [1])[1]["expression"] == ""


def test_a_collection_is_described(collection: CollectionData) -> None:
    api.set_collection_license(collection.uuid, "MIT")
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    described = SOURCE.describe_collection(collection.uuid)
    assert described["expression"] == "CC-BY-4.0"
    assert [entry["expression"] for entry in described["history"]] == ["MIT", "CC-BY-4.0"]
    assert described["publisher"]["name"] == "Harvard"
    json.dumps(described)


# Versions ----------------------------------------------------------------------------------------


def test_the_same_always_gives_the_same_bytes(bundle: BundleData) -> None:
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1, path="b")
    api.set_bundle_license(bundle.uuid, "ISC", first_version=1, path="a")
    first = SOURCE.export_files(bundle.uuid, 1)
    assert first == SOURCE.export_files(bundle.uuid, 1)
    assert SOURCE.export_files(uuid4(), 1) == {}


def test_licences_and_whose_work_it_is_arrive_elsewhere(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    api.set_bundle_license(bundle.uuid, "CC-BY-SA-4.0", first_version=1)
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1, path="*.js")
    line = line_of(bundle.uuid)
    given = document(bundle)
    api.delete_publisher(HARVARD.iri)
    there = elsewhere(bundle, other, tmp_path)
    with told() as events:
        assert take(there, given) == []
    assert [event.uuid for event in events] == [there.uuid]
    license_ = api.get_version_license(there.uuid)
    assert (license_.expression, license_.source) == ("CC-BY-SA-4.0", "import")
    assert license_.paths == {"*.js": "MIT"}
    assert line_of(there.uuid) == line
    assert api.get_publisher(HARVARD.iri) == HARVARD
    assert document(there)["license"]["expression"] == "CC-BY-SA-4.0"


def test_an_imported_work_that_is_changed_is_not_the_authors_alone(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    there = elsewhere(bundle, other, tmp_path)
    take(there, document(bundle))
    make_version(there.uuid, {"a.xml": "<problem>changed</problem>"})
    line = line_of(there.uuid)
    assert line.startswith("“Newton” by Bob")
    assert "Based on “Newton” by Ann (Harvard)" in line
    assert line.endswith("modified.")


def test_files_that_were_edited_on_the_way_are_a_changed_work(
    other: CollectionData, bundle: BundleData
) -> None:
    there = blockstore.create_bundle(other.uuid, "edited", "Newton")
    blockstore.import_version(there.uuid, {"a.xml": "<problem>edited after the export</problem>"})
    take(there, document(bundle))
    assert api.get_credit(there.uuid).derived_from[0].modified


def test_a_copy_is_still_one_after_an_export(
    collection: CollectionData, other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    copy = api.copy_bundle(bundle.uuid, None, other.uuid, title="Bob's version")
    make_version(copy.uuid, {"a.xml": "<problem>Bob's</problem>"})
    third = blockstore.create_collection("Third", author="Cleo")
    there = elsewhere(copy, third, tmp_path)
    take(there, document(copy, 2))
    line = line_of(there.uuid)
    assert line == line_of(copy.uuid)
    assert "Based on “Newton” by Ann (Harvard)" in line
    assert "modified" in line


def test_ones_own_work_comes_home(
    collection: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    api.set_collection_license(collection.uuid, "CC-BY-4.0", since=api.ALWAYS)
    there = elsewhere(bundle, collection, tmp_path)
    take(there, document(bundle))
    assert api.get_credit(there.uuid).derived_from == ()
    assert api.get_bundle_licenses(there.uuid) == []
    assert api.get_version_license(there.uuid).source == "collection"


def test_ones_own_copy_of_anothers_work_comes_home_as_one(
    collection: CollectionData, other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    copy = api.copy_bundle(bundle.uuid, None, other.uuid)
    make_version(copy.uuid, {"a.xml": "<problem>Bob's</problem>"})
    there = elsewhere(copy, other, tmp_path)
    take(there, document(copy, 2))
    (derived,) = api.get_credit(there.uuid).derived_from
    assert (derived.origin.author, derived.modified) == ("Ann", True)


def test_what_is_under_no_licence_gets_none_by_an_import(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    api.set_collection_license(other.uuid, "CC-BY-4.0", since=api.ALWAYS)
    there = elsewhere(bundle, other, tmp_path)
    take(there, document(bundle))
    assert api.get_version_license(there.uuid).expression == "NOASSERTION"


def test_each_version_has_what_its_archive_said(
    collection: CollectionData, other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1, last_version=1)
    first = document(bundle)
    there = elsewhere(bundle, other, tmp_path)
    take(there, first)
    make_version(bundle.uuid, {"a.xml": "<problem>second</problem>"})
    api.set_bundle_license(bundle.uuid, "CC-BY-4.0", first_version=2)
    blockstore.import_version(there.uuid, {"a.xml": "<problem>second</problem>"}, origin_version=2)
    take(there, document(bundle, 2), 2)
    found = [api.get_version_license(there.uuid, number).expression for number in (1, 2)]
    assert found == ["MIT", "CC-BY-4.0"]
    named = [api.get_credit(there.uuid, number) for number in (1, 2)]
    origins = [[each.origin.version for each in credit.derived_from] for credit in named]
    assert origins == [[1], [2]]
    assert not any(credit.derived_from[0].modified for credit in named)


def test_what_an_author_said_here_stays_and_they_hear_of_it(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    there = elsewhere(bundle, other, tmp_path)
    api.set_bundle_license(there.uuid, "MIT", first_version=1)
    api.set_bundle_license(bundle.uuid, "CC-BY-4.0", first_version=1)
    (finding,) = take(there, document(bundle))
    assert (finding.severity, finding.code) == ("warning", "license-differs")
    assert api.get_version_license(there.uuid).expression == "MIT"
    api.set_bundle_license(there.uuid, None, first_version=1)
    assert api.get_version_license(there.uuid).expression == "CC-BY-4.0"


def test_taking_the_same_again_changes_nothing(
    collection: CollectionData, other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    copy = api.copy_bundle(bundle.uuid, None, other.uuid)
    make_version(copy.uuid, {"a.xml": "<problem>Bob's</problem>"})
    third = blockstore.create_collection("Third", author="Cleo")
    for target in (third, other):
        there = elsewhere(copy, target, tmp_path)
        take(there, document(copy, 2))
        before = (api.get_bundle_licenses(there.uuid), api.get_derivations(there.uuid))
        with told() as events:
            take(there, document(copy, 2))
        assert events == []
        assert (api.get_bundle_licenses(there.uuid), api.get_derivations(there.uuid)) == before


def test_an_older_version_taken_again_leaves_later_ones_alone(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1)
    first = document(bundle)
    there = elsewhere(bundle, other, tmp_path)
    take(there, first)
    api.set_bundle_license(bundle.uuid, "CC-BY-4.0", first_version=2)
    make_version(bundle.uuid, {"a.xml": "<problem>second</problem>"})
    blockstore.import_version(there.uuid, {"a.xml": "<problem>second</problem>"}, origin_version=2)
    take(there, document(bundle, 2), 2)
    make_version(there.uuid, {"a.xml": "<problem>Bob's</problem>"})
    before = [
        (api.get_version_license(there.uuid, number), line_of(there.uuid, number))
        for number in (1, 2, 3)
    ]
    take(there, first)
    take(there, document(bundle, 2), 2)
    assert before == [
        (api.get_version_license(there.uuid, number), line_of(there.uuid, number))
        for number in (1, 2, 3)
    ]
    assert "modified" in before[2][1]


def test_ones_own_version_taken_back_where_it_was_made_is_no_news(
    collection: CollectionData, bundle: BundleData
) -> None:
    given = document(bundle)
    blockstore.update_collection(collection.uuid, author="Ann, under a new name")
    with told() as events:
        assert take(bundle, given) == []
    assert events == []
    assert api.get_derivations(bundle.uuid) == []


# Publishers --------------------------------------------------------------------------------------


def test_a_known_publisher_is_not_overwritten(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    given = document(bundle)
    given["publishers"][0]["name"] = "A stranger's idea of it"
    there = elsewhere(bundle, other, tmp_path)
    (finding,) = take(there, given)
    assert (finding.severity, finding.code) == ("info", "publisher-differs")
    assert api.get_publisher(HARVARD.iri) == HARVARD


def test_publishers_arrive_with_those_above_them(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    above = PublisherData("https://above.example/", "Above")
    api.set_publisher(above)
    api.set_publisher(PublisherData(HARVARD.iri, "Harvard", parent=above.iri))
    given = document(bundle)
    api.delete_publisher(HARVARD.iri)
    api.delete_publisher(above.iri)
    assert take(elsewhere(bundle, other, tmp_path), given) == []
    assert api.get_publisher(HARVARD.iri).parent == above.iri


def test_publishers_in_a_circle_are_told_of(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    given = document(bundle)
    given["publishers"] = [
        {"iri": "https://a.example/", "name": "A", "parent": "https://b.example/"},
        {"iri": "https://b.example/", "name": "B", "parent": "https://a.example/"},
    ]
    findings = take(elsewhere(bundle, other, tmp_path), given)
    assert {finding.code for finding in findings} == {"license-document"}


# Collections -------------------------------------------------------------------------------------


def test_the_licence_of_a_collection_arrives_elsewhere(collection: CollectionData) -> None:
    api.set_collection_license(collection.uuid, "MIT")
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    files = SOURCE.export_collection_files(collection.uuid)
    api.delete_publisher(HARVARD.iri)
    empty = blockstore.create_collection("Empty")
    assert take_collection(empty, files) == []
    assert api.get_collection_license(empty.uuid) == "CC-BY-4.0"
    assert blockstore.get_collection(empty.uuid).publisher == HARVARD.iri
    assert api.get_publisher(HARVARD.iri) == HARVARD
    assert take_collection(empty, files) == []
    assert SOURCE.export_collection_files(uuid4()) == {}


def test_what_was_made_here_gets_no_licence_by_an_import(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    files = SOURCE.export_collection_files(collection.uuid)
    own = make_bundle(other.uuid)
    codes = {finding.code for finding in take_collection(other, files)}
    assert codes == {"collection-license-differs", "collection-publisher-differs"}
    assert api.get_version_license(own.uuid).expression == ""
    assert blockstore.get_collection(other.uuid).publisher == ""


def test_the_licences_of_another_installation_are_kept(
    other: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    given = document(bundle)
    given["license"] = {"expression": "LicenseRef-Theirs OR CC-BY-9.0", "paths": {}}
    given["credit"]["license"] = "LicenseRef-Theirs"
    there = elsewhere(bundle, other, tmp_path)
    assert take(there, given) == []
    assert api.get_version_license(there.uuid).expression == "LicenseRef-Theirs OR CC-BY-9.0"
    report = api.get_license_report(there.uuid)
    assert [license_.url for license_ in report.groups[0].licenses] == ["", ""]
    make_version(there.uuid, {"a.xml": "<problem>changed</problem>"})
    (finding,) = api.get_license_report(there.uuid).findings
    assert finding.code == "not-in-rules"
    assert document(there, 2)["license"]["expression"] == "LicenseRef-Theirs OR CC-BY-9.0"
    assert SOURCE.describe(there.uuid, [2])[2]["expression"] == "LicenseRef-Theirs OR CC-BY-9.0"


def test_what_was_said_of_a_collection_stays(collection: CollectionData) -> None:
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    files = SOURCE.export_collection_files(collection.uuid)
    target = blockstore.create_collection("Target", publisher="https://other.example/")
    api.set_collection_license(target.uuid, "MIT")
    codes = {finding.code for finding in take_collection(target, files)}
    assert codes == {"collection-license-differs", "collection-publisher-differs"}
    assert api.get_collection_license(target.uuid) == "MIT"
    assert blockstore.get_collection(target.uuid).publisher == "https://other.example/"
