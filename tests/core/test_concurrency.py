"""What happens when several processes do something at the same time.

The processes are real ones, and share the test's database and storage.
"""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ProcessPoolExecutor
from uuid import UUID

import pytest

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData
from openedx_blockstore.exceptions import (
    BundleNotFound,
    CollectionNotFound,
    DraftConflict,
    DraftHasNoChangesToCommit,
    DraftNotFound,
    InUse,
)
from openedx_blockstore.store import digest_of
from tests.core.helpers import contents_of, make_version
from tests.core.races import PROCESSES, ROUNDS, assert_gapless, draft_of, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def collection(db: None, racers: ProcessPoolExecutor) -> CollectionData:
    """A collection that the processes see."""
    return api.create_collection("Races")


@pytest.fixture
def bundle_uuid(collection: CollectionData) -> UUID:
    """A bundle without a version."""
    return api.create_bundle(collection.uuid, "race").uuid


# Writing ------------------------------------------------------------------------------------------


def write_ten(draft: UUID, process: int) -> None:
    for number in range(10):
        api.write_draft_file(draft, f"{process}/{number}.txt", f"{process} wrote {number}")


def test_8_processes_write_80_files_into_one_draft(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    draft = draft_of(bundle_uuid)
    results = race(racers, *[(write_ten, draft, process) for process in range(PROCESSES)])
    assert results == [None] * PROCESSES
    written = {
        f"{process}/{number}.txt": f"{process} wrote {number}".encode()
        for process in range(PROCESSES)
        for number in range(10)
    }
    assert contents_of(bundle_uuid, "work") == written
    api.commit_draft(draft)
    assert contents_of(bundle_uuid) == written


def write_if(draft: UUID, digest: str, contents: str) -> str:
    api.write_draft_file(draft, "file.txt", contents, if_match=digest)
    return contents


@pytest.mark.parametrize("staged", [False, True], ids=["committed", "staged"])
def test_of_those_who_started_from_the_same_file_exactly_one_wins(
    racers: ProcessPoolExecutor, bundle_uuid: UUID, staged: bool
) -> None:
    draft = draft_of(bundle_uuid)
    for number in range(ROUNDS):
        start = f"start {number}"
        api.write_draft_file(draft, "file.txt", start)
        if not staged:
            api.commit_draft(draft)
        wishes = [f"{number}: {process} wins" for process in range(PROCESSES)]
        results = race(racers, *[(write_if, draft, digest_of(start.encode()), w) for w in wishes])
        winners = [result for result in results if isinstance(result, str)]
        assert len(winners) == 1
        assert contents_of(bundle_uuid, "work") == {"file.txt": winners[0].encode()}
        for result in results:
            if result not in winners:
                assert isinstance(result, DraftConflict)
                (conflict,) = result.conflicts
                assert conflict.path == "file.txt"
                assert conflict.actual == digest_of(winners[0].encode())


def test_of_those_who_want_to_make_a_file_exactly_one_wins(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    for number in range(ROUNDS):
        draft = draft_of(bundle_uuid, f"work {number}")
        wishes = [f"{process} wins" for process in range(PROCESSES)]
        results = race(racers, *[(write_if, draft, "", wish) for wish in wishes])
        assert len([result for result in results if isinstance(result, str)]) == 1


def create_draft(bundle_uuid: UUID, name: str) -> UUID:
    return api.get_or_create_bundle_draft(bundle_uuid, name).uuid


def test_processes_that_create_the_same_draft_get_one(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    for number in range(ROUNDS):
        results = race(racers, *[(create_draft, bundle_uuid, f"d {number}")] * PROCESSES)
        assert len(set(results)) == 1
        assert isinstance(results[0], UUID)
    assert len(api.get_bundle(bundle_uuid).drafts) == ROUNDS


def write_many(draft: UUID, contents: str) -> None:
    api.write_draft_files(draft, {f"{number:02}.txt": contents for number in range(20)})


def test_many_files_are_written_together(racers: ProcessPoolExecutor, bundle_uuid: UUID) -> None:
    """What several processes write at once is all of one of them, never a mixture."""
    draft = draft_of(bundle_uuid)
    for _round in range(ROUNDS):
        results = race(racers, *[(write_many, draft, f"by {n}") for n in range(PROCESSES)])
        assert results == [None] * PROCESSES
        assert len(set(contents_of(bundle_uuid, "work").values())) == 1


def write_same(draft: UUID, path: str) -> None:
    for _ in range(5):
        api.write_draft_file(draft, path, b"the same" * 10_000)


def test_the_same_bytes_may_be_written_by_all(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    draft = draft_of(bundle_uuid)
    results = race(racers, *[(write_same, draft, f"{n}.txt") for n in range(PROCESSES)])
    assert results == [None] * PROCESSES
    assert set(contents_of(bundle_uuid, "work").values()) == {b"the same" * 10_000}


# Committing ---------------------------------------------------------------------------------------


def edit_and_commit(bundle_uuid: UUID, process: int, times: int) -> list[int]:
    draft = draft_of(bundle_uuid, f"draft of {process}")
    versions = []
    for number in range(times):
        api.write_draft_file(draft, f"{process}/{number}.txt", f"{process}, {number}")
        versions.append(api.commit_draft(draft).version)
    return versions


@pytest.mark.parametrize("first", [True, False], ids=["first versions", "later versions"])
def test_8_committers_make_gapless_versions_with_every_edit_in_the_newest(
    racers: ProcessPoolExecutor, bundle_uuid: UUID, first: bool
) -> None:
    if not first:
        make_version(bundle_uuid, {"before.txt": "before"})
    times = 6
    results = race(racers, *[(edit_and_commit, bundle_uuid, n, times) for n in range(PROCESSES)])
    made = sorted(number for result in results for number in result)
    assert made == list(range(1 if first else 2, PROCESSES * times + (1 if first else 2)))
    latest = assert_gapless(bundle_uuid)
    assert latest is not None
    assert latest.version == made[-1]
    assert latest.files.keys() - {"before.txt"} == {
        f"{process}/{number}.txt" for process in range(PROCESSES) for number in range(times)
    }


def write_and_commit(draft: UUID, process: int, times: int) -> int:
    made = 0
    for number in range(times):
        api.write_draft_file(draft, f"{process}.txt", f"{process}, {number}")
        with contextlib.suppress(DraftHasNoChangesToCommit):  # another one may have committed it
            api.commit_draft(draft)
            made += 1
    return made


def test_8_committers_of_one_draft_lose_nothing(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    draft = draft_of(bundle_uuid)
    results = race(racers, *[(write_and_commit, draft, n, 5) for n in range(PROCESSES)])
    assert [result for result in results if not isinstance(result, int)] == []
    latest = assert_gapless(bundle_uuid)
    assert latest is not None
    assert latest.version == sum(results)
    expected = {f"{n}.txt": f"{n}, 4".encode() for n in range(PROCESSES)}
    assert contents_of(bundle_uuid, "work") == expected
    assert contents_of(bundle_uuid) == expected


def import_one(bundle_uuid: UUID, process: int) -> int:
    files = {"file.txt": f"by {process}", f"{process}.txt": "x"}
    return api.import_version(bundle_uuid, files).version.version


def test_imports_make_gapless_versions(racers: ProcessPoolExecutor, bundle_uuid: UUID) -> None:
    results = race(racers, *[(import_one, bundle_uuid, n) for n in range(PROCESSES)])
    assert sorted(results) == list(range(1, PROCESSES + 1))
    assert_gapless(bundle_uuid)


def test_two_drafts_that_touched_different_files_both_survive(bundle_uuid: UUID) -> None:
    make_version(bundle_uuid, {"a.txt": "old a", "b.txt": "old b"})
    first, second = draft_of(bundle_uuid, "first"), draft_of(bundle_uuid, "second")
    api.write_draft_file(first, "a.txt", "new a")
    api.write_draft_file(second, "b.txt", "new b")
    api.commit_draft(first)
    api.commit_draft(second)
    assert contents_of(bundle_uuid) == {"a.txt": b"new a", "b.txt": b"new b"}


def commit(draft: UUID) -> int:
    return api.commit_draft(draft).version


def test_the_same_file_edited_in_two_drafts_is_a_conflict(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    make_version(bundle_uuid, {"file.txt": "start"})
    for number in range(ROUNDS):
        base = digest_of(contents_of(bundle_uuid)["file.txt"])
        drafts = [draft_of(bundle_uuid, f"{number}/{n}") for n in range(PROCESSES)]
        wishes = [digest_of(f"{number}, {n}".encode()) for n in range(PROCESSES)]
        for n, draft in enumerate(drafts):
            api.write_draft_file(draft, "file.txt", f"{number}, {n}")
        results = race(racers, *[(commit, draft) for draft in drafts])
        (winner,) = [n for n, result in enumerate(results) if isinstance(result, int)]
        for n, result in enumerate(results):
            if n != winner:
                assert isinstance(result, DraftConflict)
                (conflict,) = result.conflicts
                assert conflict.expected == base
                assert conflict.actual == wishes[winner]
                assert conflict.mine == wishes[n]
        latest = assert_gapless(bundle_uuid)
        assert latest is not None
        assert latest.version == number + 2


COMMITS = 10


def rewrite_until_committed(draft: UUID, bundle_uuid: UUID) -> int:
    number = 0
    while api.get_bundle(bundle_uuid).latest_version < COMMITS:
        number += 1
        api.write_draft_file(draft, "rewritten.txt", str(number))
    return number


def commit_often(draft: UUID) -> int:
    made = 0
    while made < COMMITS:
        try:
            api.commit_draft(draft)
            made += 1
        except DraftHasNoChangesToCommit:
            time.sleep(0.002)
    return made


def test_what_is_rewritten_while_a_commit_runs_stays_staged(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    draft = draft_of(bundle_uuid)
    last, made = race(racers, (rewrite_until_committed, draft, bundle_uuid), (commit_often, draft))
    assert contents_of(bundle_uuid, "work") == {"rewritten.txt": str(last).encode()}
    latest = assert_gapless(bundle_uuid)
    assert latest is not None
    assert latest.version == made == COMMITS
    committed = []
    for number in range(1, made + 1):
        with api.open_bundle_file(bundle_uuid, "rewritten.txt", version_number=number) as file:
            committed.append(int(file.read()))
    assert committed == sorted(set(committed))  # each commit has a later one


WRITES = 60


def rewrite(draft: UUID) -> None:
    for number in range(1, WRITES + 1):
        api.write_draft_file(draft, "rewritten.txt", str(number))


def write_others(draft: UUID) -> None:
    for number in range(1, WRITES + 1):
        api.write_draft_file(draft, f"other/{number % 40}.txt", str(number))


def update_often(draft: UUID) -> None:
    for _ in range(WRITES):
        api.update_draft(draft, on_conflict="theirs")


def test_updating_a_draft_drops_nothing_that_is_written_meanwhile(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    """The file that others have changed is rewritten again and again; the last one must stay."""
    draft = draft_of(bundle_uuid)
    make_version(bundle_uuid, {"rewritten.txt": "0"})
    results = race(racers, (rewrite, draft), (write_others, draft), (update_often, draft))
    assert results == [None] * 3
    shown = contents_of(bundle_uuid, "work")
    others = {f"other/{number % 40}.txt": number for number in range(1, WRITES + 1)}
    last = {"rewritten.txt": WRITES, **others}
    assert shown == {path: str(number).encode() for path, number in last.items()}


# Deleting -----------------------------------------------------------------------------------------


def delete(bundle_uuid: UUID) -> None:
    api.delete_bundle(bundle_uuid)


def test_deleting_a_bundle_while_it_is_committed(
    racers: ProcessPoolExecutor, collection: CollectionData
) -> None:
    for _round in range(ROUNDS):
        uuid = api.create_bundle(collection.uuid, "race").uuid
        runs = [(edit_and_commit, uuid, n, 1) for n in range(PROCESSES - 1)]
        *results, deleted = race(racers, *runs, (delete, uuid))
        assert deleted is None
        with pytest.raises(BundleNotFound):
            api.get_bundle(uuid)
        made = [result[0] for result in results if isinstance(result, list)]
        errors = [result for result in results if not isinstance(result, list)]
        assert {type(error) for error in errors} <= {BundleNotFound, DraftNotFound}
        assert api.undelete_bundle(uuid).latest_version == len(made)
        assert_gapless(uuid)


def delete_draft(draft: UUID) -> None:
    api.delete_draft(draft)


def test_deleting_a_draft_while_it_is_written_and_committed(
    racers: ProcessPoolExecutor, bundle_uuid: UUID
) -> None:
    for number in range(ROUNDS):
        draft = draft_of(bundle_uuid, f"work {number}")
        results = race(
            racers,
            *[(write_and_commit, draft, n, 3) for n in range(PROCESSES - 1)],
            (delete_draft, draft),
        )
        assert {type(result) for result in results} <= {int, DraftNotFound, type(None)}
        with pytest.raises(DraftNotFound):
            api.get_draft(draft)
        assert_gapless(bundle_uuid)


def create_bundle(collection_uuid: UUID) -> UUID:
    return api.create_bundle(collection_uuid, "race").uuid


def delete_collection(collection_uuid: UUID) -> None:
    api.delete_collection(collection_uuid)


def test_deleting_a_collection_while_bundles_are_made_in_it(racers: ProcessPoolExecutor) -> None:
    for _round in range(ROUNDS):
        uuid = api.create_collection("Race").uuid
        *results, deleted = race(
            racers, *[(create_bundle, uuid)] * (PROCESSES - 1), (delete_collection, uuid)
        )
        made = [result for result in results if isinstance(result, UUID)]
        if deleted is None:
            assert made == []
            assert {type(result) for result in results} == {CollectionNotFound}
        else:
            assert isinstance(deleted, InUse)
            assert len(made) == PROCESSES - 1
