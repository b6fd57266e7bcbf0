"""What operations cost, in statements and storage requests: the budgets of docs/concepts.

Cost follows the change, not the size of the bundle, nor how many versions it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget
from openedx_blockstore.exceptions import LinkCycle
from tests.core.helpers import forget_everything_cached, make_lender
from tests.counting import counted_storage, counting

pytestmark = pytest.mark.django_db

SIZES = [1, 20, 100]


@pytest.fixture(params=["files", "objects"], autouse=True)
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Blockstore stores in a folder of which the requests are counted, in both ways it can."""
    with counted_storage(request.param, str(tmp_path / "files")):
        yield request.param


def some_files(count: int) -> dict[str, str]:
    """Files with contents that differ."""
    return {f"units/file{number:03}.xml": f"contents {number}" for number in range(count)}


def draft_of(bundle: BundleData, name: str = "work") -> UUID:
    """A draft of the bundle."""
    return api.get_or_create_bundle_draft(bundle.uuid, name).uuid


@pytest.fixture(params=SIZES, ids=lambda count: f"{count}_files")
def count(request: pytest.FixtureRequest) -> int:
    """How many files the bundle has."""
    return int(request.param)


@pytest.fixture
def version(count: int, bundle: BundleData) -> int:
    """The bundle has a version with these files; its number."""
    return api.import_version(bundle.uuid, some_files(count)).version.version


def test_the_first_version_of_100_files(bundle: BundleData) -> None:
    draft = draft_of(bundle)
    with counting() as cost:
        api.write_draft_files(draft, some_files(100))
        api.commit_draft(draft)
    assert cost.statements <= 15
    assert cost.writes == 101
    assert cost.reads == 0
    assert cost.checks <= 100


def test_importing_100_files(bundle: BundleData) -> None:
    with counting() as cost:
        api.import_version(bundle.uuid, some_files(100))
    assert cost.statements <= 15
    assert cost.writes == 101
    assert cost.reads == 0


def test_importing_what_is_there_already_writes_nothing(
    bundle: BundleData, counted: str, version: int, count: int
) -> None:
    with counting() as cost:
        assert not api.import_version(bundle.uuid, some_files(count)).created
    assert cost.statements <= 2
    # A folder takes the bytes in while they are hashed, and drops them.
    assert cost.writes == (count if counted == "files" else 0)
    assert not [name for name in cost.written if "/uploads/" not in name]


def test_each_distinct_content_is_written_once(bundle: BundleData) -> None:
    files = {f"file{number}": f"contents {number % 7}" for number in range(100)}
    with counting() as cost:
        api.import_version(bundle.uuid, files)
    blobs = api.get_bundle_files_dict(bundle.uuid).values()
    assert len({file.hash_digest for file in blobs}) == 7
    assert len({name for name in cost.written if "/data/" in name}) == len(
        [name for name in cost.written if "/data/" in name]
    )


@pytest.mark.parametrize("length", [10, 100_000, 5_000_000])
def test_writing_one_file(bundle: BundleData, version: int, length: int) -> None:
    draft = draft_of(bundle)
    for contents in (b"a" * length, b"b" * length):
        with counting() as cost:
            api.write_draft_file(draft, "units/file000.xml", contents)
        assert cost.statements <= 4
        assert cost.writes == 1
        assert cost.checks <= 1
        assert cost.reads == 0


def test_writing_one_file_that_must_match(bundle: BundleData, version: int) -> None:
    draft = draft_of(bundle)
    for contents in ("one", "two", "three"):
        file = api.get_bundle_file_metadata(bundle.uuid, "units/file000.xml", use_draft="work")
        with counting() as cost:
            api.write_draft_file(draft, file.path, contents, if_match=file.hash_digest)
        assert cost.statements <= 4
        assert cost.writes == 1
        assert cost.checks <= 1


def test_writing_the_file_of_the_version_below_is_no_change(
    bundle: BundleData, version: int
) -> None:
    draft = draft_of(bundle)
    api.write_draft_file(draft, "units/file000.xml", "other")
    with counting() as cost:
        api.write_draft_file(draft, "units/file000.xml", "contents 0")
    assert cost.statements <= 4
    assert cost.checks == 0


def test_deleting_one_file(bundle: BundleData, version: int) -> None:
    draft = draft_of(bundle)
    with counting() as cost:
        api.write_draft_file(draft, "units/file000.xml", None)
    assert cost.statements <= 4
    assert cost.writes == cost.checks == cost.reads == 0


@pytest.mark.parametrize("changed", SIZES)
def test_committing_any_number_of_files(bundle: BundleData, changed: int) -> None:
    api.import_version(bundle.uuid, some_files(100))
    draft = draft_of(bundle)
    api.write_draft_files(draft, {path: path for path in some_files(changed)})
    with counting() as cost:
        api.commit_draft(draft)
    assert cost.statements <= 8
    assert cost.writes == 1
    assert cost.reads == cost.checks == 0


def test_committing_a_part(bundle: BundleData, version: int) -> None:
    draft = draft_of(bundle)
    api.write_draft_files(draft, {path: path for path in some_files(50)})
    with counting() as cost:
        api.commit_draft(draft, paths=list(some_files(25)))
    assert cost.statements <= 8
    assert cost.writes == 1
    assert cost.reads == cost.checks == 0


