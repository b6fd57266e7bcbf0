"""What the first Blockstore did wrong, and what its users rely on.

Each fault has a test that shows it is not ours; what is said in a docstring is what it did. The
functions keep their names and arguments, so that those who called it can call this.
"""

from __future__ import annotations

import inspect
import threading
import uuid
from typing import Any

import pytest
from django.db import connection, connections

from openedx_blockstore import api, data, exceptions
from openedx_blockstore.data import BundleData, CollectionData, Dependency, DraftData
from openedx_blockstore.exceptions import (
    BundleFileNotFound,
    BundleNotFound,
    BundleVersionNotFound,
    DraftConflict,
    DraftHasNoChangesToCommit,
    DraftNotFound,
    InvalidLink,
    InvalidPath,
    LinkCycle,
    NotFound,
)
from openedx_blockstore.models import BundleVersion
from tests.core.helpers import contents_of, make_lender, make_version, stored_names, stored_path


def in_threads(count: int, work: Any) -> list[BaseException]:
    """Do some work in several threads at a time, each with its number; return what failed."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - returned
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


# Faults -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_concurrent_writes_to_one_draft_lose_nothing(draft: DraftData) -> None:
    """8 threads that wrote 10 files each left 10 to 34 of the 80, some without an error."""

    def write(thread: int) -> None:
        for number in range(10):
            api.write_draft_file(draft.uuid, f"{thread}/{number}", f"{thread} {number}")

    assert in_threads(8, write) == []
    assert contents_of(draft.bundle_uuid, "work") == {
        f"{thread}/{number}": f"{thread} {number}".encode()
        for thread in range(8)
        for number in range(10)
    }


@pytest.mark.django_db
def test_a_second_draft_never_drops_what_the_first_published(
    draft: DraftData, other_draft: DraftData
) -> None:
    """Version 2 contained the second draft's file alone."""
    api.write_draft_file(draft.uuid, "first", "1")
    api.write_draft_file(other_draft.uuid, "second", "2")
    api.commit_draft(draft.uuid)
    api.commit_draft(other_draft.uuid)
    assert contents_of(draft.bundle_uuid) == {"first": b"1", "second": b"2"}
    api.write_draft_file(draft.uuid, "first", "mine")
    api.write_draft_file(other_draft.uuid, "first", "theirs")
    api.commit_draft(draft.uuid)
    with pytest.raises(DraftConflict):
        api.commit_draft(other_draft.uuid)


@pytest.mark.django_db
def test_committing_an_unchanged_draft_makes_no_version(
    draft: DraftData, collection: CollectionData
) -> None:
    """It made one every time, and links stayed "modified" after the commit."""
    lender = make_lender(collection.uuid)
    api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    api.commit_draft(draft.uuid)
    assert not api.get_draft(draft.uuid).links["lib"].modified
    with pytest.raises(DraftHasNoChangesToCommit):
        api.commit_draft(draft.uuid)
    assert api.get_bundle(draft.bundle_uuid).latest_version == 1


@pytest.mark.django_db
def test_a_bundle_can_not_link_to_itself_and_an_alias_is_there_once(
    draft: DraftData, collection: CollectionData
) -> None:
    """Links to oneself were accepted, and doubled names never noticed."""
    make_version(draft.bundle_uuid, {"a": "1"})
    with pytest.raises(LinkCycle):
        api.set_draft_link(draft.uuid, "me", draft.bundle_uuid, 1)
    for lender in (make_lender(collection.uuid), make_lender(collection.uuid)):
        api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 1)
    made = api.commit_draft(draft.uuid)
    assert [link.direct.bundle_uuid for link in made.links.values()] == [lender.bundle_uuid]


@pytest.mark.django_db
def test_version_0_is_nothing_and_can_not_be_linked_to(
    draft: DraftData, collection: CollectionData
) -> None:
    """A link to it was stored with the newest digest, and reading it gave the latest version."""
    lender = make_lender(collection.uuid)
    with pytest.raises(InvalidLink):
        api.set_draft_link(draft.uuid, "lib", lender.bundle_uuid, 0)
    assert api.get_bundle_version(lender.bundle_uuid, 0) is None


