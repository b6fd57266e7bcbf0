"""The commands that export and import bundles."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget
from tests.archives.building import pack
from tests.archives.reading import unpack


def run(*arguments: object) -> str:
    """Run a command and return what it prints."""
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def borrower(collection: CollectionData) -> BundleData:
    """A bundle that depends on another one."""
    lender = api.create_bundle(collection.uuid, "lender", "Lender")
    api.import_version(lender.uuid, {"a.txt": b"a"})
    bundle = api.create_bundle(collection.uuid, "borrower", "Borrower")
    api.import_version(bundle.uuid, {"b.txt": b"b"}, {"l": LinkTarget(lender.uuid, 1)})
    return bundle


def test_a_bundle_goes_out_and_comes_in_again(
    borrower: BundleData, collection: CollectionData, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    said = run("export_bundle", borrower.uuid, path)
    assert f"1 bundle version with 1 files (1 bytes) written to {path}" in said
    said = run("import_bundle", path, "--collection", collection.uuid)
    assert f"{borrower.uuid} Borrower: here already as version 1" in said
    assert "1 bundle versions in the archive: 0 new, 1 here already" in said


def test_a_bundle_goes_with_its_dependencies_into_a_new_collection(
    borrower: BundleData, tmp_path: Path
) -> None:
    path = tmp_path / "archive"
    said = run("export_bundle", borrower.uuid, path, "--with-dependencies", "--format", "zip")
    assert "2 bundle versions with 2 files" in said
    assert len(unpack(path)) == 5
    said = run("import_bundle", path, "--new-collection", "A new home")
    new = next(c for c in api.get_collections() if c.title == "A new home")
    assert f"New collection {new.uuid}: A new home" in said
    assert f"came as {borrower.uuid}, which another collection has" in said
    assert "2 bundle versions in the archive: 2 new" in said
    assert len(api.get_bundles(collection_uuid=new.uuid)) == 2


def test_programs_get_json(
    borrower: BundleData, collection: CollectionData, tmp_path: Path
) -> None:
    path = tmp_path / "a.tar.gz"
    exported = json.loads(run("export_bundle", borrower.uuid, path, "--version-num", 1, "--json"))
    assert (exported["files"], exported["bytes"]) == (1, 1)
    said = run("import_bundle", path, "--collection", collection.uuid, "--dry-run", "--json")
    imported = json.loads(said)
    assert imported["dry_run"] is True
    assert imported["bundles"][0]["bundle_uuid"] == str(borrower.uuid)


def test_a_dry_run_makes_neither_bundle_nor_collection(db: None, tmp_path: Path) -> None:
    path = tmp_path / "Wands.zip"
    path.write_bytes(pack({"a.txt": b"x", "__MACOSX/._a.txt": b"junk"}, "zip").getvalue())
    said = run("import_bundle", path, "--new-collection", "C", "--dry-run")
    assert "Wands: new version 1" in said
    assert "Left out: __MACOSX/._a.txt" in said
    assert "dry run" in said
    assert api.get_collections() == []
    assert api.get_bundles() == []


def test_what_can_not_be_done_is_said_with_the_mend(
    borrower: BundleData, collection: CollectionData, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(CommandError, match="There is no bundle"):
        run("export_bundle", nobody, path)
    with pytest.raises(CommandError, match="has no version 9"):
        run("export_bundle", borrower.uuid, path, "--version-num", 9)
    with pytest.raises(CommandError, match="can not be written: No such file"):
        run("export_bundle", borrower.uuid, tmp_path / "no folder" / "a.zip")
    with pytest.raises(CommandError, match="can not be read: No such file"):
        run("import_bundle", path, "--collection", collection.uuid)
    path.write_bytes(b"no archive")
    with pytest.raises(CommandError, match=r"neither a \.tar\.gz nor a \.zip"):
        run("import_bundle", path, "--new-collection", "C")
    assert [c.uuid for c in api.get_collections()] == [collection.uuid]
    with pytest.raises(CommandError, match="Make one with --new-collection TITLE"):
        run("import_bundle", path, "--collection", nobody)
    with pytest.raises(CommandError, match="required"):
        run("import_bundle", path)
