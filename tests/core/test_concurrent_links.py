"""What happens when several processes set links at the same time."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData, LinkTarget
from openedx_blockstore.exceptions import (
    DraftConflict,
    DraftHasNoChangesToCommit,
    LinkCycle,
)
from tests.core.helpers import make_lender
from tests.core.races import PROCESSES, assert_gapless, draft_of, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def collection(db: None, racers: ProcessPoolExecutor) -> CollectionData:
    """A collection that the processes see."""
    return api.create_collection("Races")


@pytest.fixture
def bundle_uuid(collection: CollectionData) -> UUID:
    """A bundle without a version."""
    return api.create_bundle(collection.uuid, "race").uuid


def link_back_and_forth(own: UUID, other: UUID, times: int) -> int:
    """Link to the other's latest version again and again; return how often that was a cycle."""
    draft = draft_of(own, f"to {other}")
    cycles = 0
    for _ in range(times):
        number = api.get_bundle(other).latest_version
        try:
            api.set_draft_link(draft, "other", other, number)
            api.commit_draft(draft)
        except LinkCycle:
            cycles += 1
            api.set_draft_link(draft, "other", None, None)
            with contextlib.suppress(DraftHasNoChangesToCommit, DraftConflict):
                api.commit_draft(draft)
        except (DraftHasNoChangesToCommit, DraftConflict):
            pass
    return cycles


def assert_acyclic(bundle_uuids: Sequence[UUID]) -> None:
    """Make sure that no version of a bundle depends on any version of the same bundle."""
    for uuid in bundle_uuids:
        for number in range(1, api.get_bundle(uuid).latest_version + 1):
            dependencies = api.get_dependencies(uuid, number).dependencies
            assert uuid not in {dependency.bundle_uuid for dependency in dependencies}


def test_linking_back_and_forth_never_makes_a_cycle(
    racers: ProcessPoolExecutor, collection: CollectionData
) -> None:
    first = make_lender(collection.uuid).bundle_uuid
    second = make_lender(collection.uuid).bundle_uuid
    third = make_lender(collection.uuid).bundle_uuid
    results = race(
        racers,
        (link_back_and_forth, first, second, 10),
        (link_back_and_forth, second, first, 10),
        (link_back_and_forth, second, third, 10),
        (link_back_and_forth, third, first, 10),
    )
    assert all(isinstance(result, int) for result in results), results
    assert_acyclic([first, second, third])
    for uuid in (first, second, third):
        latest = assert_gapless(uuid)
        assert latest is not None
        rows = {
            (borrower.alias, borrower.lender_version)
            for other in {first, second, third} - {uuid}
            for borrower in api.get_borrowers(other)
            if borrower.bundle_uuid == uuid
        }
        assert rows == {(link.name, link.direct.version) for link in latest.links.values()}


def link(bundle_uuid: UUID, number: int, lender: LinkTarget) -> int:
    draft = draft_of(bundle_uuid, f"draft {number}")
    api.set_draft_link(draft, f"link{number}", lender.bundle_uuid, lender.version)
    return api.commit_draft(draft).version


def test_links_of_all_committers_are_in_the_newest_version(
    racers: ProcessPoolExecutor, collection: CollectionData, bundle_uuid: UUID
) -> None:
    lenders = [make_lender(collection.uuid, make_lender(collection.uuid)) for _ in range(PROCESSES)]
    results = race(racers, *[(link, bundle_uuid, n, lender) for n, lender in enumerate(lenders)])
    assert sorted(results) == list(range(1, PROCESSES + 1))
    dependencies = api.get_dependencies(bundle_uuid)
    assert set(dependencies.links) == {f"link{n}" for n in range(PROCESSES)}
    assert len(dependencies.dependencies) == 2 * PROCESSES
    for lender in lenders:
        (borrower,) = api.get_borrowers(lender.bundle_uuid)
        assert borrower.bundle_uuid == bundle_uuid
        assert borrower.last_version is None
