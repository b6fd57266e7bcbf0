"""Reading, replaying and trimming the log; what can be done about events that failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from openedx_blockstore import api
from openedx_blockstore.api._event_positions import give_positions
from openedx_blockstore.data import BundleData, CollectionData, EventKind
from openedx_blockstore.event_delivery.runner import deliver_all
from openedx_blockstore.exceptions import Invalid, NotFound, PluginError, PluginNotFound
from openedx_blockstore.models import Event, EventLog, SetAsideEvent
from tests.core.events.consumers import folder, handled, heal, let, versions
from tests.core.events.helpers import logged, set_aside

pytestmark = pytest.mark.django_db(transaction=True)

FOREVER = datetime(3000, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def by_command(runner: Callable[..., None]) -> None:
    """Nothing is handed over but when it is asked for."""
    runner("command")


def make_versions(bundle: BundleData, first: int, last: int) -> None:
    for number in range(first, last + 1):
        api.import_version(bundle.uuid, {"a": str(number)})


# Reading -----------------------------------------------------------------------------------------


def test_the_log_of_a_collection_is_read_newest_first(
    collection: CollectionData, bundle: BundleData, other_bundle: BundleData
) -> None:
    elsewhere = api.create_collection("Elsewhere")
    make_versions(bundle, 1, 3)
    events = [event for event in reversed(logged()) if event.collection_uuid == collection.uuid]
    assert api.get_events(collection.uuid) == events
    assert len(events) == 6
    assert api.get_events(collection.uuid, limit=2) == events[:2]
    assert api.get_events(collection.uuid, before=events[1].uuid, limit=2) == events[2:4]
    assert api.get_events(str(collection.uuid), before=str(events[-1].uuid)) == []
    own = api.get_events(collection.uuid, bundle_uuid=bundle.uuid)
    assert own == [event for event in events if event.bundle_uuid == bundle.uuid]
    assert [event.kind for event in api.get_events(elsewhere.uuid)] == [
        EventKind.COLLECTION_CREATED
    ]
    assert api.get_events(UUID(int=7)) == api.get_events("nonsense") == []
    assert api.get_events(collection.uuid, bundle_uuid="nonsense") == []
    with pytest.raises(NotFound):
        api.get_events(collection.uuid, before=UUID(int=7))


def test_the_log_of_a_collection_outlives_it(collection: CollectionData) -> None:
    api.delete_collection(collection.uuid)
    kinds = [event.kind for event in api.get_events(collection.uuid)]
    assert kinds == [EventKind.COLLECTION_DELETED, EventKind.COLLECTION_CREATED]


# Consumers ---------------------------------------------------------------------------------------


def test_there_are_no_consumers_without_plugins(bundle: BundleData) -> None:
    assert api.get_event_consumers() == []
    with pytest.raises(PluginNotFound, match="there are: none"):
        api.replay_events("first")


@pytest.mark.usefixtures("registered")
def test_consumers_are_listed_with_what_keeps_them(bundle: BundleData) -> None:
    make_versions(bundle, 1, 2)
    first, second = api.get_event_consumers()
    assert (first.name, first.enabled, first.position, first.lag) == ("first", True, 0, 4)
    assert first.last_success is None
    let("first", "fail", 1)
    deliver_all()
    make_versions(bundle, 3, 4)
    first, second = api.get_event_consumers()
    assert (first.position, second.position) == (4, 4)
    assert (first.failed, first.waiting, first.dead, first.lag) == (1, 1, 0, 2)
    assert "can not handle version 1" in first.last_error
    assert first.last_success is not None
    assert (second.failed, second.last_error, second.last_error_at) == (0, "", None)
    aside = api.get_set_aside_events("first")
    assert [(each.state, each.event.version, each.attempts) for each in aside] == [
        ("failed", 1, 1),
        ("waiting", 2, 0),
    ]
    assert aside[0].consumer == "first"
    assert aside[0].next_attempt is not None
    assert api.get_set_aside_events("second") == []
    assert api.get_set_aside_events(limit=1) == aside[:1]


@pytest.mark.usefixtures("registered")
def test_a_consumer_whose_plugin_is_gone_keeps_its_place(
    bundle: BundleData, installer: Any
) -> None:
    make_versions(bundle, 1, 2)
    deliver_all()
    installer.set(PLUGINS=[])
    make_versions(bundle, 3, 4)
    deliver_all()
    first, _second = api.get_event_consumers()
    assert (first.enabled, first.lag) == (False, 2)
    installer.set(PLUGINS=["tests"])
    deliver_all()
    assert versions("first") == [1, 2, 3, 4]


@pytest.mark.usefixtures("registered")
def test_a_replay_begins_with_the_first_event_there_is(bundle: BundleData) -> None:
    make_versions(bundle, 1, 3)
    let("first", "fail", 2)
    deliver_all()
    heal("first", "fail", 2)
    api.replay_events("first")
    assert api.get_event_consumers()[0].replaying
    deliver_all()
    assert [line.uuid for line in handled("first")][-5:] == [event.uuid for event in logged()]
    assert versions("second") == [1, 2, 3]
    assert (folder() / "first.replays").read_text() == "replay\n"
    assert not (folder() / "second.replays").exists()
    assert set_aside("first") == []


@pytest.mark.usefixtures("registered")
def test_a_replay_may_be_asked_for_before_anything_was_handled(bundle: BundleData) -> None:
    api.replay_events("second")
    make_versions(bundle, 1, 1)
    deliver_all()
    assert versions("second") == [1]
    assert (folder() / "second.replays").exists()


@pytest.mark.usefixtures("registered")
def test_what_was_given_up_can_be_tried_again(
    bundle: BundleData, runner: Callable[..., None]
) -> None:
    runner("command", EVENT_MAX_ATTEMPTS=1)
    make_versions(bundle, 1, 4)
    let("first", "fail", 1)
    let("first", "fail", 3)
    deliver_all()
    assert set_aside("first") == [("dead", 1), ("dead", 3)]
    assert versions("first") == [2, 4]
    third = api.get_set_aside_events("first")[1].event
    heal("first", "fail", 3)
    assert api.retry_events("first", third.uuid) == 1
    deliver_all()
    assert set_aside("first") == [("dead", 1)]
    assert versions("first") == [2, 4, 3]
    assert api.retry_events("first") == 1
    deliver_all()
    assert set_aside("first") == [("dead", 1)]
    heal("first", "fail", 1)
    assert api.retry_events("first") == 1
    deliver_all()
    assert versions("first") == [2, 4, 3, 1]
    assert api.retry_events("first") == 0


@pytest.mark.usefixtures("registered")
def test_others_go_on_when_what_failed_is_dropped(bundle: BundleData) -> None:
    make_versions(bundle, 1, 3)
    let("first", "fail", 1)
    deliver_all()
    assert set_aside("first") == [("failed", 1), ("waiting", 2), ("waiting", 3)]
    assert api.drop_events("first") == 0  # nothing was given up
    failed = api.get_set_aside_events("first")[0].event
    assert api.drop_events("first", failed.uuid) == 1
    deliver_all()
    assert versions("first") == [2, 3]
    assert set_aside("first") == []
    with pytest.raises(NotFound, match="has set no event"):
        api.drop_events("first", failed.uuid)
    with pytest.raises(NotFound):
        api.retry_events("first", "nonsense")


# Trimming ----------------------------------------------------------------------------------------


def test_a_log_that_nobody_reads_is_trimmed_by_age(bundle: BundleData) -> None:
    make_versions(bundle, 1, 4)
    old = datetime.now(UTC) - timedelta(days=100)
    keys = Event.objects.order_by("pk").values_list("pk", flat=True)[:3]
    Event.objects.filter(pk__in=list(keys)).update(at=old)
    before = datetime.now(UTC) - timedelta(days=90)
    found = api.trim_events(before, dry_run=True)
    assert (found.count, found.kept, found.dry_run) == (3, 0, True)
    assert Event.objects.count() == 6
    found = api.trim_events(before)
    assert (found.count, found.kept, found.dry_run) == (3, 0, False)
    assert [event.version for event in logged()] == [2, 3, 4]
    assert api.trim_events(before).count == 0


@pytest.mark.usefixtures("registered")
def test_what_a_consumer_has_not_handled_is_kept(bundle: BundleData) -> None:
    make_versions(bundle, 1, 2)
    assert api.trim_events(FOREVER).kept_for == ("first", "second")
    assert len(logged()) == 4
    deliver_all()
    make_versions(bundle, 3, 3)
    found = api.trim_events(FOREVER)
    assert (found.count, found.kept) == (4, 1)
    deliver_all()
    assert versions("first") == [1, 2, 3]
    assert api.trim_events(FOREVER).count == 1


@pytest.mark.usefixtures("registered")
def test_what_a_consumer_has_set_aside_is_kept(bundle: BundleData) -> None:
    make_versions(bundle, 1, 2)
    let("first", "fail", 1)
    deliver_all()
    found = api.trim_events(FOREVER)
    assert (found.count, found.kept, found.kept_for) == (2, 2, ("first",))
    heal("first", "fail", 1)
    api.retry_events("first")
    deliver_all()
    assert versions("first") == [1, 2]
    assert api.trim_events(FOREVER).count == 2


@pytest.mark.usefixtures("registered")
def test_what_is_to_be_replayed_is_kept(bundle: BundleData) -> None:
    make_versions(bundle, 1, 2)
    deliver_all()
    api.replay_events("second")
    assert api.trim_events(FOREVER).kept_for == ("second",)


@pytest.mark.usefixtures("registered")
def test_a_consumer_that_is_off_keeps_nothing(bundle: BundleData, installer: Any) -> None:
    make_versions(bundle, 1, 2)
    installer.set(PLUGINS=[])
    assert api.trim_events(FOREVER).count == 4


@pytest.mark.usefixtures("registered")
def test_force_trims_what_is_needed(bundle: BundleData, caplog: pytest.LogCaptureFixture) -> None:
    make_versions(bundle, 1, 2)
    let("first", "fail", 1)
    deliver_all()
    make_versions(bundle, 3, 3)
    found = api.trim_events(FOREVER, force=True)
    assert (found.count, found.kept) == (5, 0)
    assert not SetAsideEvent.objects.exists()
    make_versions(bundle, 4, 4)
    deliver_all()
    assert versions("first") == [4]
    # A replay says that it is not everything.
    api.replay_events("first")
    deliver_all()
    assert versions("first") == [4, 4]
    assert "The log does not go back to the beginning" in caplog.text
    assert EventLog.objects.get().trimmed_position == give_positions() - 1


@pytest.mark.usefixtures("registered")
def test_nothing_is_trimmed_while_nobody_knows_who_needs_it(
    bundle: BundleData, installer: Any
) -> None:
    installer.install(
        "stranger-broken",
        {"openedx_blockstore.event_consumers": {"broken": "stranger_broken:Nothing"}},
        {"stranger_broken/__init__.py": ""},
    )
    installer.set(PLUGINS=["tests", "stranger_broken"])
    with pytest.raises(PluginError):
        api.trim_events(FOREVER)
    assert api.trim_events(FOREVER, force=True).count == 2


def test_many_events_are_trimmed_in_batches(collection: CollectionData) -> None:
    template = logged()[0]
    Event.objects.bulk_create(
        Event(
            kind="collection.updated",
            at=template.at,
            collection_uuid=collection.uuid,
            payload={"facts": {}},
        )
        for _ in range(1_200)
    )
    assert api.trim_events(FOREVER).count == 1_201
    assert not Event.objects.exists()


@pytest.mark.parametrize("value", [None, 5, "2020-01-01", datetime(2020, 1, 1)])  # noqa: DTZ001
def test_a_time_without_a_zone_is_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        api.trim_events(value)


# Commands ----------------------------------------------------------------------------------------


def output(capsys: pytest.CaptureFixture[str], *command: Any) -> str:
    call_command(*command)
    return capsys.readouterr().out


@pytest.mark.usefixtures("registered")
def test_the_command_hands_over_once_and_says_so(
    bundle: BundleData, capsys: pytest.CaptureFixture[str]
) -> None:
    make_versions(bundle, 1, 2)
    text = output(capsys, "blockstore_consume", "--once", "--consumer", "second")
    assert text == "second was given 2 events.\n"
    assert versions("first") == []
    text = output(capsys, "blockstore_consume", "--once")
    assert text == "first was given 4 events.\n"
    assert output(capsys, "blockstore_consume", "--once") == ""


@pytest.mark.usefixtures("registered")
def test_the_command_shows_and_mends(
    bundle: BundleData, capsys: pytest.CaptureFixture[str], runner: Callable[..., None]
) -> None:
    runner("command", EVENT_MAX_ATTEMPTS=1)
    make_versions(bundle, 1, 2)
    let("first", "fail", 1)
    let("second", "down")
    text = output(capsys, "blockstore_consume", "--once", "--status")
    assert "first\n  0 events behind, at 4\n" in text
    assert "set aside: 0 that failed, 0 that wait for them, 1 that were given up" in text
    assert "ValueError: first can not handle version 1" in text
    assert "second\n  4 events behind, at 0\n  can not work; is asked again at" in text
    event = api.get_set_aside_events("first")[0].event
    text = output(
        capsys, "blockstore_consume", "--retry", "first", "--event", str(event.uuid), "--once"
    )
    assert text == "first: 1 event to be tried again.\nfirst was given 1 event.\n"
    assert output(capsys, "blockstore_consume", "--drop", "first") == (
        "first: 1 event forgotten.\n"
    )
    heal("second", "down")
    text = output(capsys, "blockstore_consume", "--replay", "second", "--once")
    assert text.endswith("second was given 2 events.\n")
    assert '"lag": 0' in output(capsys, "blockstore_consume", "--status", "--json")


@pytest.mark.usefixtures("registered")
def test_the_status_for_programs_is_all_that_they_read(
    bundle: BundleData, capsys: pytest.CaptureFixture[str]
) -> None:
    make_versions(bundle, 1, 1)
    text = output(capsys, "blockstore_consume", "--replay=first", "--once", "--status", "--json")
    assert [(each["name"], each["lag"]) for each in json.loads(text)] == [
        ("first", 0),
        ("second", 0),
    ]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--consumer", "nobody", "--once"], "there are: first, second"),
        (["--replay", "nobody"], "No plugin is called"),
        (["--retry", "first", "--event", "nonsense"], "has set no event"),
        (["--event", "x"], "--event goes with"),
        (["--interval", "0"], "more than 0"),
        (["--interval", "nan"], "more than 0"),
        (["--interval", "inf"], "86,400 at most"),
        (["--json"], "--json goes with --status"),
        (["--consumer", "nobody", "--replay", "first", "--drop", "first"], "there are: first"),
    ],
)
def test_the_command_says_what_is_wrong(
    bundle: BundleData, arguments: list[str], message: str
) -> None:
    with pytest.raises(Exception, match=message):
        call_command("blockstore_consume", *arguments)
    assert not any(consumer.replaying for consumer in api.get_event_consumers())


@pytest.mark.usefixtures("registered")
def test_the_command_says_if_it_could_not(
    bundle: BundleData, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and "eventconsumerstate" in sql:
            raise OperationalError("the disk is full")
        return execute(sql, params, many, context)

    with (
        connection.execute_wrapper(fail),
        pytest.raises(CommandError, match="could not be handed to first, second"),
    ):
        call_command("blockstore_consume", "--once")
    assert "the disk is full" in caplog.text
    call_command("blockstore_consume", "--once")
    assert handled("first")


@pytest.mark.usefixtures("registered")
def test_the_log_is_trimmed_by_a_command(
    bundle: BundleData, capsys: pytest.CaptureFixture[str]
) -> None:
    make_versions(bundle, 1, 2)
    text = output(capsys, "trim_events", "--older-than", "0", "--dry-run")
    assert text == (
        "0 events would be removed from the log.\n"
        "4 older events were kept, since they are needed by first, second.\n"
    )
    deliver_all()
    assert output(capsys, "trim_events", "--older-than", "1") == (
        "0 events were removed from the log.\n"
    )
    assert output(capsys, "trim_events", "--older-than", "0", "--force") == (
        "4 events were removed from the log.\n"
    )
    for days in ("-1", "nan", "1e9"):
        with pytest.raises(Exception, match="--older-than must be"):
            call_command("trim_events", "--older-than", days)
