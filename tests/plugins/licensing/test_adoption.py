"""What the OLX says of licences is taken over, and bundles and collections that are new or move."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from attrs import frozen
from django.core.management import CommandError, call_command
from pytest_django import Settings

from openedx_blockstore import api as blockstore
from openedx_blockstore.api._events import event_data
from openedx_blockstore.courses import import_course
from openedx_blockstore.data import BundleData, CollectionData
from openedx_blockstore.models import Event
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.consumers import LicensingConsumer
from openedx_blockstore_licensing.models import BundleLicense
from tests.core.helpers import make_version
from tests.plugins.licensing.conftest import MakeBundle
from tests.plugins.licensing.telling import told

SAMPLE = Path(__file__).resolve().parents[3] / "sample_course"


def consume() -> None:
    """Let the plugin read all of the log, from the start."""
    LicensingConsumer().handle([event_data(row) for row in Event.objects.order_by("pk")])


def license_of(bundle_uuid: UUID, version: int | None = None) -> str:
    """Return the licence of a version as a whole."""
    return api.get_version_license(bundle_uuid, version).expression


def edit(path: Path, old: str, new: str) -> None:
    """Change a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """The sample course, to be edited."""
    root = tmp_path / "course"
    shutil.copytree(SAMPLE, root)
    return root


@frozen
class Imported:
    """Where an imported course is."""

    collection_uuid: UUID
    course_bundle_uuid: UUID


def imported(export: Path, collection_uuid: UUID | None = None) -> Imported:
    """Import a course."""
    report = import_course(export, collection_uuid=collection_uuid)
    assert report.collection_uuid is not None
    assert report.course_bundle_uuid is not None
    return Imported(report.collection_uuid, report.course_bundle_uuid)


def course_file(export: Path) -> Path:
    """Return the file with the attributes of the course."""
    (found,) = (export / "course").glob("*.xml")
    return found


# A file ------------------------------------------------------------------------------------------


def test_the_licence_of_a_block_is_that_of_its_file(bundle: BundleData) -> None:
    make_version(
        bundle.uuid,
        {
            "video.xml": '<video license="creative-commons: ver=4.0 BY SA"/>',
            "other.xml": '<video license="nonsense"/>',
            "broken.xml": "<video license=",
        },
    )
    consume()
    assert api.get_version_license(bundle.uuid).paths == {"video.xml": "CC-BY-SA-4.0"}
    assert api.get_version_license(bundle.uuid, 1).paths == {}


def test_it_follows_the_file(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"video.xml": '<video license="all-rights-reserved"/>'})
    make_version(bundle.uuid, {"video.xml": '<video license="creative-commons: BY"/>'})
    make_version(bundle.uuid, {"a.xml": "<other/>"})
    make_version(bundle.uuid, {"video.xml": "<video/>"})
    make_version(bundle.uuid, {"video.xml": '<video license="creative-commons: BY"/>'})
    make_version(bundle.uuid, {"video.xml": None})
    for _twice in range(2):
        consume()
        found = [api.get_version_license(bundle.uuid, number).paths for number in range(1, 8)]
        assert found == [
            {},
            {"video.xml": api.ALL_RIGHTS_RESERVED},
            {"video.xml": "CC-BY-4.0"},
            {"video.xml": "CC-BY-4.0"},
            {},
            {"video.xml": "CC-BY-4.0"},
            {},
        ]


def test_what_an_author_said_of_the_file_counts_more(bundle: BundleData) -> None:
    api.set_bundle_license(bundle.uuid, "MIT", first_version=1, path="video.xml")
    make_version(bundle.uuid, {"video.xml": '<video license="all-rights-reserved"/>'})
    consume()
    assert api.get_version_license(bundle.uuid).paths == {"video.xml": "MIT"}
    api.set_bundle_license(bundle.uuid, None, first_version=1, path="video.xml")
    assert api.get_version_license(bundle.uuid).paths == {"video.xml": api.ALL_RIGHTS_RESERVED}


def test_it_is_told_of_once(bundle: BundleData) -> None:
    make_version(bundle.uuid, {"video.xml": '<video license="all-rights-reserved"/>'})
    with told() as events:
        consume()
        consume()
    assert [event.uuid for event in events] == [bundle.uuid]


# A course ----------------------------------------------------------------------------------------


def bundles_of(collection_uuid: UUID) -> Iterable[BundleData]:
    """Return all bundles of a collection."""
    return blockstore.get_bundles(collection_uuid=collection_uuid)


def test_an_imported_course_is_under_the_licence_that_it_states(
    db: None, file_storage: object, export: Path
) -> None:
    edit(course_file(export), "<course ", '<course license="creative-commons: ver=4.0 BY NC" ')
    report = imported(export)
    assert license_of(report.course_bundle_uuid) == ""
    consume()
    for bundle in bundles_of(report.collection_uuid):
        assert license_of(bundle.uuid) == "CC-BY-NC-4.0"
    assert api.get_version_license(report.course_bundle_uuid).source == "olx"
    with told() as events:
        consume()
    assert events == []


def test_what_was_said_of_the_collection_counts_more(
    db: None, file_storage: object, export: Path
) -> None:
    edit(course_file(export), "<course ", '<course license="creative-commons: ver=4.0 BY NC" ')
    collection = blockstore.create_collection("Said")
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    report = imported(export, collection_uuid=collection.uuid)
    consume()
    assert license_of(report.course_bundle_uuid) == "CC-BY-4.0"
    api.set_collection_license(collection.uuid, None, since=api.ALWAYS)
    api.set_collection_license(collection.uuid, None)


