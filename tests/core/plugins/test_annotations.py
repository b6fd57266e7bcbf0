"""What plugins know travels with exports and comes back with imports, beside the content."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, CollectionData, Dependency, LinkTarget
from openedx_blockstore.exceptions import BundleVersionNotFound, PluginFailed
from openedx_blockstore.models import Bundle, BundleVersion
from tests.core.plugins.conftest import EntryPoints
from tests.core.plugins.sources import ANNOTATIONS, ASKED, NOTES
from tests.counting import counting

pytestmark = pytest.mark.django_db

Use = Callable[[EntryPoints], None]
PART = ".blockstore/plugins/notes/"


@pytest.fixture(autouse=True)
def _no_notes() -> Iterator[None]:
    for known in (NOTES, ASKED):
        known.clear()
    yield
    for known in (NOTES, ASKED):
        known.clear()


@pytest.fixture
def notes(use_plugins: Use) -> None:
    """The plugin is on."""
    use_plugins({ANNOTATIONS: {"notes": "tests.core.plugins.sources:Notes"}})


def store(bundle: BundleData, *texts: str) -> None:
    """Make versions."""
    for text in texts:
        api.import_version(bundle.uuid, {"a.txt": text})


def export(bundle_uuid: UUID, **more: object) -> bytes:
    """Export the latest version."""
    target = io.BytesIO()
    api.export_bundle(bundle_uuid, to=target, **more)  # type: ignore[arg-type]
    return target.getvalue()


def names(archive: bytes) -> list[str]:
    """The entries of an archive."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


def packed(archive: bytes, changes: Mapping[str, bytes]) -> io.BytesIO:
    """The same archive with other entries in it, or more."""
    result = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as old, zipfile.ZipFile(result, "w") as new:
        entries = {
            each.name: (old.extractfile(each) or io.BytesIO()).read() for each in old.getmembers()
        }
        for name, contents in {**entries, **changes}.items():
            new.writestr(name, contents)
    result.seek(0)
    return result


# Reading ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("notes")
def test_what_is_known_is_returned_by_name(collection: CollectionData, bundle: BundleData) -> None:
    store(bundle, "1", "2")
    NOTES[bundle.uuid, 2] = "second"
    assert api.get_annotations(bundle.uuid) == {"notes": "second"}
    assert api.get_annotations(bundle.uuid, 1) == {}
    with pytest.raises(BundleVersionNotFound):
        api.get_annotations(bundle.uuid, 3)
    NOTES[collection.uuid, None] = "all of it"
    assert api.get_collection_annotations(collection.uuid) == {"notes": "all of it"}


@pytest.mark.usefixtures("notes")
def test_many_are_asked_for_at_once(bundle: BundleData, other_bundle: BundleData) -> None:
    store(bundle, *"123456")
    store(other_bundle, "1")
    NOTES[bundle.uuid, 3] = "third"
    wanted = [Dependency(bundle.uuid, number) for number in range(1, 7)]
    wanted.append(Dependency(other_bundle.uuid, 1))
    with counting() as cost:
        found = api.get_many_annotations(wanted)
    assert cost.statements == 1
    assert found == {version: {} for version in wanted} | {wanted[2]: {"notes": "third"}}
    # Once for each bundle.
    assert [list(each) for each in ASKED] == [[1, 2, 3, 4, 5, 6], [1]]


def test_without_plugins_nothing_is_known(collection: CollectionData, bundle: BundleData) -> None:
    store(bundle, "1")
    assert api.get_annotations(bundle.uuid) == {}
    assert api.get_collection_annotations(collection.uuid) == {}


def test_what_json_has_not_is_the_plugins_fault(bundle: BundleData, use_plugins: Use) -> None:
    use_plugins({ANNOTATIONS: {"notes": "tests.core.plugins.sources:BrokenNotes"}})
    store(bundle, "1")
    with pytest.raises(PluginFailed, match="TypeError"):
        api.get_annotations(bundle.uuid)


# Out and in ---------------------------------------------------------------------------------------


def test_the_content_is_the_same_with_and_without(bundle: BundleData, use_plugins: Use) -> None:
    store(bundle, "1")
    without = export(bundle.uuid)
    use_plugins({ANNOTATIONS: {"notes": "tests.core.plugins.sources:Notes"}})
    assert export(bundle.uuid) == without
    NOTES[bundle.uuid, 1] = "first"
    archive = export(bundle.uuid)
    assert archive == export(bundle.uuid)
    assert names(archive) == [*names(without), f"{PART}a.txt", f"{PART}b/note.txt"]


@pytest.mark.usefixtures("notes")
def test_what_is_known_comes_back(bundle: BundleData) -> None:
    store(bundle, "1")
    NOTES[bundle.uuid, 1] = "first"
    archive = export(bundle.uuid)
    elsewhere = api.create_collection("Elsewhere")
    tried = api.import_bundle(io.BytesIO(archive), collection_uuid=elsewhere.uuid, dry_run=True)
    assert len(NOTES) == 1
    done = api.import_bundle(io.BytesIO(archive), collection_uuid=elsewhere.uuid)
    assert NOTES[done.bundle_uuid, 1] == "first"
    assert done.bundle_uuid != bundle.uuid
    assert done.skipped == tried.skipped == ()
    assert export(done.bundle_uuid) != archive  # it says where it came from