@pytest.mark.parametrize("links", [1, 20])
def test_committing_links(
    collection: CollectionData, bundle: BundleData, version: int, links: int
) -> None:
    draft = draft_of(bundle)
    for number in range(links):
        lender = make_lender(collection.uuid, make_lender(collection.uuid))
        with counting() as cost:
            api.set_draft_link(draft, f"link{number}", lender.bundle_uuid, 1)
        assert cost.statements <= 6
        assert cost.writes == cost.checks == cost.reads == 0
    api.write_draft_file(draft, "units/file000.xml", "new")
    with counting() as cost:
        api.commit_draft(draft)
    assert cost.statements <= 12
    assert cost.writes == 2
    assert cost.reads == cost.checks == 0


def test_committing_files_of_a_bundle_with_links(
    collection: CollectionData, bundle: BundleData
) -> None:
    lender = make_lender(collection.uuid)
    api.import_version(bundle.uuid, some_files(20), {"lender": lender})
    draft = draft_of(bundle)
    api.write_draft_file(draft, "new.txt", "new")
    with counting() as cost:
        api.commit_draft(draft)
    assert cost.statements <= 8
    assert cost.writes == 1
    assert cost.reads == cost.checks == 0


def test_replacing_and_removing_links(collection: CollectionData, bundle: BundleData) -> None:
    lenders = [make_lender(collection.uuid) for _ in range(4)]
    api.import_version(bundle.uuid, some_files(20), {f"link{n}": lenders[n] for n in range(3)})
    draft = draft_of(bundle)
    api.set_draft_link(draft, "link0", lenders[3].bundle_uuid, 1)
    api.set_draft_link(draft, "link1", None, None)
    with counting() as cost:
        api.commit_draft(draft)
    assert cost.statements <= 12
    assert cost.writes == 2
    assert cost.reads == cost.checks == 0


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_listing_the_files_of_a_version(bundle: BundleData, version: int, warm: bool) -> None:
    if not warm:
        forget_everything_cached()
    with counting() as cost:
        files = api.get_bundle_version_files(bundle.uuid, version)
    assert all(file.url for file in files)
    assert cost.statements <= 2
    assert cost.reads == (0 if warm else 1)
    assert cost.writes == cost.checks == 0


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_listing_the_files_of_a_draft(
    bundle: BundleData, version: int, count: int, warm: bool
) -> None:
    draft = draft_of(bundle)
    api.write_draft_files(draft, {f"new/{path}": "new" for path in some_files(count)})
    for read in (
        lambda: api.get_draft(draft).files,
        lambda: api.get_bundle_files_dict(bundle.uuid, use_draft="work"),
    ):
        if not warm:
            forget_everything_cached()
        with counting() as cost:
            files = read()
        assert len(files) == 2 * count
        assert all(file.url for file in files.values())
        assert cost.statements <= 2
        assert cost.reads == (0 if warm else 1)
        assert cost.writes == cost.checks == 0


@pytest.mark.parametrize("use_draft", [None, "work", "no such draft"])
def test_the_metadata_and_url_of_one_file(
    bundle: BundleData, version: int, use_draft: str | None
) -> None:
    draft = draft_of(bundle)
    api.write_draft_file(draft, "new.txt", "new")
    for path in ("units/file000.xml", *(["new.txt"] if use_draft == "work" else [])):
        with counting() as cost:
            assert api.get_bundle_file_metadata(bundle.uuid, path, use_draft=use_draft).url
        assert cost.statements <= 2
        assert cost.writes == cost.checks == cost.reads == 0


def test_a_small_text_is_read_once(bundle: BundleData, version: int) -> None:
    forget_everything_cached()
    for reads in (2, 0, 0):  # the manifest and the blob
        with counting() as cost:
            api.get_bundle_file_data(bundle.uuid, "units/file000.xml")
        assert cost.statements <= 2
        assert cost.reads == reads


def test_a_manifest_is_shared_by_processes(bundle: BundleData, version: int) -> None:
    from openedx_blockstore.api._store import get_store  # noqa: PLC0415 - as a restart does

    get_store.cache_clear()
    with counting() as cost:
        api.get_bundle_version_files(bundle.uuid, version)
    assert cost.reads == 0


def test_reverting(bundle: BundleData, version: int, count: int) -> None:
    api.import_version(bundle.uuid, dict.fromkeys(some_files(count), "other"))
    with counting() as cost:
        api.revert_bundle(bundle.uuid, 1)
    assert cost.statements <= 8
    assert cost.writes == 1
    assert cost.reads == cost.checks == 0


def test_checking_for_a_cycle(collection: CollectionData, bundle: BundleData) -> None:
    api.import_version(bundle.uuid, some_files(20))
    middle = make_lender(collection.uuid, LinkTarget(bundle.uuid, 1))
    draft = draft_of(bundle)
    forget_everything_cached()
    with counting() as cost, pytest.raises(LinkCycle):
        api.set_draft_link(draft, "back", middle.bundle_uuid, 1)
    assert cost.statements <= 4
