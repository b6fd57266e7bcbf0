"""What changed: in a version, between two, and over the life of a path."""

from __future__ import annotations

from typing import Any

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import (
    BundleChanges,
    BundleData,
    CollectionData,
    DraftData,
    FileChange,
    LinkChange,
)
from openedx_blockstore.exceptions import BundleFileNotFound, InvalidPath, LimitExceeded
from openedx_blockstore.models import BundleVersion
from openedx_blockstore.store import digest_of
from tests.core.helpers import make_lender, make_version, target_of

pytestmark = pytest.mark.django_db

ONE, TWO = digest_of(b"1"), digest_of(b"2")


def test_the_changes_of_a_version_are_those_since_the_one_before(
    bundle: BundleData, collection: CollectionData
) -> None:
    lender, other = make_lender(collection.uuid), make_lender(collection.uuid)
    newer = target_of(make_version(lender.bundle_uuid, {"x": "1"}))
    make_version(bundle.uuid, {"same": "1", "changed": "1", "gone": "1"}, {"a": lender, "b": other})
    make_version(
        bundle.uuid,
        {"changed": "2", "gone": None, "added": "2"},
        {"a": newer, "b": None, "c": other},
    )
    assert api.get_bundle_version_changes(bundle.uuid, 2) == BundleChanges(
        bundle_uuid=bundle.uuid,
        from_version=1,
        to_version=2,
        files=(
            FileChange("added", "added", None, TWO),
            FileChange("changed", "modified", ONE, TWO),
            FileChange("gone", "removed", ONE, None),
        ),
        links=(
            LinkChange("a", "modified", lender, newer),
            LinkChange("b", "removed", other, None),
            LinkChange("c", "added", None, other),
        ),
    )


def test_a_first_version_added_everything(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "1"})
    changes = api.get_bundle_version_changes(bundle.uuid, 1)
    assert (changes.from_version, changes.to_version) == (0, 1)
    assert changes.files == (FileChange("a", "added", None, ONE),)


def test_any_two_versions_are_compared_in_either_direction(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "1", "b": "1"})
    make_version(bundle.uuid, {"b": "2"})
    make_version(bundle.uuid, {"a": None, "b": "1"})
    assert api.diff_versions(bundle.uuid, 1, 3).files == (FileChange("a", "removed", ONE, None),)
    assert api.diff_versions(bundle.uuid, 3, 1).files == (FileChange("a", "added", None, ONE),)
    assert api.diff_versions(bundle.uuid, 2, 2).files == ()
    nothing = api.diff_versions(bundle.uuid, 0, 0)
    assert (nothing.bundle_uuid, nothing.files, nothing.links) == (bundle.uuid, (), ())
    back = api.diff_versions(str(bundle.uuid), 2, 0)
    assert (back.bundle_uuid, back.from_version, back.to_version) == (bundle.uuid, 2, 0)
    assert [change.kind for change in back.files] == ["removed", "removed"]


def test_being_public_is_a_change_with_the_same_digest(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "1"})
    api.write_draft_file(draft.uuid, "a", "1", public=True)
    api.commit_draft(draft.uuid)
    assert api.get_bundle_version_changes(draft.bundle_uuid, 2).files == (
        FileChange("a", "modified", ONE, ONE),
    )


def summary(bundle: BundleData, path: str) -> list[tuple[int, str, str | None]]:
    return [
        (entry.version, entry.kind, entry.digest)
        for entry in api.get_file_history(bundle.uuid, path)
    ]


def test_the_history_of_a_path_is_the_versions_that_changed_it_the_newest_first(
    bundle: BundleData,
) -> None:
    """A removed path, and one that was made again, have theirs as well."""
    for a, b in (("1", "x"), ("1", "y"), ("2", "y"), (None, "z"), (None, "y"), ("1", "y")):
        make_version(bundle.uuid, {"a": a, "b": b}, change_description=f"{a}, {b}", author="me")
    make_version(bundle.uuid, {"a": None})
    assert summary(bundle, "a") == [
        (7, "removed", None),
        (6, "added", ONE),
        (4, "removed", None),
        (3, "modified", TWO),
        (1, "added", ONE),
    ]
    assert [number for number, _, _ in summary(bundle, "b")] == [5, 4, 2, 1]
    newest = api.get_file_history(bundle.uuid, "b")[0]
    version = api.get_bundle_version(bundle.uuid, 5)
    assert version is not None
    assert (newest.size, newest.change_description, newest.author) == (1, "None, y", "me")
    assert newest.created_at == version.created_at


def test_a_history_goes_through_reverts_and_imports(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "1"})
    make_version(bundle.uuid, {"a": "2", "b": "2"})
    api.revert_bundle(bundle.uuid, 1)
    api.import_version(bundle.uuid, {"b": b"1"})
    assert summary(bundle, "a") == [
        (4, "removed", None),
        (3, "modified", ONE),
        (2, "modified", TWO),
        (1, "added", ONE),
    ]
    assert summary(bundle, "b") == [(4, "added", ONE), (3, "removed", None), (2, "added", TWO)]


def test_both_spellings_of_an_accent_have_one_history(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"caf\u0065\u0301": "1"})
    assert summary(bundle, "caf\u00e9") == summary(bundle, "cafe\u0301") == [(1, "added", ONE)]


def test_a_version_that_is_gone_is_a_gap_beyond_which_nothing_is_known(bundle: BundleData) -> None:
    for number in range(4):
        make_version(bundle.uuid, {"a": str(number)})
    # As retention will do.
    BundleVersion.objects.filter(bundle__uuid=bundle.uuid, version_num=2).delete()
    history = api.get_file_history(bundle.uuid, "a")
    assert [(entry.version, entry.kind) for entry in history] == [
        (4, "modified"),
        (3, "modified"),
        (2, "gap"),
    ]
    assert (history[2].digest, history[2].size, history[2].created_at) == (None, None, None)


def test_a_path_that_never_was_has_no_history(bundle: BundleData) -> None:
    with pytest.raises(BundleFileNotFound):
        api.get_file_history(bundle.uuid, "a")
    make_version(bundle.uuid, {"a": "1"})
    for path in ("b", "A", "a/b"):
        with pytest.raises(BundleFileNotFound) as caught:
            api.get_file_history(bundle.uuid, path)
        assert caught.value.path == path


@pytest.mark.parametrize("path", ["", "/a", "a/../b", "links/x/y", "\0", "\ud800", None, 5])
def test_a_path_that_can_not_be_has_no_history(bundle: BundleData, path: Any) -> None:
    make_version(bundle.uuid, {"a": "1"})
    with pytest.raises(InvalidPath):
        api.get_file_history(bundle.uuid, path)
    with pytest.raises(LimitExceeded):
        api.get_file_history(bundle.uuid, "x" * 501)
