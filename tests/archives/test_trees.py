"""What an archive holds, held against what it says; and archives that people packed by hand."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from openedx_blockstore import api
from openedx_blockstore.archives import ArchiveFormat
from openedx_blockstore.data import BundleImportData, BundleVersionData, CollectionData
from openedx_blockstore.exceptions import InvalidArchive
from tests.archives.building import (
    FORMATS,
    META,
    UUID_A,
    UUID_B,
    contents,
    info,
    link,
    member,
    pack,
    tar_of,
    tree,
)
from tests.archives.conftest import Refuse

FILES = {"problem.xml": b"<problem/>", "static/a.png": b"\x89PNG"}


def imported(archive: io.BytesIO, collection: CollectionData) -> BundleImportData:
    """Import an archive of one bundle."""
    return api.import_bundle(archive, collection_uuid=collection.uuid)


def version_of(result: BundleImportData) -> BundleVersionData:
    """Return the version that an import made or found."""
    version = api.get_bundle_version(result.bundle_uuid, result.version)
    assert version is not None
    return version


def files_of(result: BundleImportData) -> dict[str, bytes]:
    """Return the files of the version that an import made or found."""
    found = {}
    for path in version_of(result).files:
        with api.open_bundle_file(result.bundle_uuid, path, version_number=result.version) as file:
            found[path] = file.read()
    return found


# Trees with an info file


def test_a_file_that_is_not_what_the_info_tells_is_refused_with_the_mend(refused: Refuse) -> None:
    entries = tree(FILES)
    entries["problem.xml"] = b"<problem>edited</problem>"
    message = refused(pack(entries), InvalidArchive, "'problem.xml'", "do not have the digest")
    assert 'remove "files" from info.json' in message


def test_a_wrong_size_is_refused(refused: Refuse) -> None:
    document = info(FILES)
    document["files"]["problem.xml"]["size"] = 5
    entries = {".blockstore/info.json": json.dumps(document).encode(), **FILES}
    refused(pack(entries), InvalidArchive, "'problem.xml'", "has 10 bytes, and not 5")


def test_a_file_that_the_info_does_not_list_is_refused_with_the_mend(refused: Refuse) -> None:
    entries = {**tree(FILES), "new.txt": b"new"}
    message = refused(pack(entries), InvalidArchive, "'new.txt'", "does not list it")
    assert 'remove "files" from info.json' in message


def test_a_file_that_is_missing_is_refused(refused: Refuse) -> None:
    entries = tree(FILES)
    del entries["problem.xml"]
    refused(pack(entries), InvalidArchive, "'problem.xml'", "lists it, but it is not in")


def test_an_edited_tree_is_imported_once_files_is_removed(collection: CollectionData) -> None:
    first = imported(pack(tree(FILES)), collection)
    edited = {**FILES, "problem.xml": b"<problem>edited</problem>", "new.txt": b"new"}
    entries = {**tree({}, files=None), **edited}
    result = imported(pack(entries), collection)
    assert (result.bundle_uuid, result.version, result.created) == (first.bundle_uuid, 2, True)
    assert files_of(result) == edited
    # It is not that version any more, so nobody's links may lead to it as such.
    assert version_of(first).origin_version == 1
    assert version_of(result).origin_version is None


def test_an_edit_of_some_files_may_keep_what_is_told_of_the_others(
    collection: CollectionData,
) -> None:
    document = info(FILES)
    document["files"]["static/a.png"]["public"] = True
    document["files"]["problem.xml"] = {}
    document["files"]["new.txt"] = {"public": True}
    edited = {**FILES, "problem.xml": b"<problem>edited</problem>", "new.txt": b"new"}
    entries = {".blockstore/info.json": json.dumps(document).encode(), **edited}
    result = imported(pack(entries), collection)
    assert files_of(result) == edited
    public = {path for path, file in version_of(result).files.items() if file.public}
    assert public == {"static/a.png", "new.txt"}


def test_the_order_of_entries_does_not_matter(collection: CollectionData) -> None:
    entries = list(tree(FILES).items())
    assert files_of(imported(pack(reversed(entries)), collection)) == FILES


@pytest.mark.parametrize("format", FORMATS)
def test_a_tree_may_stand_in_a_folder_of_its_own(
    collection: CollectionData, format: ArchiveFormat
) -> None:
    result = imported(pack(tree(FILES, folder="my bundle/"), format), collection)
    assert str(result.bundle_uuid) == UUID_A
    assert files_of(result) == FILES


def test_what_the_operating_system_leaves_in_archives_is_skipped(
    collection: CollectionData,
) -> None:
    junk = ["__MACOSX/x/._a", "x/.DS_Store", "x/static/Thumbs.db", "x/._problem.xml"]
    entries = {**tree(FILES, folder="x/"), **dict.fromkeys(junk, b"junk")}
    result = imported(pack(entries), collection)
    assert files_of(result) == FILES
    assert {entry.path for entry in result.skipped} == set(junk)


def test_a_file_that_only_looks_like_junk_is_kept_where_the_info_lists_it(
    collection: CollectionData,
) -> None:
    files = {**FILES, ".DS_Store": b"studied in a lesson", "static/._x": b"this too"}
    assert files_of(imported(pack(tree(files)), collection)) == files


def test_a_stored_file_may_be_called_like_an_info_file(collection: CollectionData) -> None:
    files = {**FILES, "sample/.blockstore/info.json": b"an example in a lesson"}
    assert files_of(imported(pack(tree(files)), collection)) == files


def test_the_parts_of_unknown_plugins_are_skipped_and_told(collection: CollectionData) -> None:
    entries = {**tree(FILES), ".blockstore/plugins/tagging/tags.json": b"{}"}
    result = imported(pack(entries), collection)
    assert [entry.path for entry in result.skipped] == [".blockstore/plugins/tagging/tags.json"]
    assert "'tagging'" in result.skipped[0].reason


def test_the_symbolic_links_of_an_unpacked_tree_are_skipped(collection: CollectionData) -> None:
    lender = imported(pack(tree({"a": b"x"}, uuid=UUID_B)), collection)
    entries = tree(FILES, links={"wand": link(UUID_B, 1)})
    archive = tar_of(
        *((member(path), data) for path, data in entries.items()),
        (member("links/wand", tarfile.SYMTYPE, linkname="../../lender"), b""),
    )
    result = imported(archive, collection)
    assert [entry.path for entry in result.skipped] == ["links/wand"]
    direct = version_of(result).links["wand"].direct
    assert (direct.bundle_uuid, direct.version) == (lender.bundle_uuid, 1)


@pytest.mark.parametrize("path", ["links/other", "links/wand/x", "wand", "static/links/wand"])
def test_other_symbolic_links_are_refused(refused: Refuse, path: str) -> None:
    entries = tree(FILES, links={"wand": link(UUID_B, 1, weak=True)})
    archive = tar_of(
        *((member(name), data) for name, data in entries.items()),
        (member(path, tarfile.SYMTYPE, linkname="/etc"), b""),
    )
    refused(archive, InvalidArchive, repr(path), "symbolic link")


def test_what_was_packed_through_a_symbolic_link_is_skipped(collection: CollectionData) -> None:
    """Programs that follow links pack the lender's files below the link."""
    imported(pack(tree({"a": b"x"}, uuid=UUID_B)), collection)
    entries = {**tree(FILES, links={"wand": link(UUID_B, 1)}), "links/wand/a": b"x"}
    result = imported(pack(entries), collection)
    assert files_of(result) == FILES
    assert [entry.path for entry in result.skipped] == ["links/wand/a"]


