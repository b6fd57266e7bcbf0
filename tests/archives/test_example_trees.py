"""The example trees of the design document go in and come out again, file by file the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openedx_blockstore import api
from openedx_blockstore.archives import ArchiveFormat
from openedx_blockstore.data import BundleImportData, CollectionData, ImportedVersion
from tests.archives.building import FORMATS
from tests.archives.reading import unpack
from tests.example_trees import EXAMPLES, store_examples

INFO = ".blockstore/info.json"


@pytest.fixture
def stored(collection: CollectionData) -> dict[str, ImportedVersion]:
    """All examples, stored in a collection."""
    return store_examples(collection)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("format", FORMATS)
def test_a_tree_is_exported_as_it_was_stored(
    stored: dict[str, ImportedVersion], tmp_path: Path, name: str, format: ArchiveFormat
) -> None:
    path = tmp_path / name
    api.export_bundle(stored[name].version.bundle_uuid, to=path, format=format)
    entries = unpack(path)
    info = json.loads(entries.pop(INFO))
    assert entries == EXAMPLES[name].files
    assert info["type"] == EXAMPLES[name].type
    assert info["title"] == EXAMPLES[name].title
    assert {alias: link["bundle_uuid"] for alias, link in info["links"].items()} == {
        alias: str(stored[lender].version.bundle_uuid)
        for alias, lender in EXAMPLES[name].links.items()
    }


def test_a_linked_file_is_read_through_the_link(stored: dict[str, ImportedVersion]) -> None:
    course = stored["course_run"].version.bundle_uuid
    for path in (
        "links/magic_source/sequence.xml",
        "links/magic_source/links/wand_safety/video.xml",
        "links/magic_ethics_exam/exam.xml",
    ):
        assert api.get_bundle_file_data(course, path).startswith(b"<")


@pytest.mark.parametrize("format", FORMATS)
def test_a_collection_comes_in_elsewhere_file_by_file_the_same(
    stored: dict[str, ImportedVersion],
    collection: CollectionData,
    elsewhere: CollectionData,
    tmp_path: Path,
    format: ArchiveFormat,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    api.export_collection(collection.uuid, to=first, format=format)
    result = api.import_archive(first, collection_uuid=elsewhere.uuid)
    assert all(bundle.created for bundle in result.bundles)
    by_origin = {bundle.origin_uuid: bundle for bundle in result.bundles}
    copies = {name: by_origin[made.version.bundle_uuid] for name, made in stored.items()}
    for name, copy in copies.items():
        assert_equal_to_example(copy, name)
        for alias, lender in EXAMPLES[name].links.items():
            version = api.get_bundle_version(copy.bundle_uuid, 1)
            assert version is not None
            assert version.links[alias].direct.bundle_uuid == copies[lender].bundle_uuid
    api.export_collection(elsewhere.uuid, to=second, format=format)
    again = api.import_archive(second, collection_uuid=elsewhere.uuid)
    assert not any(bundle.created for bundle in again.bundles)


def assert_equal_to_example(copy: BundleImportData, name: str) -> None:
    """Compare every file of a bundle with those of an example."""
    files = api.get_bundle_files_dict(copy.bundle_uuid)
    assert files.keys() == EXAMPLES[name].files.keys()
    for path, contents in EXAMPLES[name].files.items():
        assert api.get_bundle_file_data(copy.bundle_uuid, path) == contents


@pytest.mark.parametrize("name", ["translated", "invented"])
def test_what_is_in_files_is_the_business_of_others(
    collection: CollectionData, elsewhere: CollectionData, tmp_path: Path, name: str
) -> None:
    """Languages and formats that the core never heard of go through all that it does."""
    example = EXAMPLES[name]
    bundle = api.create_bundle(collection.uuid, name, example.title, type=example.type)
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
    api.write_draft_files(draft.uuid, dict(example.files))
    version = api.commit_draft(draft.uuid)
    borrower = api.create_bundle(collection.uuid, "borrower")
    draft = api.get_or_create_bundle_draft(borrower.uuid, "work")
    api.set_draft_link(draft.uuid, "it", bundle.uuid, version.version)
    api.commit_draft(draft.uuid)
    for path, contents in example.files.items():
        assert api.get_bundle_file_data(borrower.uuid, f"links/it/{path}") == contents
    archive = tmp_path / "archive.zip"
    api.export_bundle(borrower.uuid, to=archive, with_dependencies=True)
    entries = unpack(archive)
    folder = f"{bundle.uuid}/1/"
    assert {
        name.removeprefix(folder): contents
        for name, contents in entries.items()
        if name.startswith(folder) and not name.endswith(INFO)
    } == example.files
    copy = api.import_archive(archive, collection_uuid=elsewhere.uuid).bundles[0]
    assert_equal_to_example(copy, name)
