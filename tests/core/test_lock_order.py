"""Whoever needs a draft and its bundle locks the draft first, so that nobody waits in a circle."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Self
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections, models, transaction

from openedx_blockstore import api
from openedx_blockstore.data import BundleData, DraftData
from openedx_blockstore.exceptions import BlockstoreError, BundleNotFound, DraftNotFound
from openedx_blockstore.models import Bundle, Draft
from tests.core.races import assert_gapless, draft_of, race

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite lets one transaction write at a time"
    ),
]

Operation = Callable[[UUID], object]

#: What locks both, by what it is called in the tests.
OPERATIONS: dict[str, Operation] = {
    "commit": api.commit_draft,
    "write": lambda draft: api.write_draft_file(draft, "b.txt", "new"),
    "update": api.update_draft,
}


@pytest.fixture(autouse=True)
def _staged(bundle: BundleData, draft: DraftData) -> None:
    """There is something to commit, onto a version that is newer than what it was made against."""
    api.write_draft_file(draft.uuid, "a.txt", "mine")
    api.import_version(bundle.uuid, {"c.txt": "theirs"})


@contextlib.contextmanager
def holding(rows: models.QuerySet[models.Model]) -> Iterator[None]:
    """Lock rows, for as long as the block runs."""
    with transaction.atomic():
        assert list(rows.select_for_update())
        yield


class Later:
    """Something that is begun within a block, and has ended well at its end."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._errors: list[Exception] = []
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._function()
        except Exception as error:  # noqa: BLE001 - it is looked at in the end
            self._errors.append(error)
        finally:
            connections.close_all()

    def __enter__(self) -> Self:
        return self

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def is_running(self) -> bool:
        """Tell whether it is still at it."""
        return self._thread.is_alive()

    def __exit__(self, *_error: object) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()
        assert self._errors == []


def is_locked(rows: models.QuerySet[models.Model]) -> bool:
    """Tell whether anybody holds the lock of a row; asked over a connection of its own."""
    found: list[bool] = []

    def ask() -> None:
        try:
            with transaction.atomic():
                list(rows.select_for_update(nowait=True))
            found.append(False)
        except DatabaseError:
            found.append(True)
        finally:
            connections.close_all()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(30)
    return found[0]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_waits_for_the_bundle_holds_the_draft(
    bundle: BundleData, draft: DraftData, operation: str
) -> None:
    """So the draft was locked first."""
    bundles, drafts = (
        Bundle.objects.filter(uuid=bundle.uuid),
        Draft.objects.filter(uuid=draft.uuid),
    )
    with Later(lambda: OPERATIONS[operation](draft.uuid)) as later, holding(bundles):
        later.start()
        end = time.monotonic() + 30
        while not is_locked(drafts):
            assert time.monotonic() < end, "the draft was not locked"
            time.sleep(0.02)
        assert later.is_running()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_waits_for_the_draft_does_not_hold_the_bundle(
    bundle: BundleData, draft: DraftData, operation: str
) -> None:
    """Somebody who has the draft may still get the bundle."""
    bundles, drafts = (
        Bundle.objects.filter(uuid=bundle.uuid),
        Draft.objects.filter(uuid=draft.uuid),
    )
    with Later(lambda: OPERATIONS[operation](draft.uuid)) as later, holding(drafts):
        later.start()
        end = time.monotonic() + 1
        while time.monotonic() < end:
            assert not is_locked(bundles)
            time.sleep(0.02)
        assert later.is_running()


# Storms -------------------------------------------------------------------------------------------


def commit_often(bundle_uuid: UUID, name: str) -> None:
    """Write and commit, whatever becomes of the bundle."""
    for number in range(15):
        with contextlib.suppress(BundleNotFound, DraftNotFound):
            draft = draft_of(bundle_uuid, name)
            api.write_draft_file(draft, f"{name}.txt", str(number))
            with contextlib.suppress(BlockstoreError):
                api.commit_draft(draft)


def delete_often(bundle_uuid: UUID) -> None:
    """Delete the bundle, and take it back."""
    for _ in range(15):
        with contextlib.suppress(BundleNotFound):
            api.delete_bundle(bundle_uuid)
        with contextlib.suppress(BundleNotFound):
            api.undelete_bundle(bundle_uuid)


def drop_drafts(bundle_uuid: UUID, name: str) -> None:
    """Delete a draft that others commit."""
    for _ in range(15):
        with contextlib.suppress(BundleNotFound, DraftNotFound):
            api.delete_draft(draft_of(bundle_uuid, name))


def rename_often(bundle_uuid: UUID) -> None:
    """Change what is said of the bundle."""
    for number in range(15):
        with contextlib.suppress(BundleNotFound):
            api.update_bundle(bundle_uuid, title=str(number))


def deadlocks() -> int:
    """Return how often the server has found transactions that wait in a circle."""
    query = (
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        if connection.vendor == "postgresql"
        else "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS "
        "WHERE VARIABLE_NAME = 'INNODB_DEADLOCKS'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


@pytest.mark.slow
def test_commits_deletions_and_changes_at_once_never_wait_in_a_circle(
    racers: ProcessPoolExecutor, bundle: BundleData
) -> None:
    """The server counts when they do."""
    before = deadlocks()
    results = race(
        racers,
        (commit_often, bundle.uuid, "one"),
        (commit_often, bundle.uuid, "one"),
        (commit_often, bundle.uuid, "two"),
        (commit_often, bundle.uuid, "two"),
        (delete_often, bundle.uuid),
        (drop_drafts, bundle.uuid, "two"),
        (rename_often, bundle.uuid),
        (rename_often, bundle.uuid),
    )
    assert results == [None] * 8
    time.sleep(1.5)  # statistics are late
    assert deadlocks() == before
    with contextlib.suppress(BundleNotFound):
        api.undelete_bundle(bundle.uuid)
    assert assert_gapless(bundle.uuid) is not None