# Archives of many trees


def test_a_tree_in_the_folder_of_another_one_is_refused(refused: Refuse) -> None:
    entries = {
        **contents([(UUID_A, 1)]),
        **tree(FILES, folder=f"{UUID_A}/1/", uuid=UUID_B),
    }
    refused(pack(entries), InvalidArchive, f"{UUID_B}@1", f"the folder of {UUID_A}@1")


def test_a_tree_without_info_is_refused(refused: Refuse) -> None:
    entries = {**contents([(UUID_A, 1)]), f"{UUID_A}/1/a.txt": b"x"}
    refused(pack(entries), InvalidArchive, f"{UUID_A}/1/.blockstore/info.json", "missing")


def test_what_belongs_to_no_tree_is_refused(refused: Refuse) -> None:
    entries = {
        **contents([(UUID_A, 1)]),
        **tree(FILES, folder=f"{UUID_A}/1/"),
        **tree({"x": b"x"}, folder=f"{UUID_B}/1/", uuid=UUID_B),
    }
    refused(pack(entries), InvalidArchive, "belongs to none of the bundle versions", UUID_B)


def test_an_archive_of_one_and_of_many_at_once_is_refused(refused: Refuse) -> None:
    entries = {
        **contents([(UUID_A, 1)]),
        **tree(FILES, folder=f"{UUID_A}/1/"),
        **tree({}),
    }
    refused(pack(entries), InvalidArchive, "unclear whether it holds one bundle or many")


