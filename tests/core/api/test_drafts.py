"""Drafts: staging changes of files, and seeing them."""

from __future__ import annotations

import io
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any, cast

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import (
    BundleData,
    CollectionData,
    DraftData,
    DraftFileData,
)
from openedx_blockstore.exceptions import (
    DraftConflict,
    DraftHasNoChangesToCommit,
    DraftNotFound,
    Invalid,
    InvalidPath,
    LimitExceeded,
    PathConflict,
)
from openedx_blockstore.store import Manifest, digest_of
from tests.core.helpers import contents_of, make_version, stored_names

pytestmark = pytest.mark.django_db


def modified(draft: DraftData) -> list[str]:
    return [path for path, file in api.get_draft(draft.uuid).files.items() if file.modified]


def test_a_new_draft_is_empty_and_has_its_times(bundle: BundleData) -> None:
    draft = api.get_or_create_bundle_draft(bundle.uuid, "Entwürfe 🎉")
    assert draft == DraftData(
        uuid=draft.uuid,
        bundle_uuid=bundle.uuid,
        name="Entwürfe 🎉",
        created_at=draft.created_at,
        updated_at=draft.created_at,
        files={},
        links={},
    )
    assert draft.created_at.utcoffset() == timedelta(0)
    assert api.get_draft(draft.uuid) == api.get_draft(str(draft.uuid)) == draft


def test_a_draft_is_made_once_for_each_name(bundle: BundleData, other_bundle: BundleData) -> None:
    first = api.get_or_create_bundle_draft(bundle.uuid, "name")
    assert api.get_or_create_bundle_draft(bundle.uuid, "name") == first
    others = [
        api.get_or_create_bundle_draft(bundle.uuid, "Name"),
        api.get_or_create_bundle_draft(bundle.uuid, "name "),
        api.get_or_create_bundle_draft(other_bundle.uuid, "name"),
    ]
    assert len({draft.uuid for draft in (first, *others)}) == 4


@pytest.mark.parametrize("name", ["", "x" * 181, None, 5, "nul \0", "half \ud800"], ids=ascii)
def test_a_name_that_no_draft_can_have_is_refused(bundle: BundleData, name: Any) -> None:
    with pytest.raises(Invalid, match="name of the draft"):
        api.get_or_create_bundle_draft(bundle.uuid, name)


@pytest.mark.parametrize(
    "call",
    [
        api.get_draft,
        api.delete_draft,
        api.update_draft,
        api.commit_draft,
        lambda unknown: api.write_draft_file(unknown, "a", "x"),
        lambda unknown: api.write_draft_file(unknown, "a", None),
        lambda unknown: api.write_draft_files(unknown, {"a": "x"}),
        lambda unknown: api.set_draft_link(unknown, "a", uuid.uuid4(), 1),
        lambda unknown: api.set_draft_link(unknown, "a", None, None),
    ],
)
def test_an_unknown_draft_is_not_found_by_any_function(
    db: None, call: Callable[[Any], object]
) -> None:
    for value in (uuid.uuid4(), "no uuid", "", None, 5, b"x", "nul \0"):
        with pytest.raises(DraftNotFound) as caught:
            call(value)
        assert caught.value.draft_uuid == value
        assert str(value) in str(caught.value)


# Writing ------------------------------------------------------------------------------------------


class Trickle(io.RawIOBase):
    """A source that gives a byte at a time."""

    def __init__(self, contents: bytes) -> None:
        self._contents = io.BytesIO(contents)

    def read(self, size: int = -1, /) -> bytes:
        return self._contents.read(1)


@pytest.mark.parametrize(
    ("contents", "stored"),
    [
        ("tëxt 🎉\r\n", "tëxt 🎉\r\n".encode()),
        ("", b""),
        (b"", b""),
        (b"\x00\xff", b"\x00\xff"),
        (bytearray(b"abc"), b"abc"),
        (memoryview(b"abc"), b"abc"),
        (io.BytesIO(b"from a file"), b"from a file"),
        (Trickle(b"slowly"), b"slowly"),
        (b"x" * 1_000_000, b"x" * 1_000_000),
    ],
)
def test_contents_come_as_text_bytes_or_a_binary_file(
    draft: DraftData, contents: Any, stored: bytes
) -> None:
    api.write_draft_file(draft.uuid, "a", contents)
    file = api.get_draft(draft.uuid).files["a"]
    assert (file.hash_digest, file.size, file.modified) == (digest_of(stored), len(stored), True)
    assert contents_of(draft.bundle_uuid, "work") == {"a": stored}


