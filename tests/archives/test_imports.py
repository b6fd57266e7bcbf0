"""What an import makes of an archive: identity, links by origin, and nothing twice."""

from __future__ import annotations

import io
import resource
import signal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test.utils import override_settings

from openedx_blockstore import api
from openedx_blockstore.archives import ArchiveFormat
from openedx_blockstore.data import (
    BundleData,
    CollectionData,
    LinkTarget,
)
from openedx_blockstore.exceptions import (
    CollectionNotFound,
    InvalidArchive,
    InvalidLink,
    LimitExceeded,
    LinkCycle,
    StorageError,
)
from openedx_blockstore.models import Bundle
from openedx_blockstore.settings import environment
from tests.archives.building import FORMATS, UUID_A, UUID_B, contents, link, pack, tree
from tests.archives.conftest import Refuse, count_rows
from tests.archives.importing import (
    exported,
    forget_everything,
    imported,
    one,
    targets,
    version_of,
)
from tests.archives.reading import unpack
from tests.counting import counting

# Identity


def test_importing_into_the_same_collection_changes_nothing(
    collection: CollectionData, borrower: BundleData
) -> None:
    before = count_rows()
    for number in (1, 2, None):
        result = one(exported(borrower, number), collection)
        assert (result.bundle_uuid, result.created) == (borrower.uuid, False)
        assert result.version == (number or 2)
        everything = imported(exported(borrower, number, with_dependencies=True), collection)
        assert [bundle.created for bundle in everything.bundles] == [False, False]
    assert count_rows() == before


def test_a_free_uuid_is_kept(collection: CollectionData) -> None:
    result = one(pack(tree({"a": b"x"}, version=7, origin="course:a", type="video")), collection)
    assert str(result.bundle_uuid) == UUID_A
    assert (result.version, result.created, result.bundle_created) == (1, True, True)
    assert (str(result.origin_uuid), result.origin_version) == (UUID_A, 7)
    assert version_of(result).origin_version == 7
    bundle = api.get_bundle(UUID_A)
    assert (bundle.origin, bundle.type, bundle.title) == ("course:a", "video", "A title")


def test_a_uuid_of_another_collection_is_not_taken_from_it(
    collection: CollectionData, elsewhere: CollectionData, lender: BundleData
) -> None:
    result = one(exported(lender), elsewhere)
    assert result.bundle_uuid != lender.uuid
    assert (result.origin_uuid, result.origin_version) == (lender.uuid, 2)
    bundle = api.get_bundle(result.bundle_uuid)
    assert bundle.collection_uuid == elsewhere.uuid
    assert bundle.origin == f"blockstore:{lender.uuid}"
    assert (bundle.title, bundle.slug, bundle.type) == ("Lender", "lender", "video")
    version = version_of(result)
    assert (version.version, version.origin_version, version.author) == (1, 2, "ada")
    assert version.files["v.xml"].public
    again = one(exported(lender), elsewhere)
    assert (again.bundle_uuid, again.version, again.created) == (result.bundle_uuid, 1, False)


def test_an_origin_that_is_taken_stays_where_it_is(
    collection: CollectionData,
) -> None:
    first = one(pack(tree({"a": b"x"}, origin="course:a")), collection)
    second = one(pack(tree({"a": b"x"}, origin="course:a", uuid=UUID_B)), collection)
    assert api.get_bundle(first.bundle_uuid).origin == "course:a"
    assert api.get_bundle(second.bundle_uuid).origin is None


def test_a_newer_version_follows_what_is_there(
    collection: CollectionData, elsewhere: CollectionData, lender: BundleData
) -> None:
    first = one(exported(lender, 1), elsewhere)
    second = one(exported(lender, 2), elsewhere)
    assert second.bundle_uuid == first.bundle_uuid
    assert (second.version, second.created, second.bundle_created) == (2, True, False)
    older = one(exported(lender, 1), elsewhere)
    assert (older.version, older.created) == (1, False)


