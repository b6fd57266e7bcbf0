"""What operations cost once there is much of something: versions, dependencies, borrowers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen
from django.db import connection, models
from pytest_django.plugin import DjangoDbBlocker

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import LimitExceeded, LinkCycle
from openedx_blockstore.models import (
    Bundle,
    BundleLink,
    BundleVersion,
    Collection,
    Draft,
    Event,
    EventLog,
    StagedChange,
)
from tests.core.helpers import forget_everything_cached, make_lender, stored_path
from tests.counting import counted_storage, counting

pytestmark = pytest.mark.django_db

_TABLES: list[type[models.Model]] = [
    StagedChange,
    BundleLink,
    Draft,
    BundleVersion,
    Bundle,
    Collection,
]

#: One file that seldom changes: in the first version, and in each of these.
RARE = "rare.txt"
RARE_CHANGES = (40, 90)


def count_rows() -> int:
    """How many rows all tables of Blockstore have."""
    return sum(table._default_manager.count() for table in _TABLES)


@pytest.fixture(scope="module", autouse=True)
def shared_storage(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """What a fixture of this module stores stays until the end of the module."""
    folder = tmp_path_factory.mktemp("growth")
    with django_db_blocker.unblock(), counted_storage("objects", str(folder)):
        yield
        # The log as well: other tests look at all that is in it.
        log: list[type[models.Model]] = [Event, EventLog]
        for table in log + _TABLES:
            table._default_manager.all().delete()


@frozen
class Edited:
    """A bundle of 100 files that was edited, one file at a time.

    Attributes:
        rows: How many rows there are, of all tables.
        bytes: What is stored.
    """

    uuid: UUID
    draft: UUID
    versions: int
    rows: int
    bytes: int


@pytest.fixture(
    scope="module",
    params=[1, 100, pytest.param(1_000, marks=pytest.mark.slow)],
    ids=lambda versions: f"{versions}_versions",
)
def edited(request: pytest.FixtureRequest, shared_storage: None) -> Edited:
    """A bundle with so many versions."""
    rows = count_rows()
    versions = int(request.param)
    collection = api.create_collection("Edited")
    bundle = api.create_bundle(collection.uuid, "edited")
    draft = api.get_or_create_bundle_draft(bundle.uuid, "work")
    files = {f"units/file{number:02}.xml": f"contents {number}" for number in range(99)}
    api.write_draft_files(draft.uuid, {RARE: "first", **files})
    api.commit_draft(draft.uuid)
    for number in range(2, versions + 1):
        path = RARE if number in RARE_CHANGES else f"units/file{number % 99:02}.xml"
        api.write_draft_file(draft.uuid, path, f"contents of version {number}")
        api.commit_draft(draft.uuid)
    stored = sum(
        path.stat().st_size for path in stored_path(str(bundle.uuid)).rglob("*") if path.is_file()
    )
    return Edited(bundle.uuid, draft.uuid, versions, count_rows() - rows, stored)


def test_little_is_left_of_one_file_edits(edited: Edited) -> None:
    assert edited.rows <= edited.versions + 10
    assert edited.bytes <= 8_000_000


def test_writing_and_committing(edited: Edited) -> None:
    api.get_draft(edited.draft)  # as an author would, who then finds it in the cache
    with counting() as cost:
        api.write_draft_file(edited.draft, "units/file00.xml", f"new, after {edited.versions}")
    assert cost.statements <= 4
    assert cost.writes == 1
    assert cost.checks <= 1
    assert cost.reads == 0
    with counting() as cost:
        version = api.commit_draft(edited.draft)
    assert version.version == edited.versions + 1
    assert cost.statements <= 8
    assert cost.writes == 1
    assert cost.checks == cost.reads == 0


def test_committing_cold(edited: Edited) -> None:
    api.write_draft_file(edited.draft, "units/file00.xml", f"cold, after {edited.versions}")
    forget_everything_cached()
    with counting() as cost:
        api.commit_draft(edited.draft)
    assert cost.statements <= 8
    assert cost.writes == 1
    assert cost.reads == 1
    assert cost.checks == 0


def test_listing_cold_and_warm(edited: Edited) -> None:
    for read in (
        lambda: api.get_bundle_files_dict(edited.uuid),
        lambda: api.get_bundle_files_dict(edited.uuid, use_draft="work"),
        lambda: api.get_draft(edited.draft).files,
        lambda: api.get_bundle_version_files(edited.uuid, 1),
    ):
        forget_everything_cached()
        for reads in (1, 0):
            with counting() as cost:
                assert len(read()) == 100
            assert cost.statements <= 2
            assert cost.reads == reads
            assert cost.checks == cost.writes == 0


def test_changes_of_a_version(edited: Edited) -> None:
    forget_everything_cached()
    with counting() as cost:
        changes = api.get_bundle_version_changes(edited.uuid, edited.versions)
    assert len(changes.files) == (1 if edited.versions > 1 else 100)
    assert cost.statements <= 4
    assert cost.reads <= 2


def test_differences_of_versions(edited: Edited) -> None:
    forget_everything_cached()
    with counting() as cost:
        api.diff_versions(edited.uuid, 1, edited.versions)
    assert cost.statements <= 4
    assert cost.reads <= 2


def test_the_history_of_a_path_reads_only_the_versions_that_changed_it(edited: Edited) -> None:
    changed = [1, *(number for number in RARE_CHANGES if number <= edited.versions)]
    forget_everything_cached()
    with counting() as cost:
        history = api.get_file_history(edited.uuid, RARE)
    assert [entry.version for entry in history] == changed[::-1]
    assert cost.statements <= 4
    read = {int(name.split("/")[2]) for name in cost.read}
    assert read <= {edited.versions, *changed}


def test_the_history_of_a_path_that_often_changed(edited: Edited) -> None:
    with counting() as cost:
        history = api.get_file_history(edited.uuid, "units/file01.xml")
    assert len(history) >= edited.versions // 99
    assert cost.statements <= 4


def test_dependencies_and_outdated_links(edited: Edited) -> None:
    for ask in (api.get_dependencies, api.get_outdated_links):
        forget_everything_cached()
        with counting() as cost:
            ask(edited.uuid)
        assert cost.statements <= 4
        assert cost.reads <= 1


def test_reverting(edited: Edited) -> None:
    api.write_draft_file(edited.draft, "units/file00.xml", f"unwanted, after {edited.versions}")
    api.commit_draft(edited.draft)
    with counting() as cost:
        api.revert_bundle(edited.uuid, 1)
    assert cost.statements <= 8
    assert cost.writes == 1


def test_linking_to_the_latest_version(edited: Edited) -> None:
    collection = api.create_collection("Borrowers")
    borrower = api.create_bundle(collection.uuid, "borrower")
    draft = api.get_or_create_bundle_draft(borrower.uuid, "work")
    with counting() as cost:
        api.set_draft_link(draft.uuid, "lender", edited.uuid, edited.versions)
    assert cost.statements <= 6
    assert cost.reads == 0
    with counting() as cost:
        api.commit_draft(draft.uuid)
    assert cost.statements <= 12
    assert cost.writes == 2


# Dependencies -------------------------------------------------------------------------------------

DEPENDENCIES = 2_000


@pytest.fixture(scope="module")
def dependent(shared_storage: None) -> LinkTarget:
    """A version that links to so many others that, with it, they are as many as there may be."""
    collection = Collection.objects.create(title="Many")
    bundles = Bundle.objects.bulk_create(
        [Bundle(collection=collection, title="Leaf") for _ in range(DEPENDENCIES - 2)],
        batch_size=500,
    )
    leaves = Bundle.objects.filter(collection=collection)
    now = datetime.now(UTC)
    BundleVersion.objects.bulk_create(
        [
            BundleVersion(bundle=leaf, version_num=number, manifest_digest="0" * 64, created=now)
            for leaf in leaves
            for number in (1, 2, 3)
        ],
        batch_size=500,
    )
    assert len(bundles) == leaves.count()
    lender = api.create_bundle(collection.uuid, "lender", type="course")
    links = {
        f"leaf{number}": LinkTarget(leaf.uuid, 1 + number % 3) for number, leaf in enumerate(leaves)
    }
    links["real"] = make_lender(collection.uuid)
    api.import_version(lender.uuid, {"a.txt": "a"}, links)
    return LinkTarget(lender.uuid, 1)


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_linking_to_2_000_dependencies(dependent: LinkTarget, warm: bool) -> None:
    collection = api.create_collection("Borrowers")
    borrower = api.create_bundle(collection.uuid, "borrower")
    draft = api.get_or_create_bundle_draft(borrower.uuid, "work")
    if warm:
        api.get_dependencies(dependent.bundle_uuid)
    else:
        forget_everything_cached()
    with counting() as cost:
        api.set_draft_link(draft.uuid, "lender", dependent.bundle_uuid, dependent.version)
    assert cost.statements <= 6
    assert cost.reads <= (0 if warm else 1)
    assert cost.writes == cost.checks == 0
    with counting() as cost:
        api.commit_draft(draft.uuid)
    assert cost.statements <= 12
    assert cost.writes == 2
    assert cost.reads == 0
    with counting() as cost:
        dependencies = api.get_dependencies(borrower.uuid)
    assert len(dependencies.dependencies) == DEPENDENCIES
    assert all(each.snapshot_digest for each in dependencies.links["lender"].indirect)
    assert cost.statements <= 4
    assert cost.reads == 0
    api.write_draft_file(draft.uuid, "a.txt", "a")
    with counting() as cost:
        api.commit_draft(draft.uuid)
    assert cost.statements <= 8
    assert cost.writes == 1


def test_one_dependency_too_many_is_refused(dependent: LinkTarget) -> None:
    collection = api.create_collection("Borrowers")
    borrower = api.create_bundle(collection.uuid, "borrower")
    links = {"lender": dependent, "other": make_lender(collection.uuid)}
    with pytest.raises(LimitExceeded, match=r"2,001 .* 2,000"):
        api.import_version(borrower.uuid, {}, links)


def test_a_cycle_through_2_000_dependencies_is_found(dependent: LinkTarget) -> None:
    real = api.get_dependencies(dependent.bundle_uuid).links["real"].direct
    draft = api.get_or_create_bundle_draft(real.bundle_uuid, "work")
    forget_everything_cached()
    with counting() as cost, pytest.raises(LinkCycle) as error:
        api.set_draft_link(draft.uuid, "back", dependent.bundle_uuid, 1)
    assert error.value.chain == (str(real.bundle_uuid), str(dependent), str(real))
    assert cost.statements <= 4


# Borrowers ----------------------------------------------------------------------------------------

BORROWERS = 10_000


@pytest.fixture(scope="module")
def lender(shared_storage: None) -> UUID:
    """A bundle that so many others use, each of which uses two other bundles as well."""
    collection = Collection.objects.create(title="Lenders and borrowers")
    rows = [Bundle(collection=collection, title=f"Bundle {n}") for n in range(BORROWERS + 201)]
    Bundle.objects.bulk_create(rows, batch_size=500)
    lender, *others = Bundle.objects.filter(collection=collection).order_by("pk")
    borrowers = others[200:]
    links = [
        BundleLink(borrower=borrower, alias=alias, lender=to, lender_version=1, first_version=1)
        for number, borrower in enumerate(borrowers)
        for alias, to in [
            ("used", lender),
            ("first", others[number % 100]),
            ("second", others[100 + number % 97]),
        ]
    ]
    BundleLink.objects.bulk_create(links, batch_size=500)
    with connection.cursor() as cursor:
        tables = [table._meta.db_table for table in (Bundle, BundleLink)]
        analyze = "ANALYZE TABLE" if connection.vendor == "mysql" else "ANALYZE"
        for table in tables:
            cursor.execute(f"{analyze} {table}")
    return lender.uuid


def find_scans(queries: list[tuple[str, Any]]) -> list[str]:
    """Return what the database would read as a whole, for these statements, in a large table."""
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    scans = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Of some 10,000 rows it would rather read all, if it may need a good part of them.
            cursor.execute("SET LOCAL enable_seqscan = off")
        for sql, params in queries:
            cursor.execute(f"{explain} {sql}", params)
            columns = [column[0] for column in cursor.description]
            plan = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            scans += [f"{step} in {sql}" for step in plan if _is_scan(step)]
    return scans


def _is_scan(step: dict[str, Any]) -> bool:
    if connection.vendor == "sqlite":
        # Whatever a recursive query has found so far is read as a whole, of course.
        return step["detail"].startswith("SCAN") and "affected" not in step["detail"]
    if connection.vendor == "mysql":
        derived = str(step["table"]).startswith("<") or step["table"] == "affected"
        return step["type"] in ("ALL", "index") and not derived
    return "Seq Scan" in step["QUERY PLAN"]


def test_a_page_of_10_000_borrowers(lender: UUID) -> None:
    after = None
    for _page in range(3):
        with counting() as cost:
            page = api.get_borrowers(lender, after=after, limit=100)
        assert len(page) == 100
        assert cost.statements <= 3
        assert cost.reads == cost.checks == 0
        assert find_scans(cost.queries) == []
        after = page[-1]


def test_the_last_page_of_10_000_borrowers(lender: UUID) -> None:
    borrowers = api.get_borrowers(lender)
    assert len(borrowers) == len(set(borrowers)) == BORROWERS
    with counting() as cost:
        page = api.get_borrowers(lender, after=borrowers[-51], limit=100)
    assert page == borrowers[-50:]
    assert cost.statements <= 3
    assert find_scans(cost.queries) == []


def test_borrowers_of_one_version_and_of_old_versions(lender: UUID) -> None:
    for version_number, latest_only in [(1, True), (1, False), (2, True), (None, False)]:
        with counting() as cost:
            page = api.get_borrowers(
                lender, version_number=version_number, latest_only=latest_only, limit=100
            )
        assert len(page) == (0 if version_number == 2 else 100)
        assert cost.statements <= 3
        assert find_scans(cost.queries) == []


def test_counting_10_000_borrowers(lender: UUID) -> None:
    with counting() as cost:
        assert api.count_borrowers(lender) == BORROWERS
    assert cost.statements <= 3


def test_a_page_of_10_000_affected_bundles(lender: UUID) -> None:
    after = None
    for _page in range(2):
        with counting() as cost:
            page = api.get_affected_bundles(lender, after=after, limit=100)
        assert len(page) == 100
        assert cost.statements <= 3
        after = page[-1]


def test_affected_bundles_are_found_by_index(lender: UUID) -> None:
    """Of a third of all bundles a database rightly looks at all; here it is a few."""
    others = api.get_bundles(after=lender, limit=1)
    with counting() as cost:
        page = api.get_affected_bundles(others[0].uuid, limit=100)
    assert len(page) == 100
    assert cost.statements <= 3
    assert find_scans(cost.queries) == []


def test_outdated_links_of_one_of_many_borrowers(lender: UUID) -> None:
    borrower = api.get_borrowers(lender, limit=1)[0].bundle_uuid
    with counting() as cost:
        assert api.get_outdated_links(borrower) == []
    assert cost.statements <= 4
    assert find_scans(cost.queries) == []