def test_a_course_that_states_another_one_later(
    db: None, file_storage: object, export: Path
) -> None:
    first = '<course license="creative-commons: ver=4.0 BY" '
    edit(course_file(export), "<course ", first)
    report = imported(export)
    consume()
    edit(course_file(export), first, '<course license="all-rights-reserved" ')
    import_course(export, collection_uuid=report.collection_uuid)
    consume()
    course = report.course_bundle_uuid
    assert license_of(course, 1) == "CC-BY-4.0"
    assert license_of(course, 2) == api.ALL_RIGHTS_RESERVED
    edit(course_file(export), '<course license="all-rights-reserved" ', "<course ")
    import_course(export, collection_uuid=report.collection_uuid)
    consume()
    assert license_of(course, 3) == ""


def test_other_bundles_of_the_collection_are_left_alone(
    collection: CollectionData, bundle: BundleData, export: Path
) -> None:
    edit(course_file(export), "<course ", '<course license="all-rights-reserved" ')
    import_course(export, collection_uuid=collection.uuid)
    consume()
    assert license_of(bundle.uuid) == ""


def test_courses_from_before_the_plugin_are_looked_at_by_a_command(
    db: None, file_storage: object, export: Path
) -> None:
    edit(course_file(export), "<course ", '<course license="all-rights-reserved" ')
    report = imported(export)
    out = StringIO()
    call_command("adopt_course_licenses", str(report.course_bundle_uuid), stdout=out)
    for bundle in bundles_of(report.collection_uuid):
        assert license_of(bundle.uuid) == api.ALL_RIGHTS_RESERVED
    assert "bundles changed" in out.getvalue()
    assert api.adopt_course_licenses(report.course_bundle_uuid) == 0
    with pytest.raises(CommandError, match="There is no bundle"):
        call_command("adopt_course_licenses", "nonsense")


# Collections and moves ---------------------------------------------------------------------------


def with_default(settings: Settings, expression: str) -> None:
    """Let new collections have a licence."""
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PLUGIN_SETTINGS": {"openedx_blockstore_licensing": {"DEFAULT_LICENSE": expression}},
    }


def test_new_collections_have_the_default_licence(
    settings: Settings, db: None, make_bundle: MakeBundle
) -> None:
    with_default(settings, "cc-by-4.0")
    collection = blockstore.create_collection("New")
    bundle = make_bundle(collection.uuid)
    consume()
    assert license_of(bundle.uuid) == "CC-BY-4.0"
    with_default(settings, "MIT")
    consume()
    assert license_of(bundle.uuid) == "CC-BY-4.0"
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    assert len(api.get_collection_licenses(collection.uuid)) in {1, 2}


def test_a_course_says_more_than_a_default(
    settings: Settings, db: None, file_storage: object, export: Path
) -> None:
    with_default(settings, "CC-BY-4.0")
    edit(course_file(export), "<course ", '<course license="all-rights-reserved" ')
    report = imported(export)
    consume()
    assert license_of(report.course_bundle_uuid) == api.ALL_RIGHTS_RESERVED


def test_a_bundle_that_moved_keeps_its_licences(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_collection_license(collection.uuid, "CC-BY-4.0")
    api.set_collection_license(other.uuid, "MIT")
    bundle = make_bundle(collection.uuid)
    blockstore.update_bundle(bundle.uuid, collection_uuid=other.uuid)
    make_version(bundle.uuid, {"a.xml": "second"})
    for _twice in range(2):
        consume()
        assert [license_of(bundle.uuid, number) for number in (1, 2)] == ["CC-BY-4.0", "MIT"]
    assert BundleLicense.objects.count() == 1


def test_what_has_gone_since_is_no_trouble(
    collection: CollectionData, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(collection.uuid)
    make_version(bundle.uuid, {"video.xml": '<video license="all-rights-reserved"/>'})
    blockstore.delete_bundle(bundle.uuid)
    empty = blockstore.create_collection("Gone")
    blockstore.delete_collection(empty.uuid)
    consume()
    assert BundleLicense.objects.count() == 0


# A real course -----------------------------------------------------------------------------------


def test_the_report_of_a_real_course_with_three_licences(
    db: None, file_storage: object, courses: Path, tmp_path: Path
) -> None:
    root = tmp_path / "course"
    shutil.copytree(courses / "mitx-grading-library-course" / "course", root)
    course_xml = root / "course" / "course.xml"
    edit(course_xml, "<course>", '<course license="creative-commons: ver=4.0 BY SA">')
    report = imported(root)
    blockstore.update_collection(report.collection_uuid, author="MITx", owner="MIT")
    consume()
    bundles = list(bundles_of(report.collection_uuid))
    sequence = next(bundle for bundle in bundles if bundle.type == "sequence")
    second = [bundle for bundle in bundles if bundle.type == "sequence"][1]
    api.set_bundle_license(sequence.uuid, "BSD-3-Clause", first_version=1)
    api.set_bundle_license(second.uuid, "CC-BY-NC-4.0", first_version=1, path="units/*")
    found = api.get_license_report(report.course_bundle_uuid)
    assert {group.expression for group in found.groups} == {
        "CC-BY-SA-4.0",
        "BSD-3-Clause",
        "CC-BY-NC-4.0",
    }
    named = {item.bundle_uuid for group in found.groups for item in group.items}
    assert named == {bundle.uuid for bundle in bundles}
    text = api.report_to_text(found)
    for bundle in bundles:
        assert f"“{bundle.title}” by MITx" in text
    assert "Only: units/*." in text
    assert [finding.code for finding in found.findings] == ["non-commercial-part"]
