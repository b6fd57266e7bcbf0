"""Bundles through the public API: what is said of them, finding, deleting."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, DraftData
from openedx_blockstore.exceptions import (
    BundleExists,
    BundleNotFound,
    CollectionNotFound,
    DraftNotFound,
    Invalid,
    LimitExceeded,
)
from tests.core.helpers import make_version

pytestmark = pytest.mark.django_db

UNKNOWN: list[Any] = [
    uuid.UUID(int=7),
    str(uuid.UUID(int=7)),
    "no uuid",
    "",
    "nul \0",
    "half \ud800",
    None,
    5,
    b"x",
    ["x"],
]


def test_a_bundle_has_what_it_was_made_with(collection: CollectionData) -> None:
    made = api.create_bundle(
        collection.uuid, "slug", "Tïtle 🎉", "About", type="video", origin="olx:a/b"
    )
    assert made == BundleData(
        uuid=made.uuid,
        title="Tïtle 🎉",
        description="About",
        slug="slug",
        drafts={},
        latest_version=0,
        collection_uuid=collection.uuid,
        type="video",
        origin="olx:a/b",
        deleted_at=None,
    )
    assert api.get_bundle(made.uuid) == api.get_bundle(str(made.uuid)) == made


def test_a_bundle_needs_a_slug_only(collection: CollectionData) -> None:
    made = api.create_bundle(collection.uuid, "slug")
    assert (made.title, made.description, made.type, made.origin) == ("New Bundle", "", "", None)


def test_slugs_need_not_be_unique(collection: CollectionData) -> None:
    one, two = (api.create_bundle(collection.uuid, "same") for _ in range(2))
    assert one.uuid != two.uuid


def test_a_bundle_lists_its_drafts_and_its_latest_version(bundle: BundleData) -> None:
    work = api.get_or_create_bundle_draft(bundle.uuid, "work")
    other = api.get_or_create_bundle_draft(bundle.uuid, "øther")
    api.write_draft_file(work.uuid, "a", "x")
    assert api.get_bundle(bundle.uuid).latest_version == 0
    api.commit_draft(work.uuid)
    found = api.get_bundle(bundle.uuid)
    assert found.latest_version == 1
    assert found.drafts == {"work": work.uuid, "øther": other.uuid}
    assert api.get_bundles(uuids=[bundle.uuid]) == [found]


def test_a_bundle_can_bring_its_uuid(collection: CollectionData) -> None:
    wanted = uuid.uuid4()
    assert api.create_bundle(collection.uuid, "slug", uuid=wanted).uuid == wanted
    with pytest.raises(BundleExists, match=str(wanted)) as caught:
        api.create_bundle(collection.uuid, "slug", uuid=wanted)
    assert (caught.value.key, caught.value.bundle_uuid) == (str(wanted), wanted)


def test_an_origin_is_unique_in_its_collection_code_point_by_code_point(
    collection: CollectionData,
) -> None:
    first = api.create_bundle(collection.uuid, "slug", origin="olx:A")
    with pytest.raises(BundleExists, match="olx:A") as caught:
        api.create_bundle(collection.uuid, "slug", origin="olx:A")
    assert caught.value.bundle_uuid == first.uuid
    for other in ("olx:a", "olx:A ", "olx:Á"):
        api.create_bundle(collection.uuid, "slug", origin=other)
    elsewhere = api.create_collection("Elsewhere")
    api.create_bundle(elsewhere.uuid, "slug", origin="olx:A")


def test_bundles_are_found_by_origin_deleted_ones_too(collection: CollectionData) -> None:
    made = {
        origin: api.create_bundle(collection.uuid, "slug", origin=origin)
        for origin in ("one", "two", "TWO")
    }
    api.delete_bundle(made["two"].uuid)
    found = api.get_bundles_by_origin(collection.uuid, ["one", "two", "three", "one"])
    assert set(found) == {"one", "two"}
    assert found["one"] == made["one"]
    assert found["two"].deleted_at is not None
    assert api.get_bundles_by_origin(collection.uuid, []) == {}


def test_many_origins_cost_a_statement_for_each_500(collection: CollectionData) -> None:
    api.create_bundle(collection.uuid, "slug", origin="999")
    with CaptureQueriesContext(connection) as queries:
        found = api.get_bundles_by_origin(collection.uuid, (str(n) for n in range(1000)))
    assert list(found) == ["999"]
    assert len(queries) <= 4


@pytest.mark.parametrize(
    "call",
    [
        api.get_bundle,
        api.delete_bundle,
        lambda unknown: api.update_bundle(unknown, title="x"),
        lambda unknown: api.get_or_create_bundle_draft(unknown, "x"),
        api.get_bundle_version,
        lambda unknown: api.get_bundle_version(unknown, 0),
        lambda unknown: api.get_bundle_version(unknown, 1),
        lambda unknown: api.get_bundle_version_files(unknown, 0),
        lambda unknown: api.get_bundle_version_links(unknown, 1),
        lambda unknown: api.import_version(unknown, {"a": b"x"}),
        api.get_bundle_files_dict,
        lambda unknown: api.get_bundle_files_dict(unknown, use_draft="x"),
        api.get_bundle_files,
        api.get_bundle_links,
        lambda unknown: api.get_bundle_file_metadata(unknown, "a"),
        lambda unknown: api.get_bundle_file_data(unknown, "a"),
        lambda unknown: api.open_bundle_file(unknown, "a").__enter__(),
        lambda unknown: api.open_bundle_file(unknown, "a", version_number=1).__enter__(),
        lambda unknown: api.get_bundle_version_changes(unknown, 1),
        lambda unknown: api.diff_versions(unknown, 0, 0),
        lambda unknown: api.diff_versions(unknown, 0, 1),
        lambda unknown: api.get_file_history(unknown, "a"),
        lambda unknown: api.revert_bundle(unknown, 1),
        api.get_dependencies,
        api.get_borrowers,
        api.count_borrowers,
        api.get_outdated_links,
        api.get_affected_bundles,
        api.get_size,
    ],
)
def test_an_unknown_or_deleted_bundle_is_not_found_by_any_function(
    bundle: BundleData, call: Callable[[Any], object]
) -> None:
    make_version(bundle.uuid, {"a": "x"})
    api.delete_bundle(bundle.uuid)
    for value in [bundle.uuid, *UNKNOWN]:
        with pytest.raises(BundleNotFound) as caught:
            call(value)
        assert caught.value.bundle_uuid == value
        assert str(value) in str(caught.value)


def test_what_never_was_can_not_be_taken_back_nor_a_page_start_behind_it(db: None) -> None:
    for value in UNKNOWN:
        with pytest.raises(BundleNotFound):
            api.undelete_bundle(value)
        if value is not None:
            with pytest.raises(BundleNotFound):
                api.get_bundles(after=value)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "New"},
        {"description": "New", "slug": "new"},
        {"type": "sequence"},
        {"title": ""},
        {},
    ],
)
def test_an_update_changes_what_it_names_and_nothing_else(
    bundle: BundleData, fields: dict[str, Any]
) -> None:
    updated = api.update_bundle(bundle.uuid, **fields)
    for name in ("title", "description", "slug", "type", "collection_uuid", "origin"):
        assert getattr(updated, name) == fields.get(name, getattr(bundle, name))
    assert api.get_bundle(bundle.uuid) == updated


def test_a_bundle_moves_to_another_collection(bundle: BundleData) -> None:
    elsewhere = api.create_collection("Elsewhere")
    assert api.update_bundle(bundle.uuid, collection_uuid=elsewhere.uuid).collection_uuid == (
        elsewhere.uuid
    )
    assert [found.uuid for found in api.get_bundles(collection_uuid=elsewhere.uuid)] == [
        bundle.uuid
    ]
    with pytest.raises(CollectionNotFound):
        api.update_bundle(bundle.uuid, collection_uuid=uuid.uuid4())


def test_a_bundle_can_not_move_to_where_its_origin_is_taken(collection: CollectionData) -> None:
    elsewhere = api.create_collection("Elsewhere")
    bundle = api.create_bundle(collection.uuid, "slug", origin="same")
    there = api.create_bundle(elsewhere.uuid, "slug", origin="same")
    with pytest.raises(BundleExists) as caught:
        api.update_bundle(bundle.uuid, collection_uuid=elsewhere.uuid)
    assert (caught.value.key, caught.value.bundle_uuid) == ("same", there.uuid)
    assert api.get_bundle(bundle.uuid) == bundle


@pytest.mark.parametrize(
    "fields",
    [
        {"title": None},
        {"title": "nul \0"},
        {"title": "half \udfff"},
        {"description": 5},
        {"description": "\0"},
        {"slug": "x" * 181},
        {"slug": b"x"},
        {"type": "x" * 61},
        {"uuid": uuid.UUID(int=9)},
        {"origin": "x"},
        {"nonsense": 1},
    ],
    ids=ascii,
)
def test_a_value_that_is_not_possible_is_refused_and_changes_nothing(
    bundle: BundleData, fields: dict[str, Any]
) -> None:
    with pytest.raises(ValueError) as caught:
        api.update_bundle(bundle.uuid, **fields)
    assert isinstance(caught.value, Invalid)
    assert api.get_bundle(bundle.uuid) == bundle


def test_a_title_has_at_most_180_characters(bundle: BundleData) -> None:
    assert api.update_bundle(bundle.uuid, title="🎉" * 180).title == "🎉" * 180
    with pytest.raises(LimitExceeded):
        api.update_bundle(bundle.uuid, title="x" * 181)


# Finding ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "ÉTUDES",
        "études",
        "ÉtUdEs",
        "physik",
        "PHYSIK",
        "сборник",
        "100%",
        "a_b",
        "ＡＢＣ",
        "STRASSE",
    ],
)
def test_text_is_searched_in_title_description_and_slug_whatever_its_case(
    collection: CollectionData, text: str
) -> None:
    titles = ["Études 100%", "Physik", "Сборник", "a_b", "abc", "Straße"]
    found_by = {}
    for field in ("title", "description", "slug"):
        for title in titles:
            values = {"slug": "s", "title": "t", "description": "d", field: title}
            made = api.create_bundle(collection.uuid, **values)
            found_by[made.uuid] = title
    found = [
        found_by[each.uuid]
        for each in api.get_bundles(text_search=text, collection_uuid=collection.uuid)
    ]
    assert len(found) == 3
    assert len(set(found)) == 1


def test_wildcards_of_the_database_mean_nothing_in_a_search(collection: CollectionData) -> None:
    for title in ("axb", "100 percent", "back\\slash"):
        api.create_bundle(collection.uuid, "s", title)
    for text in ("a_b", "100%", "%", "_"):
        assert api.get_bundles(text_search=text, collection_uuid=collection.uuid) == []
    assert len(api.get_bundles(text_search="K\\S", collection_uuid=collection.uuid)) == 1


def test_a_search_does_not_run_across_fields(collection: CollectionData) -> None:
    api.create_bundle(collection.uuid, "end", "start", "middle")
    assert api.get_bundles(text_search="startmiddle", collection_uuid=collection.uuid) == []


def test_a_search_follows_an_update(bundle: BundleData, collection: CollectionData) -> None:
    api.update_bundle(bundle.uuid, title="Quite Different")
    assert len(api.get_bundles(text_search="DIFFERENT", collection_uuid=collection.uuid)) == 1
    api.update_bundle(bundle.uuid, slug="slug", title="x")
    assert api.get_bundles(text_search="different", collection_uuid=collection.uuid) == []


def test_no_uuids_are_no_bundles(bundle: BundleData) -> None:
    assert api.get_bundles(uuids=[]) == []
    assert api.get_bundles(uuids=iter([])) == []


def test_unknown_uuids_are_left_out_and_doubled_ones_are_there_once(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    uuids: list[Any] = [other_bundle.uuid, uuid.uuid4(), "nonsense", str(bundle.uuid), bundle.uuid]
    assert api.get_bundles(uuids=uuids) == [bundle, other_bundle]


def test_filters_combine(collection: CollectionData) -> None:
    elsewhere = api.create_collection("Elsewhere")
    made = [
        api.create_bundle(place.uuid, "slug", title, type=kind)
        for place in (collection, elsewhere)
        for title in ("Alpha", "Beta")
        for kind in ("video", "")
    ]

    def found(**filters: Any) -> list[int]:
        return [made.index(bundle) for bundle in api.get_bundles(**filters)]

    uuids = [bundle.uuid for bundle in made]
    assert found(uuids=uuids, type="video") == [0, 2, 4, 6]
    assert found(uuids=uuids, type="") == [1, 3, 5, 7]
    assert found(collection_uuid=elsewhere.uuid, text_search="alpha") == [4, 5]
    assert found(uuids=uuids[:5], text_search="beta", type="video") == [2]
    assert found(collection_uuid=collection.uuid, type="nonsense") == []


def test_bundles_are_paged_in_the_order_in_which_they_were_made(
    collection: CollectionData,
) -> None:
    made = [api.create_bundle(collection.uuid, f"s{number}") for number in range(6)]
    uuids = [bundle.uuid for bundle in reversed(made)]
    for filters in ({"collection_uuid": collection.uuid}, {"uuids": uuids}):
        assert api.get_bundles(**filters, limit=4) == made[:4]
        page = api.get_bundles(**filters, limit=4, after=made[3].uuid)
        assert page == made[4:]
    api.delete_bundle(made[3].uuid)
    assert api.get_bundles(collection_uuid=collection.uuid, after=made[3].uuid) == made[4:]


def test_a_thousand_bundles_are_listed_with_a_few_statements(collection: CollectionData) -> None:
    made = [api.create_bundle(collection.uuid, "s") for _ in range(30)]
    with CaptureQueriesContext(connection) as queries:
        assert api.get_bundles(collection_uuid=collection.uuid) == made
    assert len(queries) == 3
    uuids = [*(uuid.uuid4() for _ in range(1000)), *(bundle.uuid for bundle in made)]
    with CaptureQueriesContext(connection) as queries:
        assert api.get_bundles(uuids=uuids) == made
    assert len(queries) == 5


# Deleting -----------------------------------------------------------------------------------------


def test_a_deleted_bundle_is_gone_with_its_drafts_and_comes_back_with_them(
    bundle: BundleData, collection: CollectionData, draft: DraftData
) -> None:
    make_version(bundle.uuid, {"a": "x"})
    api.write_draft_file(draft.uuid, "a", "y")
    before = api.get_bundle(bundle.uuid)
    api.delete_bundle(bundle.uuid)
    assert api.get_bundles(collection_uuid=collection.uuid) == []
    assert api.get_bundles(uuids=[bundle.uuid]) == []
    for call in (
        lambda: api.get_draft(draft.uuid),
        lambda: api.write_draft_file(draft.uuid, "a", "z"),
        lambda: api.commit_draft(draft.uuid),
        lambda: api.delete_draft(draft.uuid),
        lambda: api.update_draft(draft.uuid),
        lambda: api.set_draft_link(draft.uuid, "x", None, None),
    ):
        with pytest.raises(DraftNotFound):
            call()
    assert api.undelete_bundle(bundle.uuid) == before
    assert api.get_bundle(bundle.uuid) == before
    assert api.get_bundle_file_data(bundle.uuid, "a", use_draft="work") == b"y"
    assert api.commit_draft(draft.uuid).version == 2


def test_what_was_not_deleted_stays_as_it_is(bundle: BundleData) -> None:
    assert api.undelete_bundle(bundle.uuid) == bundle


def test_the_time_of_deletion_is_recorded(collection: CollectionData) -> None:
    made = api.create_bundle(collection.uuid, "s", origin="o")
    api.delete_bundle(made.uuid)
    deleted_at = api.get_bundles_by_origin(collection.uuid, ["o"])["o"].deleted_at
    assert deleted_at is not None
    assert abs(datetime.now(UTC) - deleted_at) < timedelta(minutes=1)
    assert deleted_at.utcoffset() == timedelta(0)
