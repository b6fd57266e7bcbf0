"""What an export holds, and where it goes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from openedx_blockstore import api
from openedx_blockstore.archives import ArchiveFormat
from openedx_blockstore.data import BundleData, CollectionData, Dependency, LinkTarget
from openedx_blockstore.exceptions import (
    BundleNotFound,
    BundleVersionNotFound,
    CollectionNotFound,
    Invalid,
    StorageError,
)
from tests.archives.building import FORMATS
from tests.archives.reading import unpack
from tests.counting import counting


@pytest.fixture
def bundle(collection: CollectionData) -> BundleData:
    """A bundle with two versions."""
    bundle = api.create_bundle(
        collection.uuid, "wand", "Wand", "About wands", type="sequence", origin="course:wand"
    )
    api.import_version(bundle.uuid, {"old.txt": b"old"}, change_description="First")
    api.import_version(
        bundle.uuid,
        {"b.txt": b"same", "a.txt": b"same", "static/logo.svg": b"<svg/>"},
        public={"static/logo.svg"},
        change_description="Second",
        change_kind="typo",
        author="ollivander",
    )
    return api.get_bundle(bundle.uuid)


@pytest.mark.parametrize("format", FORMATS)
def test_an_archive_of_one_bundle_is_its_tree(
    bundle: BundleData, tmp_path: Path, format: ArchiveFormat
) -> None:
    path = tmp_path / f"wand.{format}"
    result = api.export_bundle(bundle.uuid, to=path)
    entries = unpack(path)
    assert list(entries) == [".blockstore/info.json", "a.txt", "b.txt", "static/logo.svg"]
    assert entries["a.txt"] == entries["b.txt"] == b"same"
    assert result.bundle_versions == (Dependency(bundle.uuid, 2),)
    assert (result.files, result.bytes) == (3, 14)


def test_the_info_file_tells_everything(
    bundle: BundleData, collection: CollectionData, tmp_path: Path
) -> None:
    path = tmp_path / "wand.zip"
    api.export_bundle(bundle.uuid, to=path)
    info = json.loads(unpack(path)[".blockstore/info.json"])
    version = api.get_bundle_version(bundle.uuid, 2)
    assert version is not None
    files = info.pop("files")
    assert info == {
        "_meta": {"version": 1, "digest": "sha256"},
        "uuid": str(bundle.uuid),
        "version": 2,
        "title": "Wand",
        "slug": "wand",
        "description": "About wands",
        "type": "sequence",
        "origin": "course:wand",
        "collection": {"uuid": str(collection.uuid), "title": "Here", "description": ""},
        "manifest_digest": version.manifest_digest,
        "change_description": "Second",
        "change_kind": "typo",
        "author": "ollivander",
        "created_at": version.created_at.isoformat(),
        "links": {},
        "dependencies": [],
    }
    assert files["static/logo.svg"] == {
        "digest": version.files["static/logo.svg"].hash_digest,
        "size": 6,
        "public": True,
    }


def test_an_older_version_is_exported_by_its_number(bundle: BundleData, tmp_path: Path) -> None:
    api.export_bundle(bundle.uuid, 1, to=tmp_path / "wand.zip")
    assert list(unpack(tmp_path / "wand.zip")) == [".blockstore/info.json", "old.txt"]


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_version_is_always_the_same_bytes(
    bundle: BundleData, tmp_path: Path, format: ArchiveFormat
) -> None:
    api.export_bundle(bundle.uuid, 1, to=tmp_path / "one", format=format)
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
    api.write_draft_file(draft.uuid, "more.txt", "more")
    api.commit_draft(draft.uuid)
    api.export_bundle(str(bundle.uuid), 1, to=tmp_path / "two", format=format)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    ("name", "format", "start"),
    [
        ("a.zip", None, b"PK"),
        ("a.tgz", None, b"\x1f\x8b"),
        ("a", None, b"\x1f\x8b"),
        ("a.zip", "tar.gz", b"\x1f\x8b"),
    ],
)
def test_the_format_is_the_one_asked_for_or_the_suffixs(
    bundle: BundleData, tmp_path: Path, name: str, format: ArchiveFormat | None, start: bytes
) -> None:
    api.export_bundle(bundle.uuid, to=tmp_path / name, format=format)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_an_export_goes_into_any_binary_file(bundle: BundleData, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    told: list[int] = []
    api.export_bundle(bundle.uuid, to=buffer, format="zip", progress=told.append)
    api.export_bundle(bundle.uuid, to=str(tmp_path / "a.zip"))
    assert buffer.getvalue() == (tmp_path / "a.zip").read_bytes()
    assert sum(told) == 14


def test_an_export_replaces_what_was_there(bundle: BundleData, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"something older")
    api.export_bundle(bundle.uuid, to=path)
    assert "a.txt" in unpack(path)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["a.zip"]


def test_an_interrupted_export_leaves_what_was_there(bundle: BundleData, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"something older")

    def interrupt(_bytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.export_bundle(bundle.uuid, to=path, progress=interrupt)
    assert path.read_bytes() == b"something older"
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["a.zip"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_is_an_error(bundle: BundleData, format: ArchiveFormat) -> None:
    with pytest.raises(OSError, match="No space left"):
        api.export_bundle(bundle.uuid, to="/dev/full", format=format)
    with pytest.raises(OSError, match="No space left"), Path("/dev/full").open("wb", 0) as full:
        api.export_bundle(bundle.uuid, to=cast(BinaryIO, full), format=format)
    assert Path("/dev/full").is_char_device()


def test_a_damaged_blob_is_an_error_and_no_archive(
    bundle: BundleData, tmp_path: Path, file_storage: Any
) -> None:
    large = b"too large for the cache" * 10_000
    made = api.import_version(bundle.uuid, {"large.txt": large}).version
    digest = made.files["large.txt"].hash_digest
    blob = Path(file_storage.path(f"{bundle.uuid}/data/{digest}"))
    blob.write_bytes(large.replace(b"o", b"0"))
    with pytest.raises(StorageError, match=digest):
        api.export_bundle(bundle.uuid, to=tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_what_is_not_there_can_not_be_exported(
    collection: CollectionData, bundle: BundleData, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    empty = api.create_bundle(collection.uuid, "empty")
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(BundleNotFound):
        api.export_bundle(nobody, to=path)
    with pytest.raises(BundleVersionNotFound):
        api.export_bundle(bundle.uuid, 3, to=path)
    with pytest.raises(BundleVersionNotFound):
        api.export_bundle(empty.uuid, to=path)
    with pytest.raises(CollectionNotFound):
        api.export_collection(nobody, to=path)
    with pytest.raises(BundleNotFound):
        api.export_collection(collection.uuid, [nobody], to=path)
    with pytest.raises(Invalid, match=r"tar\.gz, zip"):
        api.export_bundle(bundle.uuid, to=path, format=cast(ArchiveFormat, "rar"))
    assert not path.exists()


# Many trees


@pytest.fixture
def diamond(collection: CollectionData, elsewhere: CollectionData) -> dict[str, BundleData]:
    """A course that uses two sequences, which use two versions of one video; all share a file."""

    def make(name: str, where: CollectionData, links: dict[str, LinkTarget]) -> BundleData:
        bundle = api.create_bundle(where.uuid, name, name.title())
        api.import_version(bundle.uuid, {f"{name}.xml": name, "licence.txt": b"CC" * 500}, links)
        return api.get_bundle(bundle.uuid)

    video = make("video", elsewhere, {})
    hint = make("hint", elsewhere, {})
    first = make("first", collection, {"video": LinkTarget(video.uuid, 1)})
    api.import_version(video.uuid, {"video.xml": b"better"})
    second = make(
        "second",
        collection,
        {"video": LinkTarget(video.uuid, 2), "hint": LinkTarget(hint.uuid, 1, weak=True)},
    )
    links = {"one": LinkTarget(first.uuid, 1), "two": LinkTarget(second.uuid, 1)}
    course = make("course", collection, links)
    return {"video": video, "first": first, "second": second, "course": course, "hint": hint}


def test_an_archive_with_dependencies_holds_lenders_first_and_each_content_once(
    diamond: dict[str, BundleData], tmp_path: Path
) -> None:
    path = tmp_path / "course.tar.gz"
    result = api.export_bundle(diamond["course"].uuid, to=path, with_dependencies=True)
    entries = unpack(path)
    assert next(iter(entries)) == ".blockstore/archive.json"
    contents = json.loads(entries[".blockstore/archive.json"])
    assert contents["kind"] == "bundle"
    assert contents["roots"] == [{"bundle_uuid": str(diamond["course"].uuid), "version": 1}]
    order = [(tree["bundle_uuid"], tree["version"]) for tree in contents["trees"]]
    place = {
        name: [order.index((str(bundle.uuid), version)) for version in (1, 2)[: len(versions)]]
        for name, bundle in diamond.items()
        if (versions := [key for key in order if key[0] == str(bundle.uuid)])
    }
    assert len(order) == 5
    assert "hint" not in place  # only a weak link leads there
    assert place["video"][0] < place["video"][1]
    assert place["video"][0] < place["first"][0] < place["course"][0]
    assert place["video"][1] < place["second"][0] < place["course"][0]
    assert [path for path in entries if path.endswith("licence.txt")] == [
        f"{diamond['video'].uuid}/1/licence.txt"
    ]
    assert [(str(d.bundle_uuid), d.version) for d in result.bundle_versions] == order


def test_a_collection_is_exported_with_what_it_depends_on(
    diamond: dict[str, BundleData], collection: CollectionData, tmp_path: Path
) -> None:
    api.create_bundle(collection.uuid, "without-version")
    api.export_collection(collection.uuid, to=tmp_path / "all.zip")
    contents = json.loads(unpack(tmp_path / "all.zip")[".blockstore/archive.json"])
    assert contents["collection"]["title"] == "Here"
    roots = {root["bundle_uuid"] for root in contents["roots"]}
    assert roots == {str(diamond[name].uuid) for name in ("first", "second", "course")}
    assert len(contents["trees"]) == 5


def test_a_part_of_a_collection_is_exported_by_its_bundles(
    diamond: dict[str, BundleData], collection: CollectionData, tmp_path: Path
) -> None:
    part = [str(diamond["first"].uuid)]
    api.export_collection(collection.uuid, part, to=tmp_path / "part.zip")
    contents = json.loads(unpack(tmp_path / "part.zip")[".blockstore/archive.json"])
    assert [tree["bundle_uuid"] for tree in contents["trees"]] == [
        str(diamond["video"].uuid),
        *part,
    ]
    with pytest.raises(BundleNotFound):  # it lies in another collection
        api.export_collection(collection.uuid, [diamond["video"].uuid], to=tmp_path / "no.zip")


def test_a_deleted_lender_still_goes_out_with_those_who_use_it(
    diamond: dict[str, BundleData], tmp_path: Path
) -> None:
    api.delete_bundle(diamond["video"].uuid)
    path = tmp_path / "course.zip"
    result = api.export_bundle(diamond["course"].uuid, to=path, with_dependencies=True)
    assert Dependency(diamond["video"].uuid, 1) in result.bundle_versions
    with pytest.raises(BundleNotFound):
        api.export_bundle(diamond["video"].uuid, to=path)


def test_an_export_costs_few_statements_however_many_bundles_it_holds(
    collection: CollectionData, tmp_path: Path
) -> None:
    def borrower(lenders: int) -> BundleData:
        links = {}
        for number in range(lenders):
            lender = api.create_bundle(collection.uuid, f"lender-{number}")
            api.import_version(lender.uuid, {"a.txt": f"{lenders} {number}", "b.txt": b"b"})
            links[f"lender-{number}"] = LinkTarget(lender.uuid, 1)
        bundle = api.create_bundle(collection.uuid, "borrower")
        api.import_version(bundle.uuid, {"c.txt": b"c"}, links)
        return bundle

    costs = []
    for lenders in (3, 60):
        bundle = borrower(lenders)
        with counting() as cost:
            api.export_bundle(bundle.uuid, to=tmp_path / "a.tar.gz", with_dependencies=True)
        costs.append(cost.statements)
    assert costs[0] == costs[1] <= 4
