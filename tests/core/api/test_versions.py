"""Reading versions, and making one of a whole set of files."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, BinaryIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openedx_blockstore import api
from openedx_blockstore.data import (
    BundleData,
    BundleFileData,
    BundleLinkData,
    CollectionData,
    Dependency,
    DraftData,
    LinkTarget,
)
from openedx_blockstore.exceptions import (
    BundleVersionNotFound,
    Invalid,
    InvalidLink,
    InvalidPath,
    LimitExceeded,
    LinkCycle,
    StorageError,
)
from openedx_blockstore.store import digest_of
from tests.core.helpers import (
    contents_of,
    forget_everything_cached,
    make_lender,
    make_version,
    stored_names,
    stored_path,
)

pytestmark = pytest.mark.django_db


def test_a_version_has_its_files_and_links(bundle: BundleData, collection: CollectionData) -> None:
    deep = make_lender(collection.uuid)
    lender = make_lender(collection.uuid, deep)
    made = make_version(bundle.uuid, {"b/ü 1.txt": "x", "a": ""}, {"lib": lender})
    found = api.get_bundle_version(bundle.uuid, 1)
    assert found == made
    assert found is not None
    assert list(found.files) == ["a", "b/ü 1.txt"]
    prefix = f"/api/v1/bundle_versions/{bundle.uuid},1/files/"
    assert found.files["b/ü 1.txt"] == BundleFileData(
        "b/ü 1.txt", 1, f"{prefix}b/%C3%BC%201.txt", digest_of(b"x"), public=False
    )
    assert found.links == {
        "lib": BundleLinkData(
            "lib", Dependency(lender.bundle_uuid, 1), [Dependency(deep.bundle_uuid, 1)]
        )
    }
    assert found.links["lib"].direct.snapshot_digest
    assert found.links["lib"].indirect[0].snapshot_digest
    assert found.created_at.utcoffset() == timedelta(0)
    assert len(found.manifest_digest) == 64
    assert api.get_bundle_version_files(bundle.uuid, 1) == list(found.files.values())
    assert api.get_bundle_version_links(bundle.uuid, 1) == found.links


def test_a_bundle_without_a_version_has_none(bundle: BundleData) -> None:
    assert api.get_bundle_version(bundle.uuid) is None
    assert api.get_bundle_version_files(bundle.uuid, None) == []
    assert api.get_bundle_version_links(bundle.uuid, None) == {}
    assert api.get_bundle_files_dict(bundle.uuid) == {}
    assert list(api.get_bundle_files(bundle.uuid)) == []
    assert api.get_bundle_links(bundle.uuid) == {}


def test_version_0_is_nothing_yet(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "1"})
    assert api.get_bundle_version(bundle.uuid, 0) is None
    assert api.get_bundle_version_files(bundle.uuid, 0) == []
    assert api.get_bundle_version_links(bundle.uuid, 0) == {}


@pytest.mark.parametrize("number", [2, -1, 2**31, 2**63, 2**70, "1", 1.0, [1], b"1"], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        api.get_bundle_version,
        api.get_bundle_version_files,
        api.get_bundle_version_links,
        api.get_bundle_version_changes,
        api.get_dependencies,
        api.get_size,
        lambda bundle, number: api.diff_versions(bundle, number, 1),
        lambda bundle, number: api.diff_versions(bundle, 1, number),
        lambda bundle, number: api.open_bundle_file(bundle, "a", version_number=number).__enter__(),
    ],
)
def test_a_version_that_is_not_there_is_not_found_by_any_function(
    bundle: BundleData, call: Callable[[uuid.UUID, Any], object], number: Any
) -> None:
    make_version(bundle.uuid, {"a": "1"})
    with pytest.raises(BundleVersionNotFound, match="has no version") as caught:
        call(bundle.uuid, number)
    assert (caught.value.bundle_uuid, caught.value.version) == (bundle.uuid, number)
    assert str(number) in str(caught.value)


def test_an_old_version_stays_as_it_was(bundle: BundleData) -> None:
    first = make_version(bundle.uuid, {"a": "1", "b": "1"})
    make_version(bundle.uuid, {"a": "2", "b": None})
    forget_everything_cached()
    assert api.get_bundle_version(bundle.uuid, 1) == first
    with api.open_bundle_file(bundle.uuid, "a", version_number=1) as file:
        assert file.read() == b"1"


def test_a_digest_of_a_manifest_is_the_identity_of_a_version(bundle: BundleData) -> None:
    one = make_version(bundle.uuid, {"a": "1"})
    two = make_version(bundle.uuid, {"a": "2"})
    three = api.revert_bundle(bundle.uuid, 1)
    assert len({one.manifest_digest, two.manifest_digest, three.manifest_digest}) == 3


def test_a_storage_that_lost_a_manifest_is_an_error_and_not_an_empty_version(
    file_storage: object, bundle: BundleData
) -> None:
    make_version(bundle.uuid, {"a": "1"})
    for name in stored_names(bundle.uuid):
        if "/versions/" in name:
            stored_path(name).unlink()
    forget_everything_cached()
    for call in (
        lambda: api.get_bundle_version(bundle.uuid),
        lambda: api.get_bundle_files_dict(bundle.uuid),
        lambda: api.get_bundle_file_data(bundle.uuid, "a"),
        lambda: make_version(bundle.uuid, {"b": "1"}),
        lambda: api.get_file_history(bundle.uuid, "a"),
    ):
        with pytest.raises(StorageError, match="it is not there"):
            call()


# Making one of a whole set of files ---------------------------------------------------------------


def test_an_imported_version_holds_exactly_what_was_given(
    bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    make_version(bundle.uuid, {"old": "1", "kept": "1"}, {"old": lender})
    made = api.import_version(
        bundle.uuid,
        {
            "kept": b"1",
            "new": "tëxt",
            "file": io.BytesIO(b"file"),
            "lazy": lambda: io.BytesIO(b"l"),
        },
        {"lib": lender},
        public={"new"},
        change_description="Imported",
        change_kind="grading",
        author="importer",
        origin_version=42,
    )
    assert made.created
    version = made.version
    assert (version.version, version.origin_version) == (2, 42)
    assert (version.change_description, version.author) == ("Imported", "importer")
    assert version.change_kind == "grading"
    assert contents_of(bundle.uuid) == {
        "kept": b"1",
        "new": "tëxt".encode(),
        "file": b"file",
        "lazy": b"l",
    }
    assert [path for path, file in version.files.items() if file.public] == ["new"]
    assert list(version.links) == ["lib"]
    assert api.get_bundle_version(bundle.uuid) == version


def test_importing_what_is_there_already_makes_no_version(
    bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    first = api.import_version(bundle.uuid, {"a": b"1"}, {"lib": lender})
    again = api.import_version(
        bundle.uuid, {"a": io.BytesIO(b"1")}, {"lib": lender}, change_description="again"
    )
    assert (again.created, again.version) == (False, first.version)
    assert api.get_bundle(bundle.uuid).latest_version == 1


def test_an_import_leaves_drafts_as_they_are(draft: DraftData) -> None:
    api.write_draft_file(draft.uuid, "a", "draft")
    before = api.get_draft(draft.uuid)
    api.import_version(draft.bundle_uuid, {"a": b"imported"})
    assert api.get_draft(draft.uuid) == before


def test_a_function_that_opens_a_file_is_called_when_its_turn_comes_and_the_file_is_closed(
    bundle: BundleData,
) -> None:
    files: list[io.BytesIO] = []

    def opener(contents: bytes) -> Callable[[], BinaryIO]:
        def open_it() -> BinaryIO:
            assert all(file.closed for file in files)
            files.append(io.BytesIO(contents))
            return files[-1]

        return open_it

    api.import_version(bundle.uuid, {"a": opener(b"1"), "b": opener(b"2")})
    assert [file.closed for file in files] == [True, True]
    assert contents_of(bundle.uuid) == {"a": b"1", "b": b"2"}


def test_both_spellings_of_an_accent_are_one_path_in_an_import(bundle: BundleData) -> None:
    made = api.import_version(bundle.uuid, {"e\u0301": b"1"}, public={"e\u0301"})
    assert list(made.version.files) == ["\u00e9"]
    assert made.version.files["\u00e9"].public
    made = api.import_version(bundle.uuid, {"e\u0301": b"2"}, public=["\u00e9"])
    assert made.version.files["\u00e9"].public
    with pytest.raises(Invalid, match="the same"):
        api.import_version(bundle.uuid, {"e\u0301": b"1", "\u00e9": b"2"})


def test_an_error_of_a_source_passes_and_makes_no_version(bundle: BundleData) -> None:
    def broken() -> BinaryIO:
        raise ConnectionResetError("the archive went away")

    with pytest.raises(ConnectionResetError):
        api.import_version(bundle.uuid, {"a": b"1", "b": broken})
    assert api.get_bundle(bundle.uuid).latest_version == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"files": {}}, Invalid),
        ({"files": {"../a": b""}}, InvalidPath),
        ({"files": {"a": b"", "A": b""}}, InvalidPath),
        ({"files": {"links/x/y": b""}}, InvalidPath),
        ({"files": {5: b""}}, InvalidPath),
        ({"files": {"a": 5}}, Invalid),
        ({"files": {"a": None}}, Invalid),
        ({"files": {"a": "\ud800"}}, Invalid),
        ({"files": ["a"]}, Invalid),
        ({"files": None}, Invalid),
        ({"files": {"x" * 501: b""}}, LimitExceeded),
        ({"files": {str(number): b"" for number in range(101)}}, LimitExceeded),
        ({"links": {"a/b": LinkTarget(uuid.UUID(int=1), 1)}}, InvalidPath),
        ({"links": {"a": LinkTarget(uuid.UUID(int=1), 1)}}, InvalidLink),
        ({"links": {"a": LinkTarget(uuid.UUID(int=1), 2**70)}}, InvalidLink),
        ({"links": {"a": LinkTarget(uuid.UUID(int=1), -1)}}, InvalidLink),
        ({"links": {"a": LinkTarget(uuid.UUID(int=1), "1")}}, InvalidLink),  # type: ignore[arg-type]
        ({"links": {"a": (uuid.UUID(int=1), 1)}}, InvalidLink),
        ({"links": ["a"]}, Invalid),
        ({"public": "a"}, Invalid),
        ({"public": 5}, Invalid),
        ({"public": ["missing"]}, Invalid),
        ({"change_kind": "x"}, Invalid),
        ({"change_description": None}, Invalid),
        ({"author": "\0"}, Invalid),
        ({"origin_version": "1"}, Invalid),
        ({"origin_version": -1}, Invalid),
        ({"origin_version": 2**31}, Invalid),
        ({"origin_version": 2**70}, Invalid),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_what_can_not_be_a_version_is_refused(
    bundle: BundleData, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        api.import_version(bundle.uuid, **{"files": {"a": b"1"}, **arguments})
    assert api.get_bundle(bundle.uuid).latest_version == 0


def test_too_many_files_are_refused_before_any_is_stored(bundle: BundleData) -> None:
    with pytest.raises(LimitExceeded):
        api.import_version(bundle.uuid, {str(number): b"x" for number in range(101)})
    assert stored_names(bundle.uuid) == []


def test_a_cycle_is_refused_in_an_import_too(bundle: BundleData, other_bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "1"})
    made = make_version(other_bundle.uuid, links={"x": LinkTarget(bundle.uuid, 1)})
    for target in (LinkTarget(bundle.uuid, 1), LinkTarget(other_bundle.uuid, made.version)):
        with pytest.raises(LinkCycle):
            api.import_version(bundle.uuid, {"a": b"1"}, {"x": target})


def test_an_import_of_many_files_costs_a_few_statements(bundle: BundleData) -> None:
    files = {f"{number}.txt": str(number).encode() for number in range(100)}
    with CaptureQueriesContext(connection) as queries:
        assert api.import_version(bundle.uuid, files).created
    statements = [
        query["sql"]
        for query in queries
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    assert len(statements) <= 8
    with CaptureQueriesContext(connection) as queries:
        assert not api.import_version(bundle.uuid, files).created
    assert len(queries) <= 2


def test_a_version_can_be_imported_into_an_empty_bundle_with_links_alone(
    bundle: BundleData, collection: CollectionData
) -> None:
    lender = make_lender(collection.uuid)
    made = api.import_version(bundle.uuid, {}, {"lib": lender})
    assert (made.created, made.version.files) == (True, {})
    assert api.import_version(bundle.uuid, {}).version.links == {}


def test_opening_is_a_context_manager(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"a": "1"})
    opened = api.open_bundle_file(bundle.uuid, "a")
    assert isinstance(opened, AbstractContextManager)
    with opened as file:
        assert file.read() == b"1"
    assert file.closed
