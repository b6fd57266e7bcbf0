"""Reading files of versions and drafts, also through links."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, DraftData, LinkTarget
from openedx_blockstore.exceptions import (
    BundleFileNotFound,
    BundleNotFound,
    BundleVersionNotFound,
    StorageError,
)
from openedx_blockstore.models import BundleVersion
from openedx_blockstore.store import digest_of
from tests.core.helpers import (
    contents_of,
    forget_everything_cached,
    make_lender,
    make_version,
    stored_path,
    target_of,
)

pytestmark = pytest.mark.django_db


def test_files_are_those_of_the_latest_version_sorted_by_path(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"b": "1", "c/d": "1"})
    made = make_version(bundle.uuid, {"b": "2", "A": "2"})
    found = api.get_bundle_files_dict(bundle.uuid)
    assert list(found) == ["A", "b", "c/d"]
    assert found == made.files
    assert list(api.get_bundle_files(bundle.uuid)) == list(found.values())
    assert api.get_bundle_file_metadata(bundle.uuid, "b") == found["b"]


def test_a_draft_is_looked_at_by_its_name(draft: DraftData) -> None:
    make_version(draft.bundle_uuid, {"a": "published"})
    api.write_draft_file(draft.uuid, "a", "draft")
    api.write_draft_file(draft.uuid, "new", "draft")
    assert contents_of(draft.bundle_uuid) == {"a": b"published"}
    assert contents_of(draft.bundle_uuid, "work") == {"a": b"draft", "new": b"draft"}
    assert api.get_bundle_files_dict(draft.bundle_uuid, "work") == api.get_draft(draft.uuid).files
    metadata = api.get_bundle_file_metadata(draft.bundle_uuid, "new", use_draft="work")
    assert metadata == api.get_draft(draft.uuid).files["new"]
    with api.open_bundle_file(draft.bundle_uuid, "a", use_draft="work") as file:
        assert file.read() == b"draft"
    with api.open_bundle_file(
        draft.bundle_uuid, "a", version_number=1, use_draft="work"
    ) as published:
        assert published.read() == b"published"


@pytest.mark.parametrize(
    "name", ["none", "", "WORK", "work ", "x" * 1000, "nul \0", "\ud800", 5], ids=ascii
)
def test_where_there_is_no_such_draft_it_is_the_latest_version(draft: DraftData, name: Any) -> None:
    make_version(draft.bundle_uuid, {"a": "published"})
    api.write_draft_file(draft.uuid, "a", "draft")
    assert contents_of(draft.bundle_uuid, name) == {"a": b"published"}
    assert api.get_bundle_links(draft.bundle_uuid, use_draft=name) == {}


@pytest.mark.parametrize(
    "call",
    [
        api.get_bundle_file_metadata,
        api.get_bundle_file_data,
        lambda uuid, path: api.open_bundle_file(uuid, path).__enter__(),
        lambda uuid, path: api.get_bundle_file_data(uuid, path, use_draft="work"),
        lambda uuid, path: api.open_bundle_file(uuid, path, version_number=1).__enter__(),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "missing",
        "A",
        "folder",
        "folder/",
        "/a",
        "./a",
        "",
        "a/",
        "links",
        "links/lib",
        "links/lib/",
        "links/lib/missing",
        "links/none/file.txt",
        "links/lib/links/none/x",
        "nul \0",
        "\ud800",
        None,
        5,
        b"a",
    ],
    ids=ascii,
)
def test_a_file_that_is_not_there_is_not_found(
    draft: DraftData, collection: CollectionData, call: Callable[..., object], path: Any
) -> None:
    lender = make_lender(collection.uuid)
    make_version(draft.bundle_uuid, {"a": "1", "folder/b": "1"}, {"lib": lender})
    api.write_draft_file(draft.uuid, "c", "1")
    with pytest.raises(BundleFileNotFound) as caught:
        call(draft.bundle_uuid, path)
    assert (caught.value.bundle_uuid, caught.value.path) == (draft.bundle_uuid, path)
    assert repr(path) in str(caught.value)


def test_a_bundle_without_a_version_has_no_files(bundle: BundleData) -> None:
    for path in ("a", "links/lib/a"):
        with pytest.raises(BundleFileNotFound):
            api.get_bundle_file_data(bundle.uuid, path)
    with pytest.raises(BundleVersionNotFound):
        api.open_bundle_file(bundle.uuid, "a", version_number=0).__enter__()


def test_a_large_file_is_read_in_pieces(draft: DraftData) -> None:
    contents = bytes(range(256)) * 4096
    api.write_draft_file(draft.uuid, "large", io.BytesIO(contents))
    api.commit_draft(draft.uuid)
    with api.open_bundle_file(draft.bundle_uuid, "large") as file:
        pieces = list(iter(lambda: file.read(10_000), b""))
    assert len(pieces) > 100
    assert b"".join(pieces) == contents


def test_a_file_is_closed_when_the_context_is_left_by_an_error(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": b"x" * 100_000})
    context = api.open_bundle_file(bundle.uuid, "a")
    file = context.__enter__()
    error = ZeroDivisionError()
    assert not context.__exit__(ZeroDivisionError, error, None)
    assert file.closed


@pytest.mark.parametrize("size", [10, 100_000])
def test_damaged_contents_are_an_error_and_never_content(
    file_storage: object, bundle: BundleData, size: int
) -> None:
    made = make_version(bundle.uuid, {"a": b"x" * size})
    name = f"{bundle.uuid}/data/{made.files['a'].hash_digest}"
    for damage in (b"x" * (size - 1) + b"y", b"x" * (size - 1), b"x" * (size + 1), b""):
        stored_path(name).write_bytes(damage)
        forget_everything_cached()
        with pytest.raises(StorageError, match=name):
            api.get_bundle_file_data(bundle.uuid, "a")
        with (
            pytest.raises(StorageError, match=name),
            api.open_bundle_file(bundle.uuid, "a") as file,
        ):
            file.read()
    stored_path(name).unlink()
    forget_everything_cached()
    with pytest.raises(StorageError, match="it is not there"):
        api.get_bundle_file_data(bundle.uuid, "a")
    assert api.get_bundle_file_metadata(bundle.uuid, "a").size == size


# Through links ------------------------------------------------------------------------------------


def test_contents_of_a_lender_are_found_below_the_alias(
    draft: DraftData, collection: CollectionData
) -> None:
    deep = make_lender(collection.uuid)
    lender = make_lender(collection.uuid, deep)
    make_version(draft.bundle_uuid, links={"lib": lender})
    path = "links/lib/file.txt"
    expected = f"of {lender.bundle_uuid}".encode()
    assert api.get_bundle_file_data(draft.bundle_uuid, path) == expected
    metadata = api.get_bundle_file_metadata(draft.bundle_uuid, path)
    assert (metadata.path, metadata.hash_digest) == ("file.txt", digest_of(expected))
    assert f"{lender.bundle_uuid},1/files/file.txt" in metadata.url
    with api.open_bundle_file(draft.bundle_uuid, path, version_number=1) as file:
        assert file.read() == expected
    deeper = api.get_bundle_file_data(draft.bundle_uuid, "links/lib/links/link0/file.txt")
    assert deeper == f"of {deep.bundle_uuid}".encode()


def test_a_link_leads_to_the_pinned_version_and_an_upgrade_changes_no_path(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(draft.bundle_uuid, links={"lib": lender})
    upgraded = target_of(make_version(lender.bundle_uuid, {"file.txt": "second"}))
    path = "links/lib/file.txt"
    assert api.get_bundle_file_data(draft.bundle_uuid, path).startswith(b"of")
    api.set_draft_link(draft.uuid, "lib", upgraded.bundle_uuid, upgraded.version)
    assert api.get_bundle_file_data(draft.bundle_uuid, path).startswith(b"of")
    assert api.get_bundle_file_data(draft.bundle_uuid, path, use_draft="work") == b"second"
    api.commit_draft(draft.uuid)
    assert api.get_bundle_file_data(draft.bundle_uuid, path) == b"second"
    with api.open_bundle_file(draft.bundle_uuid, path, version_number=1) as file:
        assert file.read().startswith(b"of")


def test_a_weak_link_is_read_through_as_well(draft: DraftData, collection: CollectionData) -> None:
    lender = make_lender(collection.uuid)
    make_version(draft.bundle_uuid, links={"lib": LinkTarget(lender.bundle_uuid, 1, weak=True)})
    assert api.get_bundle_file_data(draft.bundle_uuid, "links/lib/file.txt").startswith(b"of")


def test_a_deleted_lender_stays_readable_to_those_who_pinned_it(
    draft: DraftData, collection: CollectionData
) -> None:
    deep = make_lender(collection.uuid)
    lender = make_lender(collection.uuid, deep)
    make_version(lender.bundle_uuid, {"file.txt": "not pinned"})
    make_version(draft.bundle_uuid, links={"lib": lender})
    api.delete_bundle(lender.bundle_uuid)
    api.delete_bundle(deep.bundle_uuid)
    for path in ("links/lib/file.txt", "links/lib/links/link0/file.txt"):
        assert api.get_bundle_file_data(draft.bundle_uuid, path).startswith(b"of")
        assert api.get_bundle_file_metadata(draft.bundle_uuid, path).size > 0
    pinned = api.get_bundle_version(lender.bundle_uuid, 1)
    assert pinned is not None
    assert list(pinned.files) == ["file.txt"]
    for call in (
        lambda: api.get_bundle_version(lender.bundle_uuid, 2),
        lambda: api.get_bundle_version(lender.bundle_uuid),
        lambda: api.get_bundle_files_dict(lender.bundle_uuid),
    ):
        with pytest.raises(BundleNotFound):
            call()
    api.undelete_bundle(lender.bundle_uuid)
    assert api.get_bundle_file_data(lender.bundle_uuid, "file.txt") == b"not pinned"


def test_a_lender_that_is_gone_is_a_file_that_is_not_there(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(draft.bundle_uuid, {"own": "1"}, {"lib": lender})
    # As a force-deletion will do.
    BundleVersion.objects.filter(bundle__uuid=lender.bundle_uuid).delete()
    with pytest.raises(BundleFileNotFound) as caught:
        api.get_bundle_file_data(draft.bundle_uuid, "links/lib/file.txt")
    assert caught.value.path == "links/lib/file.txt"
    assert isinstance(caught.value.__cause__, BundleVersionNotFound)
    assert api.get_bundle_file_data(draft.bundle_uuid, "own") == b"1"


def test_a_draft_whose_new_lender_was_deleted_says_so_by_its_file(
    draft: DraftData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    api.delete_bundle(lender.bundle_uuid)
    with pytest.raises(BundleFileNotFound) as caught:
        api.get_bundle_file_data(draft.bundle_uuid, "links/lib/file.txt", use_draft="work")
    assert isinstance(caught.value.__cause__, BundleNotFound)
    assert list(api.get_draft(draft.uuid).links) == ["lib"]


# URLs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "host", "prefix"),
    [
        ("", None, "/api/v1/"),
        ("", "https://lms.example.com", "https://lms.example.com/api/v1/"),
        ("", "http://lms.example.com/", "http://lms.example.com/api/v1/"),
        (
            "https://store.example.com",
            "https://lms.example.com",
            "https://store.example.com/api/v1/",
        ),
    ],
)
def test_urls_are_absolute_below_the_root_that_is_set(
    bundle: BundleData, settings: Any, ours: str, host: str | None, prefix: str
) -> None:
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "PUBLIC_ROOT_URL": ours}
    if host is not None:
        settings.LMS_ROOT_URL = host
    url = make_version(bundle.uuid, {"a?b#c d": "1"}).files["a?b#c d"].url
    assert url == f"{prefix}bundle_versions/{bundle.uuid},1/files/a%3Fb%23c%20d"


def test_a_url_is_that_of_the_version_until_the_draft_changes_the_file(draft: DraftData) -> None:
    made = make_version(draft.bundle_uuid, {"a": "1", "b": "1"})
    api.write_draft_file(draft.uuid, "b", "2")
    files = api.get_bundle_files_dict(draft.bundle_uuid, use_draft="work")
    assert files["a"].url == made.files["a"].url
    assert files["b"].url == f"/api/v1/drafts/{draft.uuid}/files/b"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://edx.devstack.studio:18010/a", "http://localhost:18010/a"),
        ("http://edx.devstack.lms:18000/a", "http://localhost:18000/a"),
        (
            "https://example.com/http://edx.devstack.lms:1/",
            "https://example.com/http://edx.devstack.lms:1/",
        ),
        ("/a", "/a"),
        ("", ""),
    ],
)
def test_only_urls_of_the_devstack_are_changed_for_browsers(url: str, expected: str) -> None:
    assert api.force_browser_url(url) == expected
