"""The log is in order for each bundle and collection, in whatever order transactions end."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from openedx_blockstore import api
from openedx_blockstore.api._event_positions import give_positions
from openedx_blockstore.data import BundleData, CollectionData, EventData, EventKind
from openedx_blockstore.exceptions import BundleNotFound
from openedx_blockstore.models import Event, EventLog
from tests.core.events.helpers import Recorder, logged, run
from tests.processes import processes

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(function: Callable[[], Any]) -> threading.Thread:
    """Run a function in a thread with a connection of its own."""

    def call() -> None:
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_positions_are_given_once_and_grow(bundle: BundleData) -> None:
    for number in range(5):
        api.import_version(bundle.uuid, {"a": str(number)})
        give_positions()
    positions = [event.position or 0 for event in logged()]
    assert positions == sorted(set(positions))
    assert positions[0] >= 1
    assert give_positions() == positions[-1]


def test_more_than_a_batch_gets_positions_in_the_order_of_ids(
    collection: CollectionData,
) -> None:
    template = Event.objects.order_by("pk")[0]
    Event.objects.bulk_create(
        Event(
            kind="collection.updated",
            at=template.at,
            collection_uuid=collection.uuid,
            payload={"facts": {"number": number}},
        )
        for number in range(1_700)
    )
    last = give_positions()
    rows = list(Event.objects.order_by("position").values_list("pk", "position"))
    assert rows == sorted(rows)
    assert rows[-1][1] == last
    assert len({position for _, position in rows}) == len(rows) == 1_701


def test_the_log_is_emptied_and_goes_on_where_it_was(bundle: BundleData) -> None:
    last = give_positions()
    Event.objects.all().delete()
    api.update_bundle(bundle.uuid, title="New")
    assert give_positions() > last


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite lets one transaction write at a time"
)
def test_a_transaction_that_ends_late_is_not_missed(
    bundle: BundleData, other_bundle: BundleData
) -> None:
    """It wrote its events first, and commits when others were long handled."""
    written, end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            api.import_version(bundle.uuid, {"a": "slow"})
            api.update_bundle(bundle.uuid, title="Slow")
            written.set()
            assert end.wait(60)

    thread = in_thread(slow)
    assert written.wait(60)
    for number in range(3):
        api.import_version(other_bundle.uuid, {"a": str(number)})
    recorder = Recorder()
    run(recorder)
    assert recorder.versions() == [1, 2, 3]
    assert recorder.versions(bundle.uuid) == []
    end.set()
    thread.join()
    api.import_version(bundle.uuid, {"a": "later"})
    run(recorder)
    assert recorder.versions(bundle.uuid) == [1, 2]
    assert {event.uuid for event in recorder.handled} == {event.uuid for event in logged()}
    kinds = [e.kind.value for e in recorder.handled if e.bundle_uuid == bundle.uuid]
    assert kinds == ["bundle.created", "version.created", "bundle.updated", "version.created"]


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite lets one transaction write at a time"
)
def test_many_transactions_end_in_any_order(collection: CollectionData) -> None:
    """Each waits for the one that began after it, so that they end in reverse."""
    count = 6
    bundles = [api.create_bundle(collection.uuid, "x").uuid for _ in range(count)]
    written = [threading.Event() for _ in range(count)]
    ended = [threading.Event() for _ in range(count + 1)]
    ended[count].set()

    def change(number: int) -> None:
        with transaction.atomic():
            api.import_version(bundles[number], {"a": "1"})
            written[number].set()
            assert ended[number + 1].wait(60)
        ended[number].set()

    recorder = Recorder()
    threads = []
    for number in range(count):
        threads.append(in_thread(lambda number=number: change(number)))  # type: ignore[misc]
        assert written[number].wait(60)
        run(recorder)
    for thread in threads:
        thread.join()
        run(recorder)
    found = [event.uuid for event in recorder.handled]
    assert sorted(found) == sorted(event.uuid for event in logged())


# Everybody at once -------------------------------------------------------------------------------


def rename(bundle_uuid: UUID, name: str, count: int) -> None:
    """Change the title again and again."""
    for number in range(count):
        api.update_bundle(bundle_uuid, title=f"{name} {number}")


def move(bundle_uuid: UUID, collections: list[UUID], count: int) -> None:
    """Move a bundle to and fro."""
    for number in range(count):
        api.update_bundle(bundle_uuid, collection_uuid=collections[number % len(collections)])


def commit(bundle_uuid: UUID, name: str, count: int) -> None:
    """Make versions."""
    draft = api.get_or_create_bundle_draft(bundle_uuid, name).uuid
    for number in range(count):
        api.write_draft_file(draft, f"{name}.txt", str(number))
        api.commit_draft(draft)


def notify(bundle_uuid: UUID, count: int) -> None:
    """Tell of annotations."""
    for _ in range(count):
        api.notify_annotation_changed(bundle_uuid, "tags")


def retitle(collection_uuid: UUID, name: str, count: int) -> None:
    """Change the title of a collection again and again."""
    for number in range(count):
        api.update_collection(collection_uuid, title=f"{name} {number}")


def place(count: int) -> None:
    """Give positions meanwhile."""
    for _ in range(count):
        give_positions()


def test_whatever_is_done_at_once_the_log_tells_it_in_its_order(
    collection: CollectionData, bundle: BundleData
) -> None:
    other = api.create_collection("Other").uuid
    runs: list[tuple[Any, ...]] = [
        (rename, bundle.uuid, "ada", 12),
        (rename, bundle.uuid, "ben", 12),
        (move, bundle.uuid, [other, collection.uuid], 12),
        (commit, bundle.uuid, "one", 8),
        (commit, bundle.uuid, "two", 8),
        (notify, bundle.uuid, 12),
        (retitle, collection.uuid, "eve", 12),
        (retitle, collection.uuid, "fay", 12),
        (place, 30),
        (place, 30),
    ]
    with processes(4) as executor:
        for future in [executor.submit(*each) for each in runs]:
            future.result(timeout=300)
    recorder = Recorder()
    run(recorder)
    assert len(recorder.handled) == Event.objects.count()
    own = [event for event in recorder.handled if event.bundle_uuid == bundle.uuid]
    assert [e.version for e in own if e.kind == EventKind.VERSION_CREATED] == list(range(1, 17))
    now = api.get_bundle(bundle.uuid)
    assert chain(own, "title") == now.title
    assert chain(own, "collection_uuid") == str(now.collection_uuid)
    # What it is said to be in is where it was by then.
    where = collection.uuid
    for event in own:
        changes = event.facts.get("changes", {})
        if "collection_uuid" in changes:
            where = UUID(changes["collection_uuid"][1])
        assert event.collection_uuid == where
    ofcollection = [event for event in recorder.handled if event.bundle_uuid is None]
    assert chain(ofcollection, "title") == api.get_collection(collection.uuid).title


def chain(events: list[EventData], name: str) -> Any:
    """Make sure that each change begins where the one before ended; return where the last did."""
    changes = [e.facts["changes"][name] for e in events if name in e.facts.get("changes", {})]
    for (_, after), (before, _) in itertools.pairwise(changes):
        assert after == before
    return changes[-1][1]


def delete_and_undelete(bundle_uuid: UUID, count: int) -> None:
    """Delete a bundle, and take it back."""
    for _ in range(count):
        try:
            api.delete_bundle(bundle_uuid)
        except BundleNotFound:
            # It returns the bundle, which others may have deleted by then.
            with contextlib.suppress(BundleNotFound):
                api.undelete_bundle(bundle_uuid)


def test_deletions_and_what_takes_them_back_alternate(bundle: BundleData) -> None:
    with processes(4) as executor:
        for future in [executor.submit(delete_and_undelete, bundle.uuid, 15) for _ in range(4)]:
            future.result(timeout=300)
    recorder = Recorder()
    run(recorder)
    kinds = [event.kind for event in recorder.handled if event.bundle_uuid == bundle.uuid][1:]
    expected = [EventKind.BUNDLE_DELETED, EventKind.BUNDLE_UNDELETED] * len(kinds)
    assert kinds == expected[: len(kinds)]
    assert len(kinds) > 10


def test_the_first_to_deliver_makes_the_log_s_row_whoever_that_is() -> None:
    with processes(3) as executor:
        for future in [executor.submit(place, 3) for _ in range(6)]:
            future.result(timeout=120)
    assert EventLog.objects.count() <= 1