def test_equal_content_under_another_number_makes_no_version(collection: CollectionData) -> None:
    first = one(pack(tree({"a": b"x"}, version=1)), collection)
    again = one(pack(tree({"a": b"x"}, version=5)), collection)
    assert (again.bundle_uuid, again.version, again.created) == (first.bundle_uuid, 1, False)


def test_versions_that_grew_apart_are_both_kept(
    collection: CollectionData, elsewhere: CollectionData, lender: BundleData
) -> None:
    """Both places made a version 3 of their own."""
    copy = one(exported(lender), elsewhere)
    api.import_version(copy.bundle_uuid, {"v.xml": b"changed here"})
    api.import_version(lender.uuid, {"v.xml": b"changed there"})
    result = one(exported(lender), elsewhere)
    assert (result.version, result.created) == (3, True)
    assert version_of(result).origin_version == 3


def test_drafts_are_not_touched(collection: CollectionData, lender: BundleData) -> None:
    draft = api.get_or_create_bundle_draft(lender.uuid, "work")
    api.write_draft_file(draft.uuid, "v.xml", b"mine")
    archive = pack(tree({"v.xml": b"three"}, uuid=str(lender.uuid), version=3))
    assert one(archive, collection).version == 3
    assert api.get_draft(draft.uuid).files["v.xml"].modified
    assert api.get_bundle_file_data(lender.uuid, "v.xml", use_draft="work") == b"mine"


def test_what_is_said_of_a_bundle_that_is_here_stays(
    collection: CollectionData, lender: BundleData
) -> None:
    api.update_bundle(lender.uuid, title="A better title")
    one(exported(lender, 1), collection)
    assert api.get_bundle(lender.uuid).title == "A better title"


def test_a_deleted_bundle_gets_no_new_version(
    collection: CollectionData, lender: BundleData, refused: Refuse
) -> None:
    archive = pack(tree({"v.xml": b"three"}, uuid=str(lender.uuid), version=3))
    api.delete_bundle(lender.uuid)
    refused(archive, InvalidArchive, str(lender.uuid), "undelete it first")
    api.undelete_bundle(lender.uuid)
    assert one(archive, collection).version == 3


# Links


def test_links_follow_their_targets_into_another_collection(
    collection: CollectionData, elsewhere: CollectionData, borrower: BundleData, lender: BundleData
) -> None:
    result = imported(exported(borrower, with_dependencies=True), elsewhere)
    copy_of_lender, copy = result.bundles
    assert (copy_of_lender.origin_uuid, copy.origin_uuid) == (lender.uuid, borrower.uuid)
    assert result.roots == (copy,)
    # Only version 2 of the lender was needed, and is the first here.
    assert (copy_of_lender.version, copy_of_lender.origin_version) == (1, 2)
    assert targets(copy) == {"lent": f"{copy_of_lender.bundle_uuid}@1"}
    assert count_rows()[2] == 3


def test_a_borrower_finds_lenders_of_earlier_imports(
    collection: CollectionData, elsewhere: CollectionData, borrower: BundleData, lender: BundleData
) -> None:
    copy_of_lender = one(exported(lender, 2), elsewhere)
    copy = one(exported(borrower, 2), elsewhere)
    assert targets(copy) == {"lent": f"{copy_of_lender.bundle_uuid}@1"}
    # Version 1 of the lender was never imported there, but the original is here.
    older = one(exported(borrower, 1), elsewhere)
    assert targets(older) == {"lent": f"{lender.uuid}@1"}


def test_missing_lenders_are_all_named_and_nothing_is_made(refused: Refuse) -> None:
    links = {"a": link(UUID_B, 3), "b": link(UUID_B, 4), "c": link(UUID_A, 9)}
    archive = pack(tree({"a": b"x"}, uuid="cccccccc-0000-4000-8000-000000000003", links=links))
    message = refused(archive, InvalidArchive, f"{UUID_B}@3", f"{UUID_B}@4", f"{UUID_A}@9")
    assert "with its dependencies" in message


