"""Imports, with the plugin on: errors stop them, warnings travel with the version."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.courses import import_course
from openedx_blockstore.data import Finding, LinkTarget, Severity
from openedx_blockstore.exceptions import BundleVersionNotFound, ImportRefused
from openedx_blockstore_validation import api as validation
from openedx_blockstore_validation.annotations import FindingsSource
from openedx_blockstore_validation.models import VersionFindings
from tests.counting import counting
from tests.plugins.validation.helpers import PNG, Files, codes, only
from tests.plugins.validation.test_checks import configure
from tests.plugins.validation.test_courses import EXPECTED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage")]

GOOD = "<problem><p>1 + 1</p></problem>"
DANGLING = '<problem><img src="/static/{}.png"/></problem>'


@pytest.fixture
def collection() -> UUID:
    """A collection."""
    return api.create_collection("C").uuid


@pytest.fixture
def bundle(collection: UUID) -> UUID:
    """A bundle of a problem without versions."""
    return api.create_bundle(collection, "p", "P", type="problem").uuid


def store(bundle: UUID, files: Files, **more: Any) -> tuple[Finding, ...]:
    """Import a version, and return what was said of it."""
    return api.import_version(bundle, dict(files), **more).findings


def test_errors_stop_an_import_before_any_version(bundle: UUID) -> None:
    with pytest.raises(ImportRefused) as refused:
        store(bundle, {"problem.xml": "<!DOCTYPE x><problem/>", "x.xml": "<p>"})
    (found,) = refused.value.bundles
    assert codes(found.findings) == {"doctype": 1, "malformed-xml": 1}
    assert api.get_bundle(bundle).latest_version == 0
    assert not VersionFindings.objects.exists()


def test_of_a_good_version_nothing_is_kept(bundle: UUID) -> None:
    assert store(bundle, {"problem.xml": GOOD}) == ()
    assert not VersionFindings.objects.exists()
    assert validation.get_findings(bundle, 1) == ()


def test_warnings_travel_with_their_version(bundle: UUID) -> None:
    found = store(bundle, {"problem.xml": DANGLING.format("a")})
    assert codes(found) == {"dangling-asset": 1}
    assert validation.get_findings(bundle, 1) == found
    store(bundle, {"problem.xml": GOOD})
    assert validation.get_findings(bundle, 2) == ()
    assert validation.get_findings(bundle, 1) == found


def test_versions_that_are_found_alike_share_a_row(bundle: UUID) -> None:
    for number in range(1, 6):
        store(bundle, {"problem.xml": DANGLING.format("a"), "notes.txt": str(number)})
    row = VersionFindings.objects.get()
    assert (row.first_version, row.last_version) == (1, 5)
    assert (row.severity, row.codes) == ("warning", "|dangling-asset|")
    store(bundle, {"problem.xml": DANGLING.format("b")})
    spans = VersionFindings.objects.order_by("first_version")
    assert [(each.first_version, each.last_version) for each in spans] == [(1, 5), (6, 6)]


def test_a_commit_that_nobody_looked_at_says_nothing(bundle: UUID) -> None:
    store(bundle, {"problem.xml": DANGLING.format("a")})
    draft = api.get_or_create_bundle_draft(bundle, "d")
    api.write_draft_file(draft.uuid, "notes.txt", "x")
    api.commit_draft(draft.uuid)
    assert validation.get_findings(bundle, 2) == ()
    assert codes(validation.validate_version(bundle)) == {"dangling-asset": 1}


def test_the_version_before_is_looked_at(bundle: UUID) -> None:
    unit = '<unit><problem url_name="{}"><p>1</p></problem></unit>'
    store(bundle, {"problem.xml": GOOD, "units/a.xml": unit.format("old")})
    finding = only(store(bundle, {"problem.xml": GOOD, "units/a.xml": unit.format("new")}))
    assert finding.code == "state-block-renamed"


def test_links_lead_to_the_store(bundle: UUID, collection: UUID) -> None:
    lender = api.create_bundle(collection, "l", "L", type="assets").uuid
    store(lender, {"static/a.png": PNG})
    html = '<problem><img src="/static/a.png"/>links/pics/static/{}.png</problem>'
    links = {"pics": LinkTarget(lender, 1)}
    assert store(bundle, {"problem.xml": html.format("a")}, links=links) == ()
    finding = only(store(bundle, {"problem.xml": html.format("b")}, links=links))
    assert finding.code == "broken-link"


def test_severities_decide_what_stops_an_import(bundle: UUID, settings: Settings) -> None:
    configure(settings, SEVERITIES={"dangling-asset": "error", "doctype": "warning"})
    with pytest.raises(ImportRefused):
        store(bundle, {"problem.xml": DANGLING.format("a")})
    assert codes(store(bundle, {"problem.xml": GOOD, "x.xml": "<!DOCTYPE x><a/>"})) == {
        "doctype": 1
    }


def test_drafts_can_be_checked_before_they_are_committed(bundle: UUID) -> None:
    unit = '<unit><problem url_name="old"><p>1</p></problem></unit>'
    store(bundle, {"problem.xml": GOOD, "units/a.xml": unit})
    draft = api.get_or_create_bundle_draft(bundle, "d")
    api.write_draft_file(draft.uuid, "units/a.xml", unit.replace("old", "new"))
    api.write_draft_file(draft.uuid, "x.xml", "<p>")
    found = validation.validate_draft(draft.uuid)
    assert codes(found) == {"malformed-xml": 1, "state-block-renamed": 1}


def test_unknown_versions(bundle: UUID) -> None:
    with pytest.raises(BundleVersionNotFound):
        validation.get_findings(bundle, 1)
    with pytest.raises(BundleVersionNotFound):
        validation.validate_version(bundle, 7)


# Archives ----------------------------------------------------------------------------------------


def archive_of(bundle: UUID, tmp_path: Path) -> Path:
    """Export the latest version."""
    path = tmp_path / "bundle.tar.gz"
    api.export_bundle(bundle, to=path)
    return path


def test_findings_are_in_exports_and_not_believed(bundle: UUID, tmp_path: Path) -> None:
    source = FindingsSource()
    found = store(bundle, {"problem.xml": DANGLING.format("a")})
    (contents,) = source.export_files(bundle, 1).values()
    document = json.loads(contents)
    assert [each["code"] for each in document["findings"]] == ["dangling-asset"]
    assert source.export_files(bundle, 1) == {"findings.json": contents}
    assert source.describe(bundle, [1, 2])[1]["counts"] == {"error": 0, "warning": 1, "info": 0}
    assert set(source.describe(bundle, [1, 2])) == {1}
    forged = contents.replace(b"dangling-asset", b"state-block-removed")
    (said,) = source.import_files(bundle, 1, {"findings.json": forged})
    assert (said.code, said.severity) == ("findings-not-imported", Severity.INFO)
    assert validation.get_findings(bundle, 1) == found


def test_an_archive_is_checked_when_it_is_imported(bundle: UUID, tmp_path: Path) -> None:
    store(bundle, {"problem.xml": DANGLING.format("a")})
    elsewhere = api.create_collection("Elsewhere").uuid
    made = api.import_bundle(archive_of(bundle, tmp_path), collection_uuid=elsewhere)
    assert "dangling-asset" in codes(made.findings)
    assert codes(validation.get_findings(made.bundle_uuid, made.version)) == {"dangling-asset": 1}


def test_an_archive_with_errors_makes_nothing(collection: UUID, settings: Settings,
                                              bundle: UUID, tmp_path: Path) -> None:  # fmt: skip
    configure(settings, SEVERITIES={"doctype": "off"})
    store(bundle, {"problem.xml": "<!DOCTYPE x><problem/>"})
    archive = archive_of(bundle, tmp_path)
    configure(settings)
    elsewhere = api.create_collection("Elsewhere").uuid
    made = api.import_bundle(archive, collection_uuid=elsewhere, dry_run=True)
    assert codes(made.findings) == {"doctype": 1}
    with pytest.raises(ImportRefused):
        api.import_bundle(archive, collection_uuid=elsewhere)
    assert not list(api.get_bundles(collection_uuid=elsewhere))


# Courses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_real_courses_are_imported_with_their_warnings(courses: Path, name: str) -> None:
    """What is kept with the versions is what a check of the bundles by themselves finds."""
    report = import_course(courses / name / "course")
    kept: Counter[str] = Counter()
    for outcome in report.created:
        assert outcome.bundle_uuid is not None
        found = validation.get_findings(outcome.bundle_uuid, 1)
        assert found == validation.validate_version(outcome.bundle_uuid)
        kept.update(f.code for f in found if f.severity is Severity.WARNING)
    # Which packages of blocks are installed says nothing of the course.
    kept.pop("block-not-installed", None)
    assert kept == EXPECTED[name]


def test_the_sample_course_is_imported_without_a_finding() -> None:
    report = import_course(Path(__file__).resolve().parents[3] / "sample_course")
    assert len(report.created) == 8
    assert not VersionFindings.objects.exists()


# Cost --------------------------------------------------------------------------------------------


def test_what_it_costs_does_not_grow(bundle: UUID) -> None:
    """Statements for a version with findings; none for one without."""
    with counting() as plain:
        store(bundle, {"problem.xml": GOOD})
    with counting() as few:
        store(bundle, {f"p{n}.xml": DANGLING.format(n) for n in range(2)} | {"problem.xml": GOOD})
    with counting() as many:
        store(bundle, {f"p{n}.xml": DANGLING.format(n) for n in range(90)} | {"problem.xml": GOOD})
    assert few.statements - plain.statements <= 9
    assert many.statements <= few.statements + 1


def test_the_table_is_read_by_one_statement_for_many_versions(bundle: UUID) -> None:
    for number in range(4):
        store(bundle, {"problem.xml": DANGLING.format(number)})
    with counting() as counted:
        assert len(FindingsSource().describe(bundle, [1, 2, 3, 4])) == 4
    assert counted.statements == 1


def test_findings_go_with_their_bundle(bundle: UUID) -> None:
    store(bundle, {"problem.xml": DANGLING.format("a")})
    api.delete_bundle(bundle)
    assert VersionFindings.objects.count() == 1, "it can be taken back"


def test_checks_of_a_version_in_the_store_by_the_command(bundle: UUID) -> None:
    store(bundle, {"problem.xml": DANGLING.format("a")})
    output = io.StringIO()
    call_command("validate_olx", bundle=str(bundle), format="json", stdout=output)
    document = json.loads(output.getvalue())
    assert document["counts"] == {"error": 0, "warning": 1, "info": 0}
    assert document["checked"][0]["bundle_uuid"] == str(bundle)


@pytest.mark.parametrize("number", [0, -1, 2, 2**70])
def test_a_version_that_is_not_there_is_not_taken_for_the_latest(bundle: UUID, number: int) -> None:
    store(bundle, {"problem.xml": DANGLING.format("a")})
    with pytest.raises(CommandError, match=f"has no version {number}") as caught:
        call_command("validate_olx", bundle=str(bundle), version_number=number)
    assert caught.value.returncode == 2


def test_what_the_import_of_a_course_says_as_well_is_said_once(courses: Path) -> None:
    report = import_course(courses / "opencraft-blockstore-test-course" / "course", dry_run=True)
    found = [finding for finding in report.findings if finding.code == "dangling-asset"]
    assert [(finding.file, finding.line) for finding in found] == [
        ("about/overview.html", 17),
        ("about/overview.html", 26),
    ]
    assert all(finding.mend for finding in found)


def test_an_error_stops_a_course_before_anything_is_stored(tmp_path: Path) -> None:
    sample = Path(__file__).resolve().parents[3] / "sample_course"
    course = shutil.copytree(sample, tmp_path / "course")
    (course / "problem" / "why_a_disc.xml").write_text("<problem>\n<p></problem>")
    with pytest.raises(ImportRefused) as refused:
        import_course(course)
    places = [(f.file, f.line) for each in refused.value.bundles for f in each.findings]
    assert ("problem/why_a_disc.xml", 2) in places
    assert not list(api.get_bundles())
    assert not list(api.get_collections())


# What travels -------------------------------------------------------------------------------------


def test_findings_travel_with_an_export_and_are_made_anew(bundle: UUID, tmp_path: Path) -> None:
    store(bundle, {"problem.xml": DANGLING.format("a")})
    archive = archive_of(bundle, tmp_path)
    with tarfile.open(archive) as tarred:
        member = tarred.extractfile(".blockstore/plugins/validation/findings.json")
        assert member is not None
        document = json.load(member)
    assert [each["code"] for each in document["findings"]] == ["dangling-asset"]
    elsewhere = api.create_collection("Elsewhere").uuid
    made = api.import_bundle(archive, collection_uuid=elsewhere)
    assert codes(made.findings) == {"dangling-asset": 1, "findings-not-imported": 1}
    assert codes(validation.get_findings(made.bundle_uuid, made.version)) == {"dangling-asset": 1}


def test_findings_are_among_what_is_known_of_a_version(bundle: UUID) -> None:
    store(bundle, {"problem.xml": DANGLING.format("a")})
    known = api.get_annotations(bundle, 1)
    assert known["validation"]["counts"]["warning"] == 1
