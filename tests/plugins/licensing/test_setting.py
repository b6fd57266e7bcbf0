"""Saying under which licence something is: collections by time, bundles by version and path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData, EventTarget
from openedx_blockstore.exceptions import (
    BundleNotFound,
    BundleVersionNotFound,
    CollectionNotFound,
    Invalid,
)
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.exceptions import (
    InvalidLicense,
    InvalidLicensePath,
    InvalidVersionRange,
)
from openedx_blockstore_licensing.licensing import pin_licenses
from openedx_blockstore_licensing.models import BundleLicense, CollectionLicense
from openedx_blockstore_licensing.stored import read_versions
from tests.core.helpers import make_version
from tests.plugins.licensing.conftest import MakeBundle
from tests.plugins.licensing.telling import told


def license_of(bundle: BundleData, version: int | None = None) -> str:
    """Return the licence of a version as a whole."""
    return api.get_version_license(bundle.uuid, version).expression


# Collections -------------------------------------------------------------------------------------


def test_of_a_new_collection_nobody_has_said_anything(
    collection: CollectionData, bundle: BundleData
) -> None:
    assert api.get_collection_license(collection.uuid) == ""
    assert api.get_collection_licenses(collection.uuid) == []
    assert license_of(bundle) == ""


def test_the_licence_that_held_when_a_version_was_made_stays_with_it(
    collection: CollectionData, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(collection.uuid)
    assert api.set_collection_license(collection.uuid, "cc-by-4.0")
    make_version(bundle.uuid, {"a.xml": "second"})
    make_version(bundle.uuid, {"a.xml": "third"})
    assert api.set_collection_license(collection.uuid, "CC-BY-NC-4.0", actor="ann")
    make_version(bundle.uuid, {"a.xml": "fourth"})
    assert api.set_collection_license(collection.uuid, None)
    make_version(bundle.uuid, {"a.xml": "fifth"})
    assert [license_of(bundle, number) for number in range(1, 6)] == [
        "",
        "CC-BY-4.0",
        "CC-BY-4.0",
        "CC-BY-NC-4.0",
        "",
    ]
    history = api.get_collection_licenses(collection.uuid)
    assert [entry.expression for entry in history] == ["CC-BY-4.0", "CC-BY-NC-4.0", ""]
    assert history[1].actor == "ann"
    assert api.get_version_license(bundle.uuid, 2).source == "collection"


def test_saying_the_same_again_changes_nothing(collection: CollectionData) -> None:
    with told() as events:
        assert not api.set_collection_license(collection.uuid, None)
        assert api.set_collection_license(collection.uuid, "CC-BY-4.0")
        assert not api.set_collection_license(collection.uuid, "cc-by-4.0")
    assert events == [EventTarget("collection", collection.uuid)]
    assert CollectionLicense.objects.count() == 1


def test_what_was_said_can_be_corrected_for_the_past(
    collection: CollectionData, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(collection.uuid, versions=2)
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    assert license_of(bundle, 2) == ""
    api.set_collection_license(collection.uuid, "MIT", since=api.ALWAYS)
    assert license_of(bundle, 1) == license_of(bundle, 2) == "MIT"
    assert api.get_collection_license(collection.uuid) == "CC-BY-4.0"


def test_a_time_must_be_one_that_was(collection: CollectionData) -> None:
    for since in (
        datetime.now(UTC) + timedelta(minutes=5),
        datetime(2020, 1, 1),  # noqa: DTZ001  (that is the point)
        "yesterday",
    ):
        with pytest.raises(Invalid):
            api.set_collection_license(collection.uuid, "MIT", since=since)  # type: ignore[arg-type]
    assert CollectionLicense.objects.count() == 0


OF_COLLECTIONS: list[Callable[[Any], object]] = [
    api.get_collection_license,
    api.get_collection_licenses,
    lambda uuid: api.set_collection_license(uuid, "MIT"),
]
OF_BUNDLES: list[Callable[[Any], object]] = [
    api.get_bundle_licenses,
    api.get_version_license,
    api.get_credit,
    api.get_license_report,
    lambda uuid: api.set_bundle_license(uuid, "MIT", first_version=1),
    lambda uuid: api.copy_bundle(uuid, None, uuid4()),
]


@pytest.mark.parametrize("uuid", [uuid4(), "no uuid", "", None, 4])
def test_what_is_not_there_is_told(db: None, uuid: object) -> None:
    for function in OF_COLLECTIONS:
        with pytest.raises(CollectionNotFound):
            function(uuid)
    for function in OF_BUNDLES:
        with pytest.raises(BundleNotFound):
            function(uuid)


@pytest.mark.parametrize("expression", ["CC-BY4", "NOASSERTION", 4, "\ud800", "MIT" * 500])
def test_a_bad_licence_of_a_collection_is_refused(
    collection: CollectionData, expression: str
) -> None:
    with pytest.raises(InvalidLicense):
        api.set_collection_license(collection.uuid, expression)
    assert CollectionLicense.objects.count() == 0


# Bundles -----------------------------------------------------------------------------------------


def test_a_bundle_may_have_a_licence_of_its_own_for_some_versions(
    collection: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    bundle = make_bundle(collection.uuid, versions=4)
    assert api.set_bundle_license(bundle.uuid, "MIT", first_version=2, last_version=3)
    found = [api.get_version_license(bundle.uuid, number) for number in range(1, 5)]
    assert [each.expression for each in found] == ["CC-BY-4.0", "MIT", "MIT", "CC-BY-4.0"]
    assert [each.source for each in found] == ["collection", "author", "author", "collection"]


def test_an_open_span_holds_for_what_is_made_later(bundle: BundleData) -> None:
    api.set_bundle_license(bundle.uuid, "MIT", first_version=2)
    make_version(bundle.uuid, {"a.xml": "second"})
    make_version(bundle.uuid, {"a.xml": "third"})
    assert [license_of(bundle, number) for number in (1, 2, 3)] == ["", "MIT", "MIT"]


def test_a_later_one_cuts_what_was_there(bundle: BundleData) -> None:
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1)
    api.set_bundle_license(bundle.uuid, "CC-BY-4.0", first_version=3, last_version=4)
    spans = [
        (row.first_version, row.last_version, row.expression)
        for row in api.get_bundle_licenses(bundle.uuid)
    ]
    assert spans == [(1, 2, "MIT"), (3, 4, "CC-BY-4.0"), (5, None, "MIT")]
    api.set_bundle_license(bundle.uuid, "MIT", first_version=2, last_version=7)
    assert [
        (row.first_version, row.last_version) for row in api.get_bundle_licenses(bundle.uuid)
    ] == [(1, None)]


def test_nothing_said_of_the_bundle_is_what_the_collection_says(
    collection: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    bundle = make_bundle(collection.uuid)
    api.set_bundle_license(bundle.uuid, "NOASSERTION", first_version=1)
    assert license_of(bundle) == "NOASSERTION"
    assert api.set_bundle_license(bundle.uuid, None, first_version=1)
    assert not api.set_bundle_license(bundle.uuid, None, first_version=1)
    assert license_of(bundle) == "CC-BY-4.0"
    assert BundleLicense.objects.count() == 0


def test_files_may_have_licences_of_their_own(bundle: BundleData) -> None:
    api.set_bundle_license(bundle.uuid, "CC-BY-4.0", first_version=1)
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1, path="static/")
    api.set_bundle_license(bundle.uuid, "ISC", first_version=1, path="static/e\u0301.js")
    api.set_bundle_license(bundle.uuid, "0BSD", first_version=1, path="STATIC/")
    found = api.get_version_license(bundle.uuid)
    assert found.expression == "CC-BY-4.0"
    assert found.paths == {"static/": "MIT", "static/é.js": "ISC", "STATIC/": "0BSD"}
    assert [
        api.get_file_license(bundle.uuid, path, 1)
        for path in ("static/a.js", "static/e\u0301.js", "STATIC/a.js", "a.js")
    ] == ["MIT", "ISC", "0BSD", api.get_version_license(bundle.uuid).expression]
    with pytest.raises(InvalidLicensePath):
        api.get_file_license(bundle.uuid, "/etc")
    api.set_bundle_license(bundle.uuid, None, first_version=1, path="static/")
    assert set(api.get_version_license(bundle.uuid).paths) == {"static/é.js", "STATIC/"}


def test_an_event_is_sent_once_and_only_if_something_changed(bundle: BundleData) -> None:
    with told() as events:
        api.set_bundle_license(bundle.uuid, "MIT", first_version=1)
        api.set_bundle_license(bundle.uuid, "mit", first_version=1)
        api.set_bundle_license(bundle.uuid, "MIT", first_version=3, last_version=4)
        api.set_bundle_license(bundle.uuid, None, first_version=1, path="nothing.xml")
    assert events == [EventTarget("bundle", bundle.uuid)]


def test_no_version_is_made(bundle: BundleData) -> None:
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1)
    assert blockstore.get_bundle(bundle.uuid).latest_version == 1


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, None),
        (-1, None),
        (2, 1),
        ("1", None),
        (True, None),
        (None, None),
        (1.0, 2),
        (2**31, None),
    ],
)
def test_spans_that_are_none_are_refused(bundle: BundleData, first: object, last: object) -> None:
    with pytest.raises(InvalidVersionRange) as caught:
        api.set_bundle_license(bundle.uuid, "MIT", first_version=first, last_version=last)  # type: ignore[arg-type]
    assert "from 1 on" in str(caught.value)


def test_bad_values_change_nothing(bundle: BundleData) -> None:
    with pytest.raises(InvalidLicense):
        api.set_bundle_license(bundle.uuid, "CC-BY4", first_version=1)
    with pytest.raises(InvalidLicense):
        api.set_bundle_license(bundle.uuid, "", first_version=1)
    with pytest.raises(InvalidLicensePath):
        api.set_bundle_license(bundle.uuid, "MIT", first_version=1, path="/etc")
    assert BundleLicense.objects.count() == 0


@pytest.mark.parametrize("version", [0, 2, -1, "1", True, 2**40])
def test_a_version_that_is_not_there_has_no_licence(bundle: BundleData, version: int) -> None:
    with pytest.raises(BundleVersionNotFound):
        api.get_version_license(bundle.uuid, version)


def test_a_bundle_without_a_version_has_none_either(collection: CollectionData) -> None:
    empty = blockstore.create_bundle(collection.uuid, "empty", "Empty")
    with pytest.raises(BundleVersionNotFound):
        api.get_version_license(empty.uuid)


SPANS = st.tuples(
    st.integers(1, 8),
    st.none() | st.integers(1, 8),
    st.sampled_from([None, "MIT", "ISC", "CC-BY-4.0"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.lists(SPANS, max_size=8))
def test_every_version_has_what_was_said_of_it_last(
    bundle: BundleData, changes: list[tuple[int, int | None, str | None]]
) -> None:
    BundleLicense.objects.all().delete()
    expected: dict[int, str] = {}
    for first, last, expression in changes:
        if last is not None and last < first:
            continue
        wanted = {**expected}
        for version in range(first, (last or 10) + 1):
            wanted.pop(version, None)
            if expression is not None:
                wanted[version] = expression
        changed = api.set_bundle_license(
            bundle.uuid, expression, first_version=first, last_version=last
        )
        assert changed == (wanted != expected)
        expected = wanted
    rows = BundleLicense.objects.filter(bundle__uuid=bundle.uuid)
    for version in range(1, 11):
        covering = [row.expression for row in rows.covering(version)]
        assert covering == [expected[version]] if version in expected else covering == []


# Bundles that move -------------------------------------------------------------------------------


def test_a_bundle_that_moves_keeps_the_licences_of_its_versions(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(other.uuid, "CC-BY-NC-4.0", since=api.ALWAYS)
    bundle = make_bundle(collection.uuid)
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    make_version(bundle.uuid, {"a.xml": "second"})
    api.set_bundle_license(bundle.uuid, "MIT", first_version=3, last_version=3)
    make_version(bundle.uuid, {"a.xml": "third"})
    make_version(bundle.uuid, {"a.xml": "fourth"})
    before = [license_of(bundle, number) or "NOASSERTION" for number in range(1, 5)]
    blockstore.update_bundle(bundle.uuid, collection_uuid=other.uuid)
    moved = datetime.now(UTC)
    assert pin_licenses(bundle.uuid, collection.uuid, until=moved)
    make_version(bundle.uuid, {"a.xml": "fifth"})
    after = [license_of(bundle, number) for number in range(1, 6)]
    assert after == [*before, "CC-BY-NC-4.0"]
    assert before == ["NOASSERTION", "CC-BY-4.0", "MIT", "CC-BY-4.0"]
    with told() as events:
        assert not pin_licenses(bundle.uuid, collection.uuid, until=moved)
    assert events == []


# Statements --------------------------------------------------------------------------------------


def test_many_versions_take_few_statements(
    collection: CollectionData, make_bundle: MakeBundle
) -> None:
    bundles = [make_bundle(collection.uuid, versions=3) for _ in range(5)]
    for bundle in bundles:
        api.set_bundle_license(bundle.uuid, "MIT", first_version=2)
    keys = [(bundle.uuid, number) for bundle in bundles for number in (1, 2, 3)]
    with CaptureQueriesContext(connection) as queries:
        found = read_versions(keys)
    assert len(queries) <= 4
    assert [found[key].license.expression for key in keys] == ["", "MIT", "MIT"] * 5