def test_a_number_that_means_something_else_here_is_no_lender(
    collection: CollectionData, refused: Refuse
) -> None:
    """Version 1 here was version 5 there, so version 1 there is not here."""
    one(pack(tree({"a": b"x"}, uuid=UUID_B, version=5)), collection)
    refused(pack(tree({"b": b"y"}, links={"a": link(UUID_B, 1)})), InvalidArchive, f"{UUID_B}@1")
    result = one(pack(tree({"b": b"y"}, links={"a": link(UUID_B, 5)})), collection)
    assert targets(result) == {"a": f"{UUID_B}@1"}


def test_a_weak_link_to_nothing_is_dropped_and_told(collection: CollectionData) -> None:
    archive = pack(tree({"a": b"x"}, links={"hint": link(UUID_B, 1, weak=True)}))
    result = one(archive, collection)
    assert targets(result) == {}
    assert [entry.path for entry in result.skipped] == ["links/hint"]
    assert f"{UUID_B}@1" in result.skipped[0].reason


def test_a_weak_link_to_something_is_kept(collection: CollectionData, lender: BundleData) -> None:
    archive = pack(tree({"a": b"x"}, links={"hint": link(str(lender.uuid), 1, weak=True)}))
    version = version_of(one(archive, collection))
    assert version.links["hint"].weak


def test_a_cycle_with_what_is_here_is_refused(
    collection: CollectionData, borrower: BundleData, lender: BundleData, refused: Refuse
) -> None:
    links = {"back": link(str(borrower.uuid), 1)}
    archive = pack(tree({"v.xml": b"three"}, uuid=str(lender.uuid), version=3, links=links))
    message = refused(archive, LinkCycle, "'back'", "would close a cycle")
    assert str(borrower.uuid) in message


def test_a_cycle_through_trees_of_the_archive_is_refused(
    collection: CollectionData, borrower: BundleData, lender: BundleData, refused: Refuse
) -> None:
    """The lender would use a new bundle, which uses the borrower, which uses the lender."""
    archive = pack(
        {
            **contents([(UUID_A, 1), (str(lender.uuid), 3)]),
            **tree({"a": b"x"}, folder=f"{UUID_A}/1/", links={"b": link(str(borrower.uuid), 1)}),
            **tree(
                {"v.xml": b"three"},
                folder=f"{lender.uuid}/3/",
                uuid=str(lender.uuid),
                version=3,
                links={"a": link(UUID_A, 1)},
            ),
        }
    )
    with pytest.raises(LinkCycle):
        api.import_archive(archive, collection_uuid=collection.uuid)
    assert not Bundle.objects.filter(uuid=UUID_A).exists()


def test_two_versions_of_one_lender_are_refused(
    collection: CollectionData, lender: BundleData, refused: Refuse
) -> None:
    links = {"one": link(str(lender.uuid), 1), "two": link(str(lender.uuid), 2)}
    refused(pack(tree({"a": b"x"}, links=links)), InvalidLink, "can not use two of them")


def test_only_those_who_use_a_deleted_lender_may_go_on(
    collection: CollectionData, borrower: BundleData, lender: BundleData, refused: Refuse
) -> None:
    unused = api.import_version(lender.uuid, {"v.xml": b"three"}).version.version
    whole = exported(borrower, with_dependencies=True)
    api.delete_bundle(lender.uuid)

    def archive(number: int, **changes: Any) -> io.BytesIO:
        return pack(tree({"a": b"x"}, links={"l": link(str(lender.uuid), number)}, **changes))

    refused(archive(1), InvalidArchive, f"{lender.uuid}@1")
    old = {"uuid": str(borrower.uuid), "version": 3}
    refused(archive(unused, **old), InvalidArchive, f"{lender.uuid}@{unused}")
    assert targets(one(archive(1, **old), collection)) == {"l": f"{lender.uuid}@1"}
    assert not any(bundle.created for bundle in imported(whole, collection).bundles)


