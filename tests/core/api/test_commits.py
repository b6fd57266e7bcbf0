"""Commits: what is staged becomes a version, and what others did stays; and reverts."""

from __future__ import annotations

import time
from pathlib import PurePosixPath
from typing import Any, cast

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, DraftData, LinkTarget, OnConflict
from openedx_blockstore.exceptions import (
    BundleVersionNotFound,
    DraftConflict,
    DraftHasNoChangesToCommit,
    Invalid,
    InvalidLink,
    InvalidPath,
    LimitExceeded,
    LinkCycle,
    PathConflict,
)
from openedx_blockstore.store import digest_of
from tests.core.helpers import contents_of, make_lender, make_version, target_of

pytestmark = pytest.mark.django_db


def staged(draft: DraftData) -> list[str]:
    """What the draft changes, sorted; links as ``links/{alias}``."""
    shown = api.get_draft(draft.uuid)
    return sorted(
        [path for path, file in shown.files.items() if file.modified]
        + shown.deleted_files
        + [f"links/{alias}" for alias, link in shown.links.items() if link.modified]
        + [f"links/{alias}" for alias in shown.deleted_links]
    )


def test_a_commit_makes_the_next_version_and_leaves_the_draft_clean(draft: DraftData) -> None:
    api.write_draft_files(draft.uuid, {"a": "1", "b": "1"})
    made = api.commit_draft(
        draft.uuid, change_description="Fïrst", change_kind="typo", author="somebody"
    )
    assert (made.bundle_uuid, made.version) == (draft.bundle_uuid, 1)
    assert (made.change_description, made.change_kind, made.author) == ("Fïrst", "typo", "somebody")
    assert made == api.get_bundle_version(draft.bundle_uuid, 1)
    assert made == api.get_bundle_version(draft.bundle_uuid)
    assert staged(draft) == []
    api.write_draft_file(draft.uuid, "b", None)
    assert api.commit_draft(draft.uuid).version == 2
    assert contents_of(draft.bundle_uuid) == {"a": b"1"}


def test_a_commit_without_words_has_defaults(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "1")
    made = api.commit_draft(draft.uuid)
    assert (made.change_description, made.change_kind, made.author) == ("", "content", "")
    assert made.origin_version is None


def test_a_commit_that_changes_nothing_makes_no_version(draft: DraftData) -> None:
    with pytest.raises(DraftHasNoChangesToCommit, match="no version was made"):
        api.commit_draft(draft.uuid)
    assert api.get_bundle(draft.bundle_uuid).latest_version == 0
    make_version(draft.bundle_uuid, {"a": "1"})
    with pytest.raises(DraftHasNoChangesToCommit, match=str(draft.uuid)) as caught:
        api.commit_draft(draft.uuid)
    assert caught.value.subject == f"Draft {draft.uuid}"
    assert api.get_bundle(draft.bundle_uuid).latest_version == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"change_kind": "big"},
        {"on_conflict": "ours"},
        {"change_description": 5},
        {"change_description": "nul \0"},
        {"author": "x" * 256},
        {"author": 5},
        {"paths": "a"},
        {"paths": 5},
        {"paths": [5]},
        {"paths": [None]},
        {"paths": ["../a"]},
        {"paths": ["links/"]},
        {"paths": ["links/a/b"]},
    ],
    ids=ascii,
)
def test_an_argument_with_a_wrong_value_is_refused(
    draft: DraftData, arguments: dict[str, Any]
) -> None:
    api.write_draft_file(draft.uuid, "a", "1")
    with pytest.raises(Invalid):
        api.commit_draft(draft.uuid, **arguments)
    assert staged(draft) == ["a"]
    assert api.get_bundle(draft.bundle_uuid).latest_version == 0


# Together -----------------------------------------------------------------------------------------


def test_two_drafts_that_touched_different_files_both_survive(
    draft: DraftData, other_draft: DraftData
) -> None:
    make_version(draft.bundle_uuid, {"a": "1", "b": "1", "c": "1"})
    api.write_draft_files(draft.uuid, {"a": "mine", "c": None})
    api.write_draft_files(other_draft.uuid, {"b": "theirs", "d": "theirs"})
    api.commit_draft(other_draft.uuid)
    api.commit_draft(draft.uuid)
    assert contents_of(draft.bundle_uuid) == {"a": b"mine", "b": b"theirs", "d": b"theirs"}