@pytest.mark.django_db
def test_what_is_unknown_raises_its_own_not_found(bundle: BundleData, draft: DraftData) -> None:
    """It was a KeyError, TypeError, AttributeError, an internal error, or an empty answer."""
    with pytest.raises(BundleFileNotFound):
        api.get_bundle_file_data(bundle.uuid, "missing")
    with pytest.raises(BundleFileNotFound):
        api.get_bundle_file_data(bundle.uuid, "missing", use_draft="work")
    unknown = uuid.uuid4()
    for call in (
        api.get_bundle_files_dict,
        api.get_bundle_files,
        api.get_bundle_links,
        lambda bundle_uuid: api.get_bundle_file_data(bundle_uuid, "a"),
        lambda bundle_uuid: api.get_bundle_file_metadata(bundle_uuid, "a"),
    ):
        with pytest.raises(BundleNotFound):
            call(unknown)
    with pytest.raises(DraftNotFound):
        api.write_draft_file(unknown, "a", "x")
    with pytest.raises(DraftNotFound):
        api.commit_draft(unknown)


@pytest.mark.django_db
def test_no_uuids_are_no_bundles(bundle: BundleData) -> None:
    """They were every bundle there is."""
    assert api.get_bundles(uuids=[]) == []


@pytest.mark.django_db
def test_digests_are_the_same_text_in_drafts_and_versions(draft: DraftData) -> None:
    """They were bytes in drafts and text in versions, so nothing ever matched."""
    api.write_draft_file(draft.uuid, "a", "x")
    staged = api.get_draft(draft.uuid).files["a"].hash_digest
    published = api.commit_draft(draft.uuid).files["a"].hash_digest
    assert isinstance(staged, str)
    assert staged == published


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["a/./b", "a\\b", "", "a/", "a\0", "./a", "../a", "/a", "a//b"])
def test_a_path_that_is_unsafe_or_has_two_spellings_is_refused(draft: DraftData, path: str) -> None:
    """Some raised errors of the operating system, some were stored; ``./a`` clashed with ``a``."""
    with pytest.raises(InvalidPath):
        api.write_draft_file(draft.uuid, path, "x")


@pytest.mark.django_db
@pytest.mark.parametrize("root", ["http://lms.example.com", "https://lms.example.com"])
def test_a_url_has_one_root_whatever_its_scheme(
    bundle: BundleData, settings: Any, root: str
) -> None:
    """With http it was ``http://lms.example.comhttp://cdn…``."""
    settings.LMS_ROOT_URL = root
    url = make_version(bundle.uuid, {"a": "1"}).files["a"].url
    assert url.startswith(f"{root}/")
    assert url.count("://") == 1


@pytest.mark.django_db
def test_the_message_of_an_error_is_filled_in(bundle: BundleData) -> None:
    """It read ``BundleVersion ({bundle_uuid}, {version}) …``."""
    with pytest.raises(BundleVersionNotFound) as caught:
        api.get_bundle_version(bundle.uuid, 7)
    assert str(caught.value) == f"Bundle {bundle.uuid} has no version 7."


@pytest.mark.django_db
def test_writing_identical_contents_modifies_nothing(draft: DraftData) -> None:
    """The file was marked as modified, so "unpublished changes" were shown."""
    make_version(draft.bundle_uuid, {"a": "1"})
    api.write_draft_file(draft.uuid, "a", "1")
    assert not api.get_draft(draft.uuid).files["a"].modified


@pytest.mark.django_db(transaction=True)
def test_concurrent_commits_make_versions_without_gaps_or_errors(bundle: BundleData) -> None:
    """They ended in errors of the database, since the next number was read without a lock."""
    drafts = [api.get_or_create_bundle_draft(bundle.uuid, str(number)) for number in range(8)]
    for number, draft in enumerate(drafts):
        api.write_draft_file(draft.uuid, str(number), str(number))
    assert in_threads(8, lambda number: api.commit_draft(drafts[number].uuid)) == []
    rows = BundleVersion.objects.filter(bundle__uuid=bundle.uuid).order_by("version_num")
    assert list(rows.values_list("version_num", flat=True)) == list(range(1, 9))
    assert contents_of(bundle.uuid) == {str(number): str(number).encode() for number in range(8)}


