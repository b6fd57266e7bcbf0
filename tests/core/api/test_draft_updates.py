"""Bringing drafts forward over what others have committed, and deleting them."""

from __future__ import annotations

from typing import cast

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import (
    CollectionData,
    DraftData,
    OnConflict,
)
from openedx_blockstore.exceptions import (
    DraftConflict,
    DraftNotFound,
    Invalid,
    PathConflict,
)
from openedx_blockstore.store import digest_of
from tests.core.helpers import contents_of, make_lender, make_version

pytestmark = pytest.mark.django_db


def modified(draft: DraftData) -> list[str]:
    return [path for path, file in api.get_draft(draft.uuid).files.items() if file.modified]


def diverged(draft: DraftData) -> None:
    """The draft and others have changed different files, and one in common; one the same way."""
    make_version(draft.bundle_uuid, {"mine": "1", "theirs": "1", "both": "1", "same": "1"})
    api.write_draft_files(draft.uuid, {"mine": "2", "both": "draft", "same": "2"})
    make_version(draft.bundle_uuid, {"theirs": "2", "both": "others", "same": "2"})


def test_a_draft_that_conflicts_is_not_brought_forward_unasked(draft: DraftData) -> None:
    diverged(draft)
    before = api.get_draft(draft.uuid)
    with pytest.raises(DraftConflict) as caught:
        api.update_draft(draft.uuid)
    assert caught.value.conflicts == (
        PathConflict("both", digest_of(b"1"), digest_of(b"others"), digest_of(b"draft")),
    )
    assert api.get_draft(draft.uuid) == before


@pytest.mark.parametrize(
    ("how", "both", "staged"),
    [("mine", b"draft", ["both", "mine"]), ("theirs", b"others", ["mine"])],
)
def test_a_draft_is_brought_forward_as_the_caller_chooses(
    draft: DraftData, how: OnConflict, both: bytes, staged: list[str]
) -> None:
    diverged(draft)
    updated = api.update_draft(draft.uuid, on_conflict=how)
    assert updated == api.get_draft(draft.uuid)
    assert updated.base_version == 2
    assert modified(draft) == staged
    expected = {"mine": b"2", "theirs": b"2", "both": both, "same": b"2"}
    assert contents_of(draft.bundle_uuid, "work") == expected
    api.commit_draft(draft.uuid)
    assert contents_of(draft.bundle_uuid) == expected


def test_changes_of_other_files_are_brought_forward_unasked(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1", "b": "1", "c": "1"})
    api.write_draft_files(draft.uuid, {"a": "2", "c": None})
    make_version(draft.bundle_uuid, {"b": "2"})
    updated = api.update_draft(draft.uuid)
    assert (updated.base_version, updated.deleted_files) == (2, ["c"])
    assert contents_of(draft.bundle_uuid, "work") == {"a": b"2", "b": b"2"}


def test_a_draft_with_nothing_staged_is_up_to_date(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    assert api.update_draft(draft.uuid).base_version == 1


def test_links_are_brought_forward_too(draft: DraftData, collection: CollectionData) -> None:
    one, two = make_lender(collection.uuid), make_lender(collection.uuid)
    make_version(draft.bundle_uuid, {"a": "1"}, {"x": one, "y": one})
    api.set_draft_link(draft.uuid, "x", two.bundle_uuid, 1)
    make_version(draft.bundle_uuid, links={"x": None, "y": two})
    with pytest.raises(DraftConflict) as caught:
        api.update_draft(draft.uuid)
    assert caught.value.conflicts == (PathConflict("links/x", str(one), None, str(two)),)
    assert list(api.update_draft(draft.uuid, on_conflict="mine").links) == ["x", "y"]
    assert api.update_draft(draft.uuid).links["x"].modified


def test_the_way_to_settle_conflicts_must_be_a_known_one(draft: DraftData) -> None:
    with pytest.raises(Invalid, match="error, mine, theirs"):
        api.update_draft(draft.uuid, on_conflict=cast(OnConflict, "ours"))


def test_a_deleted_draft_is_gone_with_its_changes(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "published"})
    api.write_draft_file(draft.uuid, "a", "draft")
    api.delete_draft(draft.uuid)
    with pytest.raises(DraftNotFound):
        api.get_draft(draft.uuid)
    with pytest.raises(DraftNotFound):
        api.delete_draft(draft.uuid)
    assert "work" not in api.get_bundle(draft.bundle_uuid).drafts
    assert contents_of(draft.bundle_uuid, "work") == {"a": b"published"}
    again = api.get_or_create_bundle_draft(draft.bundle_uuid, "work")
    assert again.uuid != draft.uuid
    assert modified(again) == []