def conflicting(draft: DraftData, other: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1", "b": "1"})
    api.write_draft_files(draft.uuid, {"a": "mine", "b": "mine"})
    api.write_draft_file(other.uuid, "a", "theirs")
    api.commit_draft(other.uuid)


def test_the_same_file_edited_twice_is_a_conflict_with_both_digests(
    draft: DraftData, other_draft: DraftData
) -> None:
    conflicting(draft, other_draft)
    with pytest.raises(DraftConflict) as caught:
        api.commit_draft(draft.uuid)
    assert caught.value.conflicts == (
        PathConflict("a", digest_of(b"1"), digest_of(b"theirs"), digest_of(b"mine")),
    )
    assert staged(draft) == ["a", "b"]
    assert api.get_bundle(draft.bundle_uuid).latest_version == 2


@pytest.mark.parametrize(("how", "a"), [("mine", b"mine"), ("theirs", b"theirs")])
def test_a_conflict_is_settled_as_the_caller_chooses(
    draft: DraftData, other_draft: DraftData, how: OnConflict, a: bytes
) -> None:
    conflicting(draft, other_draft)
    api.commit_draft(draft.uuid, on_conflict=how)
    assert contents_of(draft.bundle_uuid) == {"a": a, "b": b"mine"}
    assert staged(draft) == []


def test_giving_up_all_changes_makes_no_version_and_clears_the_draft(
    draft: DraftData, other_draft: DraftData
) -> None:
    conflicting(draft, other_draft)
    api.write_draft_file(draft.uuid, "b", "1")
    before = api.get_draft(draft.uuid).updated_at
    time.sleep(0.002)
    with pytest.raises(DraftHasNoChangesToCommit):
        api.commit_draft(draft.uuid, on_conflict="theirs")
    assert staged(draft) == []
    shown = api.get_draft(draft.uuid)
    assert contents_of(draft.bundle_uuid, "work") == {"a": b"theirs", "b": b"1"}
    assert shown.base_version == 2
    assert shown.updated_at > before


@pytest.mark.parametrize("mine", ["theirs", None])
def test_a_change_that_others_made_as_well_is_no_conflict(
    draft: DraftData, other_draft: DraftData, mine: str | None
) -> None:
    make_version(draft.bundle_uuid, {"a": "1", "b": "1"})
    api.write_draft_files(draft.uuid, {"a": mine, "b": "mine"})
    api.write_draft_file(other_draft.uuid, "a", mine)
    api.commit_draft(other_draft.uuid)
    api.commit_draft(draft.uuid)
    assert contents_of(draft.bundle_uuid).get("a") == (mine.encode() if mine else None)
    with pytest.raises(DraftHasNoChangesToCommit):
        api.commit_draft(draft.uuid)


def test_deleting_what_others_changed_and_changing_what_others_deleted_are_conflicts(
    draft: DraftData, other_draft: DraftData
) -> None:
    make_version(draft.bundle_uuid, {"a": "1", "b": "1"})
    api.write_draft_files(draft.uuid, {"a": None, "b": "mine"})
    api.write_draft_files(other_draft.uuid, {"a": "theirs", "b": None})
    api.commit_draft(other_draft.uuid)
    with pytest.raises(DraftConflict) as caught:
        api.commit_draft(draft.uuid)
    assert caught.value.conflicts == (
        PathConflict("a", digest_of(b"1"), digest_of(b"theirs"), None),
        PathConflict("b", digest_of(b"1"), None, digest_of(b"mine")),
    )


def test_two_new_files_of_one_name_are_a_conflict(draft: DraftData, other_draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "mine")
    api.write_draft_file(other_draft.uuid, "a", "theirs")
    api.commit_draft(other_draft.uuid)
    with pytest.raises(DraftConflict, match="expected nothing"):
        api.commit_draft(draft.uuid)


def test_making_public_what_others_edited_is_a_conflict(
    draft: DraftData, other_draft: DraftData
) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    api.write_draft_file(draft.uuid, "a", "1", public=True)
    api.write_draft_file(other_draft.uuid, "a", "2")
    api.commit_draft(other_draft.uuid)
    with pytest.raises(DraftConflict):
        api.commit_draft(draft.uuid)


def test_links_conflict_by_alias(draft: DraftData, collection: CollectionData) -> None:
    one, two, three = (make_lender(collection.uuid) for _ in range(3))
    make_version(draft.bundle_uuid, links={"x": one, "y": one})
    api.set_draft_link(draft.uuid, "x", two.bundle_uuid, 1)
    make_version(draft.bundle_uuid, links={"x": three, "y": three})
    with pytest.raises(DraftConflict) as caught:
        api.commit_draft(draft.uuid)
    assert caught.value.conflicts == (PathConflict("links/x", str(one), str(three), str(two)),)
    made = api.commit_draft(draft.uuid, on_conflict="mine")
    assert {alias: link.direct.bundle_uuid for alias, link in made.links.items()} == {
        "x": two.bundle_uuid,
        "y": three.bundle_uuid,
    }


# In parts -----------------------------------------------------------------------------------------


def test_a_commit_of_some_paths_leaves_the_rest_staged(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    api.write_draft_files(draft.uuid, {"a": "1", "b": "1", "caf\u00e9": "1"})
    api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    api.set_draft_link(draft.uuid, "a", lender.bundle_uuid, 1)
    made = api.commit_draft(draft.uuid, paths=["a", "cafe\u0301"])
    assert (list(made.files), list(made.links)) == (["a", "café"], [])
    assert staged(draft) == ["b", "links/a", "links/lib"]
    made = api.commit_draft(draft.uuid, paths=["links/lib"])
    assert (list(made.files), list(made.links)) == (["a", "café"], ["lib"])
    assert staged(draft) == ["b", "links/a"]
    assert api.commit_draft(draft.uuid).version == 3
    assert staged(draft) == []


def test_a_commit_of_paths_that_are_not_staged_makes_no_version(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "1")
    for paths in (["b"], [], iter(["links/a"])):
        with pytest.raises(DraftHasNoChangesToCommit):
            api.commit_draft(draft.uuid, paths=paths)
    assert staged(draft) == ["a"]


@pytest.mark.parametrize("path", [PurePosixPath("links/a"), PurePosixPath("a"), b"a", 5])
def test_a_path_to_commit_that_is_no_text_is_refused(draft: DraftData, path: Any) -> None:
    with pytest.raises(InvalidPath):
        api.commit_draft(draft.uuid, paths=[path])


def test_a_conflict_of_another_path_does_not_stop_a_commit_in_parts(
    draft: DraftData, other_draft: DraftData
) -> None:
    conflicting(draft, other_draft)
    api.commit_draft(draft.uuid, paths=["b"])
    assert contents_of(draft.bundle_uuid) == {"a": b"theirs", "b": b"mine"}


def test_what_others_changed_is_noticed_after_a_commit_in_parts_as_well(
    draft: DraftData, other_draft: DraftData
) -> None:
    """The draft moves to a newer version by it, which has the others' change already."""
    conflicting(draft, other_draft)
    api.commit_draft(draft.uuid, paths=["b"])
    assert api.get_draft(draft.uuid).base_version == 3
    with pytest.raises(DraftConflict) as caught:
        api.commit_draft(draft.uuid)
    assert caught.value.conflicts == (
        PathConflict("a", digest_of(b"1"), digest_of(b"theirs"), digest_of(b"mine")),
    )
    api.write_draft_file(draft.uuid, "a", "mine, again")
    with pytest.raises(DraftConflict):
        api.commit_draft(draft.uuid)
    api.update_draft(draft.uuid, on_conflict="mine")
    api.commit_draft(draft.uuid)
    assert contents_of(draft.bundle_uuid)["a"] == b"mine, again"


def test_a_change_staged_on_top_of_a_commit_in_parts_is_made_against_what_was_seen(
    draft: DraftData, other_draft: DraftData
) -> None:
    make_version(draft.bundle_uuid, {"a": "1", "b": "1", "c": "1"})
    api.write_draft_files(draft.uuid, {"b": "mine", "c": "mine"})
    make_version(draft.bundle_uuid, {"a": "2"})
    api.commit_draft(draft.uuid, paths=["b"])
    assert contents_of(draft.bundle_uuid, "work")["a"] == b"2"
    api.write_draft_file(draft.uuid, "a", "3")
    api.commit_draft(draft.uuid)
    assert contents_of(draft.bundle_uuid) == {"a": b"3", "b": b"mine", "c": b"mine"}


def test_taking_a_change_back_to_what_others_made_of_it_settles_the_conflict(
    draft: DraftData, other_draft: DraftData
) -> None:
    conflicting(draft, other_draft)
    api.commit_draft(draft.uuid, paths=["b"])
    api.write_draft_file(draft.uuid, "a", "theirs")
    assert staged(draft) == []


# What can not be a version ------------------------------------------------------------------------


def test_paths_that_are_equal_but_for_case_are_refused_at_commit(
    draft: DraftData, other_draft: DraftData
) -> None:
    make_version(draft.bundle_uuid, {"Static/a.png": "1"})
    api.write_draft_file(draft.uuid, "static/A.PNG", "2")
    with pytest.raises(InvalidPath, match=r"Static/a\.png") as caught:
        api.commit_draft(draft.uuid)
    assert caught.value.path == "static/A.PNG"
    api.write_draft_file(draft.uuid, "Static/a.png", None)
    assert list(api.commit_draft(draft.uuid).files) == ["static/A.PNG"]


def test_a_clash_with_what_others_added_is_judged_on_the_merged_version(
    draft: DraftData, other_draft: DraftData
) -> None:
    api.write_draft_file(draft.uuid, "A", "1")
    api.write_draft_file(other_draft.uuid, "a", "1")
    api.commit_draft(other_draft.uuid)
    with pytest.raises(InvalidPath, match="differ in more than case"):
        api.commit_draft(draft.uuid)


def test_a_file_in_the_place_of_a_folder_is_refused_at_commit(draft: DraftData) -> None:
    api.write_draft_files(draft.uuid, {"a": "1", "a/b": "1"})
    with pytest.raises(InvalidPath, match="folder"):
        api.commit_draft(draft.uuid)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("", 3),
        ("problem", 3),
        ("unit", 3),
        ("anything else", 3),
        ("video", 5),
        ("own", 2),
        ("sequence", 4),
    ],
)
def test_the_number_of_files_is_limited_by_the_type_of_the_bundle(
    collection: CollectionData, settings: Any, kind: str, limit: int
) -> None:
    by_type = {"sequence": 4, "video": 5, "own": 2}
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "MAX_FILES": 3,
        "MAX_FILES_BY_TYPE": by_type,
    }
    bundle = api.create_bundle(collection.uuid, "s", type=kind)
    made = make_version(bundle.uuid, {str(number): "x" for number in range(limit)})
    assert len(made.files) == limit
    with pytest.raises(LimitExceeded) as caught:
        make_version(bundle.uuid, {"one more": "x"})
    assert (caught.value.actual, caught.value.limit) == (limit + 1, limit)
    assert caught.value.setting == ("MAX_FILES_BY_TYPE" if kind in by_type else "MAX_FILES")
    assert caught.value.setting in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [("", 100), ("problem", 100), ("unit", 100), ("sequence", 500), ("library", 10_000)],
)
def test_the_limits_are_those_of_the_documentation(kind: str, limit: int) -> None:
    assert {each.name: each.max_files for each in api.get_bundle_types()}.get(kind, 100) == limit