def test_a_file_that_a_caller_opened_stays_open_and_is_read_from_where_it_stands(
    draft: DraftData,
) -> None:
    source = io.BytesIO(b"head tail")
    source.seek(5)
    api.write_draft_file(draft.uuid, "a", source)
    assert not source.closed
    assert contents_of(draft.bundle_uuid, "work") == {"a": b"tail"}


@pytest.mark.parametrize("contents", [5, ["a"], {"a": 1}, object(), io.StringIO("text"), "\ud800"])
def test_contents_of_another_kind_are_refused(draft: DraftData, contents: Any) -> None:
    with pytest.raises(Invalid):
        api.write_draft_file(draft.uuid, "a", contents)
    assert api.get_draft(draft.uuid) == draft


def test_a_draft_shows_the_version_below_with_its_own_changes_over_it(draft: DraftData) -> None:
    made = make_version(draft.bundle_uuid, {"same": "1", "changed": "1", "gone": "1"})
    api.write_draft_files(draft.uuid, {"changed": "2", "gone": None, "new": "2"})
    shown = api.get_draft(draft.uuid)
    assert list(shown.files) == ["changed", "new", "same"]
    assert modified(draft) == ["changed", "new"]
    assert shown.deleted_files == ["gone"]
    assert shown.base_version == 1
    same = shown.files["same"]
    assert isinstance(same, DraftFileData)
    assert (same.url, same.hash_digest) == (
        made.files["same"].url,
        made.files["same"].hash_digest,
    )
    assert shown.files["changed"].url != made.files["changed"].url
    assert str(draft.uuid) in shown.files["changed"].url
    assert contents_of(draft.bundle_uuid) == {"same": b"1", "changed": b"1", "gone": b"1"}


def test_both_spellings_of_an_accent_are_one_file(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "caf\u0065\u0301", "decomposed")
    api.write_draft_file(draft.uuid, "caf\u00e9", "composed")
    assert list(api.get_draft(draft.uuid).files) == ["caf\u00e9"]
    for path in ("caf\u0065\u0301", "caf\u00e9"):
        assert api.get_bundle_file_data(draft.bundle_uuid, path, use_draft="work") == b"composed"
        assert api.get_bundle_file_metadata(draft.bundle_uuid, path, use_draft="work").size == 8
    with pytest.raises(Invalid, match="the same"):
        api.write_draft_files(draft.uuid, {"\u00e9": "1", "e\u0301": "2"})
    api.write_draft_file(draft.uuid, "caf\u0065\u0301", None)
    assert api.get_draft(draft.uuid).files == {}


def test_paths_are_told_apart_code_point_by_code_point_on_every_database(draft: DraftData) -> None:
    paths = ["a", "A", "á", "a ", "ａ", "ss", "ß", "ı", "i"]
    api.write_draft_files(draft.uuid, {path: path for path in paths})
    for path in paths:
        api.write_draft_file(draft.uuid, path, path + "!")
    assert contents_of(draft.bundle_uuid, "work") == {path: f"{path}!".encode() for path in paths}


@pytest.mark.parametrize("path", ["", "/a", "a/", "a/../b", "links/x/y", ".blockstore/x", "a\0b"])
def test_a_path_that_no_version_may_hold_is_refused(draft: DraftData, path: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: api.write_draft_file(draft.uuid, path, "x"),
        lambda: api.write_draft_file(draft.uuid, path, None),
        lambda: api.write_draft_files(draft.uuid, {"fine": "x", path: "x"}),
    ]
    for call in calls:
        with pytest.raises(InvalidPath):
            call()
    assert api.get_draft(draft.uuid) == draft


def test_a_path_may_be_as_long_as_the_setting_says(draft: DraftData, settings: Any) -> None:
    api.write_draft_file(draft.uuid, "é" * 500, "x")
    with pytest.raises(LimitExceeded):
        api.write_draft_file(draft.uuid, "é" * 501, "x")
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "MAX_PATH_LENGTH": 10}
    with pytest.raises(LimitExceeded, match="MAX_PATH_LENGTH"):
        api.write_draft_file(draft.uuid, "é" * 11, "x")
    assert contents_of(draft.bundle_uuid, "work") == {"é" * 500: b"x"}


def test_many_files_are_written_all_or_none(draft: DraftData) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            raise ConnectionResetError("the author went away")

    broken = cast(Any, Broken())
    with pytest.raises(ConnectionResetError):
        api.write_draft_files(draft.uuid, {"a": "x", "b": broken, "c": "x"})
    assert api.get_draft(draft.uuid) == draft
    assert [name for name in stored_names(draft.bundle_uuid) if "uploads" in name] == []


