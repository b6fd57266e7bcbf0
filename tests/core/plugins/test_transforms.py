"""Exports that plugins change say so, and never pass for what their authors made."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget
from openedx_blockstore.exceptions import Invalid, PluginFailed, PluginNotFound
from openedx_blockstore.models import BundleVersion
from tests.core.plugins.conftest import EntryPoints
from tests.core.plugins.sources import TRANSFORMS

pytestmark = pytest.mark.django_db

Use = Callable[[EntryPoints], None]
INFO = ".blockstore/info.json"


@pytest.fixture(autouse=True)
def _transforms(use_plugins: Use) -> None:
    names = ("Upper", "Signed", "Escaping")
    use_plugins(
        {TRANSFORMS: {name.lower(): f"tests.core.plugins.sources:{name}" for name in names}}
    )


def store(bundle: BundleData) -> None:
    """Make a version."""
    files = {"a.txt": "hello", "b.secret": "hidden", "c.bin": "as it is"}
    api.import_version(bundle.uuid, files, public=["a.txt"])


def export(bundle_uuid: UUID, *transforms: str, with_dependencies: bool = False) -> io.BytesIO:
    """Export the latest version."""
    target = io.BytesIO()
    api.export_bundle(
        bundle_uuid,
        to=target,
        format="zip",
        transforms=transforms,
        with_dependencies=with_dependencies,
    )
    target.seek(0)
    return target


def contents(archive: io.BytesIO) -> dict[str, bytes]:
    """The files of an archive."""
    with zipfile.ZipFile(archive) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_files_are_changed_and_left_out(bundle: BundleData) -> None:
    store(bundle)
    files = contents(export(bundle.uuid, "upper"))
    info = json.loads(files.pop(INFO))
    assert files == {"a.txt": b"HELLO", "c.bin": b"as it is"}
    assert set(info["files"]) == set(files)
    assert info["files"]["a.txt"]["public"]
    version = BundleVersion.objects.get(bundle__uuid=bundle.uuid)
    assert info["derived"] == {
        "by": ["upper"],
        "uuid": str(bundle.uuid),
        "version": 1,
        "manifest_digest": version.manifest_digest,
    }
    assert info["uuid"] != str(bundle.uuid)
    # What is stored stays.
    assert api.get_bundle_file_data(bundle.uuid, "a.txt") == b"hello"
    assert "derived" not in json.loads(contents(export(bundle.uuid))[INFO])


def test_one_gets_what_the_one_before_has_left(bundle: BundleData) -> None:
    store(bundle)
    files = contents(export(bundle.uuid, "upper", "signed"))
    info = json.loads(files.pop(INFO))
    assert files == {"a.txt": b"HELLO!", "c.bin": b"as it is!", "signature": b"a.txt,c.bin"}
    assert info["derived"]["by"] == ["upper", "signed"]


def test_the_same_export_is_the_same_bytes(bundle: BundleData) -> None:
    store(bundle)
    assert export(bundle.uuid, "upper").read() == export(bundle.uuid, "upper").read()


@pytest.mark.parametrize("where", ["same", "other"])
def test_it_is_never_imported_as_the_original(
    collection: CollectionData, bundle: BundleData, where: str
) -> None:
    store(bundle)
    target = api.create_collection("E").uuid if where == "other" else collection.uuid
    done = api.import_bundle(export(bundle.uuid, "upper"), collection_uuid=target)
    assert done.created
    assert done.bundle_uuid != bundle.uuid
    made = api.get_bundle(done.bundle_uuid)
    assert made.origin == f"derived:upper:{bundle.uuid}"
    assert api.get_bundle(bundle.uuid).latest_version == 1
    # Again it is the same bundle, and nothing new; changed in another way it is another one.
    again = api.import_bundle(export(bundle.uuid, "upper"), collection_uuid=target)
    assert (again.bundle_uuid, again.created) == (done.bundle_uuid, False)
    other = api.import_bundle(export(bundle.uuid, "signed"), collection_uuid=target)
    assert other.bundle_uuid not in {bundle.uuid, done.bundle_uuid}
    # And the original, imported afterwards, finds its own place.
    if where == "other":
        original = api.import_bundle(export(bundle.uuid), collection_uuid=target)
        assert original.bundle_uuid not in {done.bundle_uuid, other.bundle_uuid}


def test_links_within_the_archive_lead_to_what_is_derived(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    store(other_bundle)
    links = {"lib": LinkTarget(other_bundle.uuid, 1)}
    api.import_version(bundle.uuid, {"b.txt": "borrower"}, links)
    elsewhere = api.create_collection("Elsewhere")
    archive = export(bundle.uuid, "upper", with_dependencies=True)
    done = api.import_archive(archive, collection_uuid=elsewhere.uuid)
    borrower = next(each for each in done.bundles if each.bundle_uuid == done.roots[0].bundle_uuid)
    assert api.get_bundle_file_data(borrower.bundle_uuid, "links/lib/a.txt") == b"HELLO"
    alone = api.import_bundle(export(bundle.uuid, "signed"), collection_uuid=elsewhere.uuid)
    assert api.get_bundle_file_data(alone.bundle_uuid, "links/lib/a.txt") == b"hello"


def test_a_collection_can_be_derived(
    collection: CollectionData, bundle: BundleData, other_bundle: BundleData
) -> None:
    store(bundle)
    store(other_bundle)
    target = io.BytesIO()
    api.export_collection(collection.uuid, to=target, transforms=["upper"])
    elsewhere = api.create_collection("Elsewhere")
    done = api.import_archive(io.BytesIO(target.getvalue()), collection_uuid=elsewhere.uuid)
    assert len(done.bundles) == 2
    for each in done.bundles:
        assert api.get_bundle_file_data(each.bundle_uuid, "a.txt") == b"HELLO"


def test_wrong_names_are_refused(bundle: BundleData) -> None:
    store(bundle)
    with pytest.raises(PluginNotFound, match="escaping, signed, upper"):
        export(bundle.uuid, "lower")
    with pytest.raises(Invalid, match="twice"):
        export(bundle.uuid, "upper", "upper")
    with pytest.raises(Invalid, match="list"):
        api.export_bundle(bundle.uuid, to=io.BytesIO(), transforms="upper")


def test_one_that_leads_out_of_the_archive_fails(bundle: BundleData) -> None:
    store(bundle)
    with pytest.raises(PluginFailed, match=r"\.\./evil"):
        export(bundle.uuid, "escaping")