@pytest.mark.django_db
def test_a_commit_that_fails_leaves_no_version_behind(
    file_storage: object, draft: DraftData
) -> None:
    """Files were written before the row, and stayed as half a version."""
    make_version(draft.bundle_uuid, {"a": "1"})
    before = api.get_bundle_version(draft.bundle_uuid)
    api.write_draft_file(draft.uuid, "a", "2")
    stored_path(f"{draft.bundle_uuid}/versions/2").write_text("in the way")
    with pytest.raises(exceptions.StorageError):
        api.commit_draft(draft.uuid)
    assert api.get_bundle_version(draft.bundle_uuid) == before
    stored_path(f"{draft.bundle_uuid}/versions/2").unlink()
    assert api.commit_draft(draft.uuid).version == 2
    assert len([name for name in stored_names(draft.bundle_uuid) if "/versions/2/" in name]) == 1


# What is kept -------------------------------------------------------------------------------------

#: The functions of the first Blockstore, with the arguments that its users passed.
FIRST = {
    "get_collection": ["collection_uuid"],
    "create_collection": ["title"],
    "update_collection": ["collection_uuid", "title"],
    "delete_collection": ["collection_uuid"],
    "get_bundles": ["uuids", "text_search"],
    "get_bundle": ["bundle_uuid"],
    "create_bundle": ["collection_uuid", "slug", "title", "description"],
    "update_bundle": ["bundle_uuid"],
    "delete_bundle": ["bundle_uuid"],
    "get_draft": ["draft_uuid"],
    "get_or_create_bundle_draft": ["bundle_uuid", "draft_name"],
    "write_draft_file": ["draft_uuid", "path", "contents"],
    "set_draft_link": ["draft_uuid", "link_name", "bundle_uuid", "version"],
    "commit_draft": ["draft_uuid"],
    "delete_draft": ["draft_uuid"],
    "get_bundle_version": ["bundle_uuid", "version_number"],
    "get_bundle_version_files": ["bundle_uuid", "version_number"],
    "get_bundle_version_links": ["bundle_uuid", "version_number"],
    "get_bundle_files_dict": ["bundle_uuid", "use_draft"],
    "get_bundle_files": ["bundle_uuid", "use_draft"],
    "get_bundle_links": ["bundle_uuid", "use_draft"],
    "get_bundle_file_metadata": ["bundle_uuid", "path", "use_draft"],
    "get_bundle_file_data": ["bundle_uuid", "path", "use_draft"],
    "force_browser_url": ["url"],
}


@pytest.mark.parametrize("name", FIRST)
def test_each_function_takes_what_it_took_by_position_and_by_name(name: str) -> None:
    signature = inspect.signature(getattr(api, name))
    arguments = FIRST[name]
    positional = [
        each.name
        for each in signature.parameters.values()
        if each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    assert positional == arguments
    signature.bind(*arguments)
    signature.bind(**dict.fromkeys(arguments))
    others = [each for each in signature.parameters.values() if each.name not in arguments]
    for each in others:
        assert each.kind in (each.KEYWORD_ONLY, each.VAR_KEYWORD)
        assert each.kind is each.VAR_KEYWORD or each.default is not each.empty


def test_all_24_functions_are_there() -> None:
    assert len(FIRST) == 24
    assert set(FIRST) <= set(api.__all__)
    defaults = {
        name: {
            key: each.default
            for key, each in inspect.signature(getattr(api, name)).parameters.items()
            if key in FIRST[name] and each.default is not each.empty
        }
        for name in FIRST
    }
    assert {name: values for name, values in defaults.items() if values} == {
        "update_collection": {"title": None},
        "get_bundles": {"uuids": None, "text_search": None},
        "create_bundle": {"title": "New Bundle", "description": ""},
        "get_bundle_version": {"version_number": None},
        "get_bundle_files_dict": {"use_draft": None},
        "get_bundle_files": {"use_draft": None},
        "get_bundle_links": {"use_draft": None},
        "get_bundle_file_metadata": {"use_draft": None},
        "get_bundle_file_data": {"use_draft": None},
    }


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("CollectionData", ["uuid", "title"]),
        (
            "BundleData",
            ["uuid", "title", "description", "slug", "drafts", "latest_version"],
        ),
        (
            "BundleVersionData",
            ["bundle_uuid", "version", "change_description", "created_at", "files", "links"],
        ),
        (
            "DraftData",
            ["uuid", "bundle_uuid", "name", "created_at", "updated_at", "files", "links"],
        ),
        ("BundleFileData", ["path", "size", "url", "hash_digest"]),
        ("DraftFileData", ["path", "size", "url", "hash_digest", "modified"]),
        ("BundleLinkData", ["name", "direct", "indirect"]),
        ("DraftLinkData", ["name", "direct", "indirect", "modified"]),
        ("Dependency", ["bundle_uuid", "version", "snapshot_digest"]),
    ],
)
def test_each_value_has_the_fields_it_had(name: str, fields: list[str]) -> None:
    parameters = list(inspect.signature(getattr(data, name)).parameters)
    assert [each for each in parameters if each in fields] == fields