def test_writing_no_files_does_nothing(draft: DraftData) -> None:
    api.write_draft_files(draft.uuid, {})
    assert api.get_draft(draft.uuid) == draft


def test_contents_equal_to_the_version_below_un_stage_the_change(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1", "b": "1"})
    api.write_draft_files(draft.uuid, {"a": "2", "b": "2", "c": "2"})
    assert modified(draft) == ["a", "b", "c"]
    api.write_draft_files(draft.uuid, {"a": "1", "b": "3", "c": None})
    assert modified(draft) == ["b"]
    api.write_draft_file(draft.uuid, "b", "1")
    shown = api.get_draft(draft.uuid)
    assert modified(draft) == []
    assert shown.deleted_files == []
    with pytest.raises(DraftHasNoChangesToCommit):
        api.commit_draft(draft.uuid)


def test_writing_identical_contents_stages_nothing(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    api.write_draft_file(draft.uuid, "a", b"1")
    assert modified(draft) == []


def test_a_deleted_file_can_be_written_again_and_a_new_one_be_taken_back(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    api.write_draft_file(draft.uuid, "a", None)
    assert api.get_draft(draft.uuid).deleted_files == ["a"]
    api.write_draft_file(draft.uuid, "a", "1")
    assert api.get_draft(draft.uuid).deleted_files == []
    api.write_draft_file(draft.uuid, "new", "1")
    api.write_draft_file(draft.uuid, "new", None)
    shown = api.get_draft(draft.uuid)
    assert (list(shown.files), shown.deleted_files, modified(draft)) == (["a"], [], [])


def test_deleting_what_is_not_there_does_nothing(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "never/was", None)
    assert api.get_draft(draft.uuid).deleted_files == []


def test_a_write_moves_the_time_of_the_draft(draft: DraftData) -> None:
    """Hosts keep what they know of a draft under this time."""
    times = [draft.updated_at]
    for change in ("1", "2", None):
        time.sleep(0.002)
        api.write_draft_file(draft.uuid, "a", change)
        times.append(api.get_draft(draft.uuid).updated_at)
    assert times == sorted(set(times))


def test_a_draft_with_nothing_staged_follows_the_latest_version(draft: DraftData) -> None:
    for number in (1, 2):
        make_version(draft.bundle_uuid, {"a": str(number)})
        assert api.get_draft(draft.uuid).base_version == number
        assert contents_of(draft.bundle_uuid, "work") == {"a": str(number).encode()}


def test_a_draft_with_changes_stays_on_the_version_it_was_begun_on(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1", "b": "1"})
    api.write_draft_file(draft.uuid, "b", "mine")
    make_version(draft.bundle_uuid, {"a": "2"})
    assert api.get_draft(draft.uuid).base_version == 1
    assert contents_of(draft.bundle_uuid, "work") == {"a": b"1", "b": b"mine"}


# Public files -------------------------------------------------------------------------------------


def public(draft: DraftData) -> dict[str, bool]:
    return {path: file.public for path, file in api.get_draft(draft.uuid).files.items()}


def test_a_file_is_private_unless_somebody_says_otherwise(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "1")
    api.write_draft_file(draft.uuid, "b", "1", public=True)
    assert public(draft) == {"a": False, "b": True}
    made = api.commit_draft(draft.uuid)
    assert {path: file.public for path, file in made.files.items()} == {"a": False, "b": True}


def test_a_write_that_does_not_say_leaves_a_file_as_public_as_it_is(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "1", public=True)
    api.write_draft_file(draft.uuid, "a", "2")
    assert public(draft) == {"a": True}
    api.commit_draft(draft.uuid)
    api.write_draft_file(draft.uuid, "a", "3")
    assert public(draft) == {"a": True}
    api.write_draft_files(draft.uuid, {"a": "4", "b": "4"})
    assert public(draft) == {"a": True, "b": False}
    api.write_draft_file(draft.uuid, "a", "4", public=False)
    api.write_draft_file(draft.uuid, "a", "5")
    assert public(draft) == {"a": False, "b": False}


def test_being_public_alone_is_a_change(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    api.write_draft_file(draft.uuid, "a", "1", public=True)
    assert modified(draft) == ["a"]
    changes = api.get_bundle_version_changes(
        draft.bundle_uuid, api.commit_draft(draft.uuid).version
    )
    assert [(change.path, change.kind) for change in changes.files] == [("a", "modified")]
    api.write_draft_file(draft.uuid, "a", "1", public=False)
    api.write_draft_file(draft.uuid, "a", "1", public=True)
    assert modified(draft) == []


# if_match -----------------------------------------------------------------------------------------


def test_a_write_may_insist_on_the_contents_it_started_from(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    api.write_draft_file(draft.uuid, "a", "2", if_match=digest_of(b"1"))
    api.write_draft_file(draft.uuid, "a", "3", if_match=digest_of(b"2"))
    with pytest.raises(DraftConflict) as caught:
        api.write_draft_file(draft.uuid, "a", "4", if_match=digest_of(b"2"))
    assert caught.value.conflicts == (
        PathConflict("a", digest_of(b"2"), digest_of(b"3"), digest_of(b"4")),
    )
    assert caught.value.paths == ("a",)
    assert caught.value.draft_uuid == draft.uuid
    for digest in (digest_of(b"2"), digest_of(b"3"), "a: expected"):
        assert digest in str(caught.value)
    assert contents_of(draft.bundle_uuid, "work") == {"a": b"3"}


def test_several_files_can_be_expected_to_be_as_they_were(draft: DraftData) -> None:
    """If one is not, none is written; the error names those that are not."""
    api.write_draft_files(draft.uuid, {"a": "1", "b": "1"})
    seen = {"a": digest_of(b"1"), "b": digest_of(b"1")}
    api.write_draft_file(draft.uuid, "b", "2")
    with pytest.raises(DraftConflict) as caught:
        api.write_draft_files(draft.uuid, {"a": "3", "b": "3", "c": "3"}, if_match=seen)
    assert caught.value.paths == ("b",)
    assert api.get_draft(draft.uuid).files.keys() == {"a", "b"}
    seen["b"] = digest_of(b"2")
    api.write_draft_files(draft.uuid, {"a": "3", "b": "3", "c": "3"}, if_match=seen)
    with pytest.raises(Invalid, match="'d'"):
        api.write_draft_files(draft.uuid, {"a": "4"}, if_match={"d": ""})


def test_an_empty_if_match_means_that_there_must_be_no_file(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "1", if_match="")
    with pytest.raises(DraftConflict) as caught:
        api.write_draft_file(draft.uuid, "a", "2", if_match="")
    assert caught.value.conflicts == (PathConflict("a", None, digest_of(b"1"), digest_of(b"2")),)
    api.commit_draft(draft.uuid)
    with pytest.raises(DraftConflict, match="expected nothing"):
        api.write_draft_file(draft.uuid, "a", "2", if_match="")
    api.write_draft_file(draft.uuid, "a", None)
    api.write_draft_file(draft.uuid, "a", "2", if_match="")


def test_a_deletion_may_insist_as_well(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    with pytest.raises(DraftConflict) as caught:
        api.write_draft_file(draft.uuid, "a", None, if_match=digest_of(b"0"))
    assert caught.value.conflicts[0].mine is None
    api.write_draft_file(draft.uuid, "a", None, if_match=digest_of(b"1"))
    with pytest.raises(DraftConflict, match="found nothing"):
        api.write_draft_file(draft.uuid, "a", "2", if_match=digest_of(b"1"))


def test_contents_are_compared_and_not_who_may_read_them(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "1", public=True)
    api.write_draft_file(draft.uuid, "a", "2", if_match=digest_of(b"1"))
    api.commit_draft(draft.uuid)
    api.write_draft_file(draft.uuid, "a", "3", if_match=digest_of(b"2"))


def test_many_changes_of_a_large_bundle_do_not_look_at_all_of_it_each(
    collection: CollectionData,
) -> None:
    made = 0

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal made
        made += event == "call" and frame.f_code is Manifest.tree.__code__

    library = api.create_bundle(collection.uuid, "library", type="library")
    api.import_version(library.uuid, {f"{number}.txt": b"x" for number in range(200)})
    draft = api.get_or_create_bundle_draft(library.uuid, "work")
    sys.setprofile(profile)
    try:
        api.write_draft_files(draft.uuid, {f"{number}.txt": None for number in range(100)})
    finally:
        sys.setprofile(None)
    assert 1 <= made <= 3
    assert len(api.get_draft(draft.uuid).deleted_files) == 100


def test_a_file_that_was_deleted_comes_back_private(bundle: BundleData, draft: DraftData) -> None:
    """What it was before the deletion does not count: in the draft it was not there."""
    api.write_draft_file(draft.uuid, "a", b"same", public=True)
    api.commit_draft(draft.uuid)
    api.write_draft_file(draft.uuid, "a", None)
    api.write_draft_file(draft.uuid, "a", b"same")

    file = api.get_bundle_file_metadata(bundle.uuid, "a", use_draft=draft.name)

    assert not file.public