def test_a_collection_with_lenders_elsewhere_comes_in_again_without_change(
    collection: CollectionData, elsewhere: CollectionData, lender: BundleData
) -> None:
    bundle = api.create_bundle(elsewhere.uuid, "borrower")
    api.import_version(bundle.uuid, {"b": b"x"}, {"lent": LinkTarget(lender.uuid, 2)})
    buffer = io.BytesIO()
    api.export_collection(elsewhere.uuid, to=buffer)
    before = count_rows()
    result = imported(buffer, elsewhere)
    assert [bundle.created for bundle in result.bundles] == [False, False]
    assert [str(bundle.bundle_uuid) for bundle in result.bundles] == [
        str(lender.uuid),
        str(bundle.uuid),
    ]
    assert count_rows() == before


# Whole archives


@pytest.mark.parametrize("format", FORMATS)
def test_an_archive_of_several_versions_comes_in_and_goes_out_the_same_elsewhere(
    collection: CollectionData,
    lender: BundleData,
    borrower: BundleData,
    tmp_path: Path,
    format: ArchiveFormat,
) -> None:
    """An empty server gets everything, with the same UUIDs and numbers, and gives it back."""
    course = api.create_bundle(collection.uuid, "course", "Course", type="course")
    other = api.create_bundle(collection.uuid, "other")
    api.import_version(other.uuid, {"o": b"x"}, {"old": LinkTarget(borrower.uuid, 1)})
    links = {"other": LinkTarget(other.uuid, 1), "new": LinkTarget(borrower.uuid, 2)}
    api.import_version(course.uuid, {"c": b"x", "big": bytes(range(256)) * 4000}, links)
    first, second = tmp_path / "first", tmp_path / "second"
    api.export_bundle(course.uuid, to=first, with_dependencies=True, format=format)
    forget_everything()
    files = environment.file_system_storage(tmp_path / "other files")
    with override_settings(
        STORAGES={**settings.STORAGES, "openedx_blockstore": files},
        CACHES={"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}},
    ):
        there = api.create_collection("Another server")
        result = api.import_archive(first, collection_uuid=there.uuid)
        assert all(bundle.created for bundle in result.bundles)
        assert all(bundle.bundle_uuid == bundle.origin_uuid for bundle in result.bundles)
        api.export_bundle(
            result.roots[0].bundle_uuid, to=second, with_dependencies=True, format=format
        )
    before, after = unpack(first), unpack(second)
    assert list(before) == list(after)
    for path, data in before.items():
        if ".blockstore/" not in path:
            assert after[path] == data
    assert after[".blockstore/archive.json"] == before[".blockstore/archive.json"]


def test_a_failure_at_the_end_leaves_nothing(
    collection: CollectionData, refused: Refuse, settings: Any
) -> None:
    settings.OPENEDX_BLOCKSTORE = {"MAX_DEPENDENCIES": 1}
    third = "cccccccc-0000-4000-8000-000000000003"
    entries = {
        **contents([(UUID_A, 1), (UUID_B, 1), (third, 1)]),
        **tree({"a": b"a"}, folder=f"{UUID_A}/1/"),
        **tree({"b": b"b"}, folder=f"{UUID_B}/1/", uuid=UUID_B, links={"a": link(UUID_A, 1)}),
        **tree({"c": b"c"}, folder=f"{third}/1/", uuid=third, links={"b": link(UUID_B, 1)}),
    }
    refused(pack(entries), LimitExceeded, "MAX_DEPENDENCIES")


@pytest.mark.parametrize(
    ("changes", "kind", "mentioned"),
    [
        ({"title": "T" * 181}, LimitExceeded, "MAX_TITLE_LENGTH"),
        ({"slug": "s" * 181}, InvalidArchive, "slug"),
        ({"type": "t" * 61}, InvalidArchive, "type"),
        ({"author": "a" * 256}, InvalidArchive, "author"),
        ({"origin": "o" * 501}, InvalidArchive, "origin"),
    ],
)
def test_what_no_column_holds_is_refused(
    refused: Refuse, changes: dict[str, str], kind: type[Any], mentioned: str
) -> None:
    refused(pack(tree({"a": b"x"}, **changes)), kind, mentioned)


def test_more_files_than_the_type_allows_are_refused(
    collection: CollectionData, refused: Refuse
) -> None:
    files = {f"{number}.txt": b"x" for number in range(101)}
    message = refused(pack(tree(files)), LimitExceeded, "MAX_FILES", "101")
    assert UUID_A in message
    assert one(pack(tree(files, type="sequence")), collection).created


def test_an_empty_first_version_is_refused(refused: Refuse) -> None:
    refused(pack(tree({})), InvalidArchive, "neither files nor links")


def test_an_unknown_collection_is_not_found(db: None) -> None:
    with pytest.raises(CollectionNotFound):
        api.import_archive(pack({"a": b"x"}), collection_uuid="nothing")


def test_a_dry_run_writes_no_file(collection: CollectionData, file_storage: Any) -> None:
    folder = Path(file_storage.path(""))
    archive = pack(tree({"a": b"x" * 100_000}))
    api.import_archive(archive, collection_uuid=collection.uuid, dry_run=True)
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_content_that_is_here_already_is_not_written_again(
    collection: CollectionData, file_storage: Any, lender: BundleData
) -> None:
    folder = Path(file_storage.path(str(lender.uuid))) / "data"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    files = {"v.xml": b"two", "new.xml": b"new"}
    one(pack(tree(files, uuid=str(lender.uuid), version=3)), collection)
    after = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {path: time for path, time in after.items() if path in before} == before
    assert len(after) == len(before) + 1


def test_an_import_costs_few_statements_a_bundle(collection: CollectionData) -> None:
    def archive(count: int) -> io.BytesIO:
        uuids = [str(UUID(int=count * 1000 + number)) for number in range(count)]
        entries = contents([(uuid, 1) for uuid in uuids])
        for number, uuid in enumerate(uuids):
            links = {"before": link(uuids[number - 1], 1)} if number else {}
            files = {f"{path}.txt": uuid.encode() for path in range(20)}
            entries |= tree(files, folder=f"{uuid}/1/", uuid=uuid, links=links)
        return pack(entries)

    costs = []
    for count in (2, 22):
        with counting() as cost:
            api.import_archive(archive(count), collection_uuid=collection.uuid)
        costs.append(cost.statements)
        with counting() as cost:
            api.import_archive(archive(count), collection_uuid=collection.uuid)
        assert cost.statements <= 8
    assert (costs[1] - costs[0]) / 20 <= 8


@pytest.mark.parametrize("format", FORMATS)
def test_a_disk_that_is_full_is_an_error_and_leaves_no_bundle(
    collection: CollectionData, format: ArchiveFormat, tmp_path: Path, refused: Refuse
) -> None:
    path = tmp_path / "archive"
    small = {f"{number}.txt": b"x" for number in range(20)}
    path.write_bytes(pack(tree({**small, "zzz": bytes(range(256)) * 8000}), format).getvalue())
    before = count_rows()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, old[1]))
    try:
        with pytest.raises(StorageError, match="File too large"):
            api.import_archive(path, collection_uuid=collection.uuid)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert count_rows() == before
    assert api.import_archive(path, collection_uuid=collection.uuid).bundles[0].created


def test_archives_come_in_on_every_kind_of_storage(db: None, storage: Any) -> None:
    there = api.create_collection("There")
    shared = b"shared" * 50_000
    entries = {
        **contents([(UUID_A, 1), (UUID_B, 1)]),
        **tree({"x": shared}, folder=f"{UUID_A}/1/"),
        **tree({"y": shared}, folder=f"{UUID_B}/1/", uuid=UUID_B),
    }
    results = api.import_archive(pack(entries), collection_uuid=there.uuid).bundles
    for result, path in zip(results, "xy", strict=True):
        assert api.get_bundle_file_data(result.bundle_uuid, path) == shared
