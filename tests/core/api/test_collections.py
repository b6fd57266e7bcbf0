"""Collections through the public API."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.exceptions import CollectionNotFound, InUse, Invalid, LimitExceeded

pytestmark = pytest.mark.django_db


def test_a_collection_has_what_it_was_made_with() -> None:
    made = api.create_collection(
        "Tïtle 🎉",
        description="What it is about",
        owner="Some University",
        author="Somebody",
        publisher="https://example.com/press",
        visibility="public_read",
    )
    assert made == CollectionData(
        uuid=made.uuid,
        title="Tïtle 🎉",
        description="What it is about",
        owner="Some University",
        author="Somebody",
        publisher="https://example.com/press",
        visibility="public_read",
    )
    assert api.get_collection(made.uuid) == made
    assert api.get_collection(str(made.uuid)) == made


def test_a_collection_needs_a_title_only_and_is_private() -> None:
    made = api.create_collection("Title")
    assert made == CollectionData(uuid=made.uuid, title="Title")
    assert made.visibility == "private"


def test_an_unknown_collection_is_not_found(collection: CollectionData) -> None:
    unknown = uuid.uuid4()
    for call in (
        lambda: api.get_collection(unknown),
        lambda: api.update_collection(unknown, title="x"),
        lambda: api.delete_collection(unknown),
        lambda: api.create_bundle(unknown, "slug"),
        lambda: api.get_bundles(collection_uuid=unknown),
        lambda: api.get_bundles_by_origin(unknown, ["x"]),
        lambda: api.get_collections(after=unknown),
    ):
        with pytest.raises(CollectionNotFound, match=f"no collection {unknown}") as caught:
            call()
        assert caught.value.collection_uuid == unknown


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "New title"},
        {"description": "New description", "owner": "New owner"},
        {"author": "x", "publisher": "https://example.com"},
        {"visibility": "public_reuse"},
    ],
)
def test_an_update_changes_what_it_names_and_nothing_else(
    collection: CollectionData, fields: dict[str, Any]
) -> None:
    updated = api.update_collection(collection.uuid, **fields)
    for name in ("title", "description", "owner", "author", "publisher", "visibility"):
        assert getattr(updated, name) == fields.get(name, getattr(collection, name))
    assert api.get_collection(collection.uuid) == updated


def test_an_update_takes_the_title_by_position_and_nothing_at_all(
    collection: CollectionData,
) -> None:
    assert api.update_collection(collection.uuid, "Other").title == "Other"
    assert api.update_collection(collection.uuid).title == "Other"


def test_a_title_has_at_most_180_characters(collection: CollectionData) -> None:
    assert len(api.create_collection("é" * 180).title) == 180
    calls: list[Callable[[], object]] = [
        lambda: api.create_collection("é" * 181),
        lambda: api.update_collection(collection.uuid, title="é" * 181),
    ]
    for call in calls:
        with pytest.raises(LimitExceeded) as caught:
            call()
        assert caught.value.setting == "MAX_TITLE_LENGTH"
        assert (caught.value.actual, caught.value.limit) == (181, 180)


@pytest.mark.parametrize(
    "fields",
    [
        {"visibility": "secret"},
        {"visibility": None},
        {"owner": "x" * 256},
        {"author": 5},
        {"publisher": "x" * 501},
        {"description": "nul \0"},
        {"title": "half \ud800"},
        {"title": 5},
        {"uuid": uuid.UUID(int=9)},
        {"nonsense": 1},
    ],
    ids=ascii,
)
def test_a_value_that_is_not_possible_is_refused_and_changes_nothing(
    collection: CollectionData, fields: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        api.update_collection(collection.uuid, **fields)
    assert api.get_collection(collection.uuid) == collection


def test_an_empty_collection_is_deleted(collection: CollectionData) -> None:
    api.delete_collection(collection.uuid)
    with pytest.raises(CollectionNotFound):
        api.get_collection(collection.uuid)


def test_a_collection_with_bundles_is_in_use_and_names_some(
    collection: CollectionData, bundle: BundleData
) -> None:
    uuids = [bundle.uuid, *(api.create_bundle(collection.uuid, "x").uuid for _ in range(11))]
    with pytest.raises(InUse, match="holds 12 bundles") as caught:
        api.delete_collection(collection.uuid)
    assert caught.value.count == 12
    assert caught.value.examples == tuple(uuids[:10])
    assert api.get_collection(collection.uuid) == collection


def test_a_deleted_bundle_still_needs_its_collection(
    collection: CollectionData, bundle: BundleData
) -> None:
    """It can be taken back, and would have nowhere to go."""
    api.delete_bundle(bundle.uuid)
    with pytest.raises(InUse, match="1 of them deleted"):
        api.delete_collection(collection.uuid)


def test_collections_are_paged_in_the_order_in_which_they_were_made(
    collection: CollectionData,
) -> None:
    made = [api.create_collection(f"Number {number}") for number in range(5)]
    assert api.get_collections(after=collection.uuid) == made
    assert api.get_collections(after=collection.uuid, limit=2) == made[:2]
    assert api.get_collections(after=str(made[1].uuid), limit=2) == made[2:4]
    assert api.get_collections(after=made[4].uuid, limit=2) == []
    assert api.get_collections()[-6:] == [collection, *made]