def test_trees_that_depend_on_each_other_in_a_cycle_are_refused(refused: Refuse) -> None:
    entries = {
        **contents([(UUID_A, 1), (UUID_B, 1)]),
        **tree({"a": b"a"}, folder=f"{UUID_A}/1/", links={"b": link(UUID_B, 1)}),
        **tree({"b": b"b"}, folder=f"{UUID_B}/1/", uuid=UUID_B, links={"a": link(UUID_A, 1)}),
    }
    message = refused(pack(entries), InvalidArchive, "in a cycle")
    assert f"{UUID_A}@1 → {UUID_B}@1" in message or f"{UUID_B}@1 → {UUID_A}@1" in message


def test_a_tree_that_links_to_itself_is_refused(refused: Refuse) -> None:
    refused(
        pack(
            {
                **contents([(UUID_A, 1)]),
                **tree(FILES, folder=f"{UUID_A}/1/", links={"me": link(UUID_A, 1)}),
            }
        ),
        InvalidArchive,
        "in a cycle",
    )


def test_two_bundles_in_folders_are_not_taken_for_one(refused: Refuse) -> None:
    entries = {**tree(FILES, folder="one/"), **tree(FILES, folder="two/", uuid=UUID_B)}
    refused(pack(entries), InvalidArchive, "one, two", "by itself")


def test_an_archive_of_many_is_no_single_bundle(collection: CollectionData) -> None:
    entries = {
        **contents([(UUID_A, 1), (UUID_B, 1)]),
        **tree(FILES, folder=f"{UUID_A}/1/"),
        **tree(FILES, folder=f"{UUID_B}/1/", uuid=UUID_B),
    }
    with pytest.raises(InvalidArchive, match="2 bundle versions"):
        imported(pack(entries), collection)


def test_content_that_occurs_once_serves_every_tree(collection: CollectionData) -> None:
    shared = b"shared" * 1000
    second = tree({"y": shared, "z": shared}, folder=f"{UUID_B}/1/", uuid=UUID_B)
    entries = {
        **contents([(UUID_A, 1), (UUID_B, 1)]),
        **tree({"x": shared}, folder=f"{UUID_A}/1/"),
        f"{UUID_B}/1/.blockstore/info.json": second[f"{UUID_B}/1/.blockstore/info.json"],
    }
    results = api.import_archive(pack(entries), collection_uuid=collection.uuid).bundles
    assert files_of(results[0]) == {"x": shared}
    assert files_of(results[1]) == {"y": shared, "z": shared}


# Archives without metadata


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("folder", ["", "Top folder/"])
def test_a_folder_packed_by_hand_becomes_a_new_bundle(
    collection: CollectionData, tmp_path: Any, format: ArchiveFormat, folder: str
) -> None:
    path = tmp_path / f"Wands & Spells.{format}"
    path.write_bytes(pack({folder + name: data for name, data in FILES.items()}, format).getvalue())
    result = api.import_bundle(path, collection_uuid=collection.uuid)
    assert files_of(result) == FILES
    assert (result.origin_uuid, result.origin_version, result.created) == (None, None, True)
    bundle = api.get_bundle(result.bundle_uuid)
    assert (bundle.title, bundle.slug) == ("Wands & Spells", "wands-spells")
    assert bundle.origin is None


def test_an_archive_without_a_name_is_called_by_its_folder(collection: CollectionData) -> None:
    result = imported(pack({"Wands/a.txt": b"x"}), collection)
    assert result.title == "Wands"
    assert imported(pack({"a.txt": b"x"}), collection).title == "Imported bundle"


def test_the_static_folder_is_content_even_if_there_is_nothing_else(
    collection: CollectionData,
) -> None:
    assert files_of(imported(pack({"static/a": b"x"}), collection)) == {"static/a": b"x"}


def test_a_hand_made_info_file_gives_a_folder_its_identity(collection: CollectionData) -> None:
    document = {"_meta": META, "uuid": UUID_A, "version": 1, "title": "By hand"}
    entries = {".blockstore/info.json": json.dumps(document).encode(), **FILES}
    result = imported(pack(entries), collection)
    assert (str(result.bundle_uuid), result.title) == (UUID_A, "By hand")
    again = imported(pack(entries), collection)
    assert (again.bundle_uuid, again.version, again.created) == (result.bundle_uuid, 1, False)