def test_a_version_over_a_limit_that_was_lowered_can_be_edited_and_made_smaller(
    draft: DraftData, settings: Any
) -> None:
    make_version(draft.bundle_uuid, {str(number): "x" for number in range(5)})
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "MAX_FILES": 3}
    make_version(draft.bundle_uuid, {"0": "edited"})
    make_version(draft.bundle_uuid, {"0": None})
    assert len(make_version(draft.bundle_uuid, {"1": None, "new": "x"}).files) == 4
    with pytest.raises(LimitExceeded):
        make_version(draft.bundle_uuid, {"another": "x"})


def test_a_link_is_judged_again_at_commit(
    bundle: BundleData, other_bundle: BundleData, draft: DraftData
) -> None:
    make_version(other_bundle.uuid, {"a": "1"})
    make_version(bundle.uuid, {"a": "1"})
    api.set_draft_link(draft.uuid, "other", other_bundle.uuid, 1)
    made = make_version(other_bundle.uuid, links={"back": LinkTarget(bundle.uuid, 1)})
    other = api.get_or_create_bundle_draft(bundle.uuid, "upgrade")
    with pytest.raises(LinkCycle):
        api.set_draft_link(other.uuid, "other", other_bundle.uuid, made.version)
    assert api.commit_draft(draft.uuid).version == 2