@pytest.mark.usefixtures("notes")
def test_what_is_known_of_a_version_that_is_here_is_taken_over(
    collection: CollectionData, bundle: BundleData
) -> None:
    store(bundle, "1")
    NOTES[bundle.uuid, 1] = "new"
    archive = export(bundle.uuid)
    NOTES[bundle.uuid, 1] = "old"
    done = api.import_bundle(io.BytesIO(archive), collection_uuid=collection.uuid)
    assert not done.created
    assert NOTES == {(bundle.uuid, 1): "new"}


@pytest.mark.usefixtures("notes")
def test_a_collection_and_its_versions_come_back(
    collection: CollectionData, bundle: BundleData, other_bundle: BundleData
) -> None:
    store(other_bundle, "lender")
    links = {"lib": LinkTarget(other_bundle.uuid, 1)}
    api.import_version(bundle.uuid, {"a.txt": "borrower"}, links)
    NOTES.update(
        {(collection.uuid, None): "all", (bundle.uuid, 1): "one", (other_bundle.uuid, 1): "two"}
    )
    target = io.BytesIO()
    api.export_collection(collection.uuid, to=target)
    assert f"{PART}about.txt" in names(target.getvalue())
    elsewhere = api.create_collection("Elsewhere")
    done = api.import_archive(io.BytesIO(target.getvalue()), collection_uuid=elsewhere.uuid)
    assert NOTES[elsewhere.uuid, None] == "all"
    assert [finding.file for finding in done.findings] == [f"{PART}about.txt"]
    assert sorted(NOTES[each.bundle_uuid, 1] for each in done.bundles) == ["one", "two"]


@pytest.mark.usefixtures("notes")
def test_bundles_of_others_are_left_alone(
    collection: CollectionData, other_bundle: BundleData
) -> None:
    """A lender that is here already in another collection is only needed, not imported."""
    mine = api.create_collection("Mine")
    borrower = api.create_bundle(mine.uuid, "b", "Borrower")
    store(other_bundle, "lender")
    links = {"lib": LinkTarget(other_bundle.uuid, 1)}
    api.import_version(borrower.uuid, {"a.txt": "borrower"}, links)
    NOTES[other_bundle.uuid, 1] = "forged"
    archive = export(borrower.uuid, with_dependencies=True)
    NOTES[other_bundle.uuid, 1] = "true"
    done = api.import_archive(io.BytesIO(archive), collection_uuid=mine.uuid)
    assert NOTES[other_bundle.uuid, 1] == "true"
    lender = next(each for each in done.bundles if each.bundle_uuid == other_bundle.uuid)
    assert "in another collection" in lender.skipped[-1].reason


@pytest.mark.usefixtures("notes")
def test_garbage_is_told_and_no_error(bundle: BundleData) -> None:
    store(bundle, "1")
    NOTES[bundle.uuid, 1] = "first"
    archive = packed(export(bundle.uuid), {f"{PART}b/note.txt": b"\xff\xfe"})
    elsewhere = api.create_collection("Elsewhere")
    done = api.import_bundle(archive, collection_uuid=elsewhere.uuid)
    assert [(f.code, f.file) for f in done.findings] == [("no-note", f"{PART}b/note.txt")]
    assert done.created


@pytest.mark.usefixtures("notes")
def test_parts_of_plugins_that_are_not_here_are_skipped(bundle: BundleData) -> None:
    store(bundle, "1")
    other = ".blockstore/plugins/unknown/x.json"
    archive = packed(export(bundle.uuid), {other: b"{}", ".blockstore/plugins/loose": b""})
    done = api.import_bundle(archive, collection_uuid=api.create_collection("E").uuid)
    assert {entry.path for entry in done.skipped} == {other, ".blockstore/plugins/loose"}
    assert done.created


def test_parts_are_skipped_where_no_plugin_is_on(bundle: BundleData) -> None:
    store(bundle, "1")
    archive = packed(export(bundle.uuid), {f"{PART}b/note.txt": b"first"})
    done = api.import_bundle(archive, collection_uuid=api.create_collection("E").uuid)
    assert [entry.path for entry in done.skipped] == [f"{PART}b/note.txt"]
    assert NOTES == {}


def test_one_that_fails_to_take_it_stops_the_import(bundle: BundleData, use_plugins: Use) -> None:
    store(bundle, "1")
    archive = packed(export(bundle.uuid), {f"{PART}b/note.txt": b"first"})
    use_plugins({ANNOTATIONS: {"notes": "tests.core.plugins.sources:BrokenNotes"}})
    bundles, versions = Bundle.objects.count(), BundleVersion.objects.count()
    elsewhere = api.create_collection("Elsewhere")
    with pytest.raises(PluginFailed, match="no place to keep it"):
        api.import_bundle(archive, collection_uuid=elsewhere.uuid)
    assert (Bundle.objects.count(), BundleVersion.objects.count()) == (bundles, versions)


def test_one_that_gives_impossible_paths_stops_the_export(
    bundle: BundleData, use_plugins: Use
) -> None:
    store(bundle, "1")
    use_plugins({ANNOTATIONS: {"notes": "tests.core.plugins.sources:BrokenNotes"}})
    with pytest.raises(PluginFailed, match=r"\.\./\.\./evil"):
        export(bundle.uuid)
