"""The licence report: which licences, which conflicts, whom to credit."""

from __future__ import annotations

import json
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, CollectionData, LinkTarget
from openedx_blockstore.exceptions import BundleVersionNotFound
from openedx_blockstore_licensing import api
from openedx_blockstore_licensing.data import LicenseReport, PublisherData
from openedx_blockstore_licensing.models import Derivation
from tests.core.helpers import make_version
from tests.plugins.licensing.conftest import MakeBundle


def expressions(report: LicenseReport) -> list[str]:
    """Return the licences of a report, in its order."""
    return [group.expression for group in report.groups]


def codes(report: LicenseReport) -> list[tuple[str, str]]:
    """Return what is to be looked at: how much it matters, and what it is."""
    return [(str(finding.severity), finding.code) for finding in report.findings]


@pytest.fixture
def course(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> BundleData:
    """A course of Ann's under CC BY, with works of hers and of Bob's."""
    api.set_collection_license(collection.uuid, "CC-BY-4.0", since=api.ALWAYS)
    parts = {
        "own": make_bundle(collection.uuid, "Ann's own"),
        "sharealike": make_bundle(other.uuid, "Bob's share-alike"),
        "reserved": make_bundle(other.uuid, "Bob's reserved"),
        "nc": make_bundle(other.uuid, "Bob's non-commercial"),
        "unsaid": make_bundle(other.uuid, "Bob's secret"),
    }
    for name, license_ in (
        ("sharealike", "CC-BY-SA-4.0"),
        ("reserved", api.ALL_RIGHTS_RESERVED),
        ("nc", "CC-BY-NC-4.0"),
    ):
        api.set_bundle_license(parts[name].uuid, license_, first_version=1)
    api.set_bundle_license(parts["own"].uuid, "MIT", first_version=1, path="*.js")
    bundle = make_bundle(collection.uuid, "Course")
    links = {name: LinkTarget(part.uuid, 1) for name, part in parts.items()}
    make_version(bundle.uuid, links=links)
    return blockstore.get_bundle(bundle.uuid)


def test_everything_is_listed_by_licence(course: BundleData) -> None:
    report = api.get_license_report(course.uuid)
    assert (report.title, report.version, report.expression) == ("Course", 2, "CC-BY-4.0")
    assert expressions(report) == [
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
        "MIT",
        api.ALL_RIGHTS_RESERVED,
        "",
    ]
    titles = {group.expression: [item.title for item in group.items] for group in report.groups}
    assert titles["CC-BY-4.0"] == ["Ann's own", "Course"]
    assert titles[""] == ["Bob's secret"]
    mit = next(group for group in report.groups if group.expression == "MIT")
    assert mit.items[0].paths == ("*.js",)
    assert report.hidden == 0
    assert report.missing == report.weak == ()


def test_conflicts_are_named_with_reasons(course: BundleData) -> None:
    report = api.get_license_report(course.uuid)
    assert codes(report) == [
        ("warning", "non-commercial-part"),
        ("error", "reserved"),
        ("warning", "unlicensed"),
    ]
    assert "Bob's reserved" in report.findings[1].message
    assert "ask whoever holds them" in report.findings[1].message


def test_it_reads_well(course: BundleData) -> None:
    text = api.report_to_text(api.get_license_report(course.uuid))
    assert "Creative Commons Attribution 4.0 International (CC BY 4.0)" in text
    assert "* “Bob's share-alike” by Bob, urn:uuid:" in text
    assert "CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)." in text
    assert "No licence stated" in text
    assert "Only: *.js." in text
    assert "To be looked at" in text
    assert "Error: “Bob's reserved”, version 1: All rights are reserved" in text
    html = api.report_to_html(api.get_license_report(course.uuid))
    assert '<a href="https://creativecommons.org/licenses/by-sa/4.0/">CC BY-SA 4.0</a>' in html


def test_it_is_the_same_every_time(course: BundleData) -> None:
    first, second = (api.get_license_report(course.uuid) for _ in range(2))
    assert first == second
    assert json.dumps(api.report_to_json(first)) == json.dumps(api.report_to_json(second))


def test_a_report_stays_what_it_was_for_its_version(course: BundleData) -> None:
    before = api.get_license_report(course.uuid, 2)
    collection = blockstore.get_bundle(course.uuid).collection_uuid
    assert collection is not None
    api.set_collection_license(collection, "CC-BY-ND-4.0")
    make_version(course.uuid, {"b.xml": "b"})
    assert api.get_license_report(course.uuid, 2) == before
    assert api.get_license_report(course.uuid).expression == "CC-BY-ND-4.0"


def test_weak_links_are_named_and_not_followed(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    lender = make_bundle(other.uuid, "Weakly linked")
    bundle = make_bundle(collection.uuid, "Borrower")
    make_version(bundle.uuid, links={"w": LinkTarget(lender.uuid, 1, weak=True)})
    report = api.get_license_report(bundle.uuid)
    assert [item.title for item in report.weak] == ["Weakly linked"]
    assert [item.title for group in report.groups for item in group.items] == ["Borrower"]
    assert "is linked to weakly" in api.report_to_text(report)


def test_a_deleted_lender_is_named(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    lender = make_bundle(other.uuid, "Deleted one")
    bundle = make_bundle(collection.uuid, "Borrower")
    make_version(bundle.uuid, links={"d": LinkTarget(lender.uuid, 1)})
    blockstore.delete_bundle(lender.uuid)
    report = api.get_license_report(bundle.uuid)
    assert [(item.title, item.reason) for item in report.missing] == [("Deleted one", "deleted")]
    assert "“Deleted one”" in api.report_to_text(report)
    assert "was deleted." in api.report_to_text(report)


def test_the_whole_closure_is_in_it(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    deepest = make_bundle(other.uuid, "Deepest")
    api.set_bundle_license(deepest.uuid, "CC-BY-ND-4.0", first_version=1)
    middle = make_bundle(other.uuid, "Middle")
    make_version(middle.uuid, links={"d": LinkTarget(deepest.uuid, 1)})
    top = make_bundle(collection.uuid, "Top")
    make_version(top.uuid, links={"m": LinkTarget(middle.uuid, 2)})
    report = api.get_license_report(top.uuid)
    titles = sorted(item.title for group in report.groups for item in group.items)
    assert titles == ["Deepest", "Middle", "Top"]


def test_what_the_caller_may_not_see_is_only_counted(course: BundleData) -> None:
    def may_see(uuids: object) -> set[UUID]:
        return {
            link.direct.bundle_uuid
            for link in blockstore.get_bundle_links(course.uuid).values()
            if link.name in {"own", "nc"}
        }

    report = api.get_license_report(course.uuid, may_see=may_see)
    assert report.hidden == 3
    text = api.report_to_text(report)
    assert "3 that you may not see." in text
    assert "reserved" not in text
    assert "secret" not in text


def test_a_changed_copy_under_a_licence_that_forbids_it_is_a_conflict(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    original = make_bundle(other.uuid, "No derivatives")
    api.set_bundle_license(original.uuid, "CC-BY-ND-4.0", first_version=1)
    copy = api.copy_bundle(original.uuid, None, collection.uuid)
    assert codes(api.get_license_report(copy.uuid)) == []
    make_version(copy.uuid, {"a.xml": "changed"})
    report = api.get_license_report(copy.uuid)
    assert codes(report) == [("error", "no-derivatives")]
    assert report.groups[0].items[0].modified


def test_a_copy_under_another_licence_is_a_conflict_and_keeps_the_authors(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    original = make_bundle(other.uuid, "Share alike")
    api.set_bundle_license(original.uuid, "CC-BY-SA-4.0", first_version=1)
    api.set_bundle_license(original.uuid, "MIT", first_version=1, path="*.js")
    copy = api.copy_bundle(original.uuid, None, collection.uuid)
    assert codes(api.get_license_report(copy.uuid)) == []
    api.set_bundle_license(copy.uuid, "CC0-1.0", first_version=1)
    api.set_bundle_license(copy.uuid, "CC-BY-4.0", first_version=1, path="a.xml")
    report = api.get_license_report(copy.uuid)
    assert codes(report) == [("error", "share-alike")]
    assert "is a copy of “Share alike”: CC BY-SA 4.0: what is made of it" in (
        report.findings[0].message
    )
    lines = {group.expression: group.items[0].credit for group in report.groups}
    own = f"“Share alike” by Bob, urn:uuid:{original.uuid} version 1, "
    given = f"{own}CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)."
    assert lines["CC0-1.0"].startswith(f"{given} Here under CC0 1.0")
    assert lines["CC-BY-4.0"].startswith(f"{given} Here under CC BY 4.0")
    assert lines["MIT"].startswith(f"{own}MIT")


def test_what_one_makes_of_ones_own_is_no_conflict(
    collection: CollectionData, make_bundle: MakeBundle
) -> None:
    original = make_bundle(collection.uuid, "Newton")
    api.set_bundle_license(original.uuid, "CC-BY-SA-4.0", first_version=1)
    copy = api.copy_bundle(original.uuid, None, collection.uuid)
    make_version(copy.uuid, {"a.xml": "changed"})
    api.set_bundle_license(copy.uuid, "CC-BY-4.0", first_version=1)
    assert codes(api.get_license_report(copy.uuid, 1)) == []
    assert codes(api.get_license_report(copy.uuid)) == []


def test_publishers_are_named_with_those_above_them(bundle: BundleData) -> None:
    above = PublisherData("https://above.example/", "Above")
    harvard = PublisherData("https://harvard.example/", "Harvard", parent=above.iri)
    api.set_publisher(above)
    api.set_publisher(harvard)
    assert api.get_license_report(bundle.uuid).publishers == (above, harvard)


def test_a_publisher_that_nobody_described_is_named_by_its_iri(bundle: BundleData) -> None:
    (publisher,) = api.get_license_report(bundle.uuid).publishers
    assert publisher.name == "https://harvard.example/"


def test_a_bundle_without_a_version_has_none(collection: CollectionData) -> None:
    empty = blockstore.create_bundle(collection.uuid, "empty", "Empty")
    with pytest.raises(BundleVersionNotFound):
        api.get_license_report(empty.uuid)


def test_the_statements_do_not_grow_with_the_dependencies(
    collection: CollectionData, other: CollectionData, make_bundle: MakeBundle
) -> None:
    api.set_publisher(PublisherData("https://harvard.example/", "Harvard"))
    counts = []
    for size in (3, 30):
        lenders = [make_bundle(other.uuid, f"L{number}") for number in range(size)]
        for lender in lenders[::2]:
            api.set_bundle_license(lender.uuid, "CC-BY-4.0", first_version=1)
        copies = [api.copy_bundle(lender.uuid, 1, collection.uuid) for lender in lenders[:size]]
        top = make_bundle(collection.uuid, f"Top {size}")
        make_version(
            top.uuid,
            links={
                f"l{number}": LinkTarget(each.uuid, 1)
                for number, each in enumerate([*lenders, *copies])
            },
        )
        with CaptureQueriesContext(connection) as queries:
            report = api.get_license_report(top.uuid)
        assert sum(len(group.items) for group in report.groups) == 2 * size + 1
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 14
    assert Derivation.objects.count() == 33


# The command -------------------------------------------------------------------------------------


def run(*args: str) -> str:
    """Run the command, and return what it prints."""
    out = StringIO()
    call_command("license_report", *args, stdout=out)
    return out.getvalue()


def test_the_command_prints_it(course: BundleData) -> None:
    report = api.get_license_report(course.uuid)
    assert run(str(course.uuid)) == api.report_to_text(report)
    assert json.loads(run(str(course.uuid), "--format", "json")) == api.report_to_json(report)
    assert run(str(course.uuid), "--format", "html") == api.report_to_html(report)
    assert "version 1" in run(str(course.uuid), "--version-num", "1")


@pytest.mark.parametrize("args", [["nonsense"], ["00000000-0000-4000-8000-000000000000"]])
def test_the_command_ends_with_a_sentence(db: None, args: list[str]) -> None:
    with pytest.raises(CommandError, match="There is no bundle"):
        run(*args)


def test_the_command_knows_what_no_version_is(course: BundleData) -> None:
    with pytest.raises(CommandError, match="no version 9"):
        run(str(course.uuid), "--version-num", "9")