def test_a_lender_that_was_deleted_before_the_commit_is_refused(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    api.delete_bundle(lender.bundle_uuid)
    with pytest.raises(InvalidLink, match="was deleted"):
        api.commit_draft(draft.uuid)
    assert staged(draft) == ["links/lib"]


# Reverting ----------------------------------------------------------------------------------------


def test_a_revert_is_a_new_version_that_holds_what_an_old_one_holds(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(draft.bundle_uuid, {"a": "1", "b": "1"}, {"lib": lender})
    make_version(draft.bundle_uuid, {"a": "2", "b": None, "c": "2"}, {"lib": None})
    api.write_draft_file(draft.uuid, "d", "draft")
    made = api.revert_bundle(draft.bundle_uuid, 1, author="me", change_kind="grading")
    assert (made.version, made.change_description) == (3, "Revert to version 1")
    assert (made.author, made.change_kind) == ("me", "grading")
    assert contents_of(draft.bundle_uuid) == {"a": b"1", "b": b"1"}
    assert made.links["lib"].direct.bundle_uuid == lender.bundle_uuid
    assert staged(draft) == ["d"]
    made = api.revert_bundle(draft.bundle_uuid, 2, change_description="Forward again")
    assert made.change_description == "Forward again"
    assert contents_of(draft.bundle_uuid) == {"a": b"2", "c": b"2"}


def test_a_revert_to_what_is_there_makes_no_version(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "1"})
    make_version(bundle.uuid, {"a": "2"})
    make_version(bundle.uuid, {"a": "1"})
    for number in (1, 3):
        with pytest.raises(DraftHasNoChangesToCommit, match=f"Bundle {bundle.uuid}"):
            api.revert_bundle(bundle.uuid, number)
    assert api.get_bundle(bundle.uuid).latest_version == 3


@pytest.mark.parametrize("number", [0, -1, 2, 2**40, "1", 1.0])
def test_a_revert_to_a_version_that_is_not_there_is_refused(
    bundle: BundleData, number: Any
) -> None:
    make_version(bundle.uuid, {"a": "1"})
    with pytest.raises(BundleVersionNotFound) as caught:
        api.revert_bundle(bundle.uuid, number)
    assert caught.value.version == number
    with pytest.raises(Invalid):
        api.revert_bundle(bundle.uuid, 1, change_kind=cast(Any, "x"))


def test_a_revert_gives_back_who_may_read_a_file(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "1", public=True)
    api.commit_draft(draft.uuid)
    api.write_draft_file(draft.uuid, "a", "1", public=False)
    api.commit_draft(draft.uuid)
    assert api.revert_bundle(draft.bundle_uuid, 1).files["a"].public


def test_a_link_to_a_deleted_lender_comes_back_by_a_revert(
    bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(bundle.uuid, {"a": "1"}, {"lib": lender})
    make_version(bundle.uuid, links={"lib": None})
    api.delete_bundle(lender.bundle_uuid)
    made = api.revert_bundle(bundle.uuid, 1)
    assert target_of(made).version == 3
    assert api.get_bundle_file_data(bundle.uuid, "links/lib/file.txt").startswith(b"of")
