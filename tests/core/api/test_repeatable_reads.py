"""Inside a transaction of a host that goes on seeing what it saw first, as MySQL has it by default.

Others write meanwhile. What they have written is never lost unnoticed, though the host can not see
it. (PostgreSQL undoes such a transaction instead, and on SQLite nobody else can write.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, DraftData
from openedx_blockstore.exceptions import DraftConflict
from tests.core.helpers import contents_of, make_version

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "mysql", reason="needs MySQL or MariaDB"),
]


@contextmanager
def old_view(draft: DraftData) -> Iterator[None]:
    """A transaction of a host that has looked at a draft, and sees it like that from now on."""
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    try:
        with transaction.atomic():
            api.get_draft(draft.uuid)
            yield
    finally:
        connection.close()


def elsewhere(run: Callable[[], object]) -> None:
    """Do something in another connection, and commit it."""

    def run_and_close() -> None:
        try:
            run()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run_and_close).result()


def write_elsewhere(draft: DraftData, path: str, contents: str | None) -> None:
    elsewhere(lambda: api.write_draft_file(draft.uuid, path, contents))


def test_what_others_have_written_since_survives_a_commit(
    bundle: BundleData, draft: DraftData
) -> None:
    api.write_draft_file(draft.uuid, "a", "first")
    with old_view(draft):
        write_elsewhere(draft, "a", "second")
        api.commit_draft(draft.uuid)
    assert contents_of(bundle.uuid, draft.name) == {"a": b"second"}


def test_what_others_have_taken_back_since_is_not_committed(
    bundle: BundleData, draft: DraftData
) -> None:
    api.write_draft_files(draft.uuid, {"a": "taken back", "b": "kept"})
    with old_view(draft):
        write_elsewhere(draft, "a", None)
        api.commit_draft(draft.uuid)
    assert contents_of(bundle.uuid) == {"b": b"kept"}


def test_what_others_have_written_since_survives_an_update(
    bundle: BundleData, draft: DraftData
) -> None:
    make_version(bundle.uuid, {"a": "old"})
    api.write_draft_file(draft.uuid, "a", "same")
    make_version(bundle.uuid, {"a": "same"})
    with old_view(draft):
        write_elsewhere(draft, "a", "other")
        with pytest.raises(DraftConflict):
            api.update_draft(draft.uuid)
    assert contents_of(bundle.uuid, draft.name) == {"a": b"other"}


@pytest.mark.parametrize("staged_before", [True, False])
def test_who_started_from_what_is_not_there_any_more_is_told(
    bundle: BundleData, draft: DraftData, staged_before: bool
) -> None:
    make_version(bundle.uuid, {"a": "old"})
    if staged_before:
        api.write_draft_file(draft.uuid, "a", "first")
    digest = api.get_draft(draft.uuid).files["a"].hash_digest
    with old_view(draft):
        write_elsewhere(draft, "a", "second")
        with pytest.raises(DraftConflict):
            api.write_draft_file(draft.uuid, "a", "mine", if_match=digest)
    assert contents_of(bundle.uuid, draft.name) == {"a": b"second"}


def test_writes_of_others_since_do_not_change_what_mine_are_judged_by(
    bundle: BundleData, draft: DraftData
) -> None:
    """The first change that is staged decides what the draft is laid over; others were first."""
    make_version(bundle.uuid, {"a": "1", "b": "1"})
    with old_view(draft):
        write_elsewhere(draft, "a", "2")
        api.write_draft_file(draft.uuid, "b", "2")
    assert contents_of(bundle.uuid, draft.name) == {"a": b"2", "b": b"2"}
    api.commit_draft(draft.uuid)
    assert contents_of(bundle.uuid) == {"a": b"2", "b": b"2"}