@pytest.mark.parametrize(
    "name",
    [
        "CollectionNotFound",
        "BundleNotFound",
        "BundleVersionNotFound",
        "DraftNotFound",
        "BundleFileNotFound",
    ],
)
def test_what_is_not_there_is_a_not_found(name: str) -> None:
    assert issubclass(getattr(exceptions, name), NotFound)


@pytest.mark.django_db
def test_the_life_of_a_file_is_as_the_platform_s_own_test_has_it(bundle: BundleData) -> None:
    def published() -> bytes:
        return api.get_bundle_file_data(bundle.uuid, "test.txt")

    def drafted() -> bytes:
        return api.get_bundle_file_data(bundle.uuid, "test.txt", use_draft="test-draft")

    draft = api.get_or_create_bundle_draft(bundle.uuid, draft_name="test-draft")
    assert api.get_or_create_bundle_draft(bundle.uuid, "test-draft") == draft
    api.write_draft_file(draft.uuid, "test.txt", b"initial version")
    with pytest.raises(BundleFileNotFound):
        published()
    assert drafted() == b"initial version"
    api.commit_draft(draft.uuid)
    assert published() == drafted() == b"initial version"
    api.write_draft_file(draft.uuid, "test.txt", b"modified version")
    assert published() == b"initial version"
    assert drafted() == b"modified version"
    api.delete_draft(draft.uuid)
    assert drafted() == b"initial version"
    with pytest.raises(DraftNotFound):
        api.get_draft(draft.uuid)


@pytest.mark.django_db
def test_the_links_of_a_course_are_as_the_platform_s_own_test_has_them(
    collection: CollectionData,
) -> None:
    lib1, lib2, course = (api.create_bundle(collection.uuid, name) for name in "abc")
    make_version(lib1.uuid, {"lib1-data.txt": "hello world"})
    make_version(lib2.uuid, {"a": "1"})
    draft = api.get_or_create_bundle_draft(lib2.uuid, "test-draft")
    api.set_draft_link(draft.uuid, "lib2_to_lib1", lib1.uuid, 1)
    assert api.commit_draft(draft.uuid).version == 2
    draft = api.get_or_create_bundle_draft(course.uuid, "test-draft")
    api.set_draft_link(draft.uuid, "course_to_lib2", lib2.uuid, 2)
    assert api.get_bundle_links(course.uuid) == {}
    link = api.get_bundle_links(course.uuid, use_draft="test-draft")["course_to_lib2"]
    assert link.name == "course_to_lib2"
    assert link.direct == Dependency(lib2.uuid, 2)
    assert set(link.indirect) == {Dependency(lib1.uuid, 1)}
    api.set_draft_link(draft.uuid, "course_to_lib2", None, None)
    assert api.get_bundle_links(course.uuid, use_draft="test-draft") == {}


@pytest.mark.django_db
def test_an_error_leaves_the_connection_as_it_was(draft: DraftData) -> None:
    with pytest.raises(InvalidPath):
        api.write_draft_file(draft.uuid, "", "x")
    assert connection.is_usable()
