"""Events handed over by the process that made the change, right after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from openedx_blockstore import api
from openedx_blockstore.api._events import recorded
from openedx_blockstore.data import BundleData
from openedx_blockstore.event_delivery.runner import chosen_runner, deliver_all
from openedx_blockstore.models import Event
from tests.core.events.consumers import handled, let, versions
from tests.core.events.helpers import logged, set_aside, state
from tests.counting import counting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("registered")]

Choose = Callable[..., None]


@pytest.fixture(autouse=True)
def inline(runner: Choose) -> None:
    """Events are handed over inline."""
    runner("inline")


def make_versions(bundle: BundleData, first: int, last: int) -> None:
    for number in range(first, last + 1):
        api.import_version(bundle.uuid, {"a": str(number)})


def test_a_change_is_handled_when_the_function_returns(bundle: BundleData) -> None:
    make_versions(bundle, 1, 2)
    assert versions("first") == versions("second") == [1, 2]
    assert [line.kind for line in handled("first")] == [event.kind for event in logged()]
    assert {line.kind for line in handled("second")} == {"version.created"}


def test_inside_a_transaction_of_the_host_it_waits_for_its_end(bundle: BundleData) -> None:
    with transaction.atomic():
        make_versions(bundle, 1, 2)
        with transaction.atomic():
            make_versions(bundle, 3, 3)
        assert versions() == []
    assert versions() == [1, 2, 3]


def test_what_is_rolled_back_is_never_handled(bundle: BundleData) -> None:
    with transaction.atomic():
        make_versions(bundle, 1, 2)
        transaction.set_rollback(True)
    with transaction.atomic():
        make_versions(bundle, 1, 1)
        with transaction.atomic():
            make_versions(bundle, 2, 2)
            transaction.set_rollback(True)
    assert versions() == [1]
    assert len(handled()) == Event.objects.count()


def test_a_transaction_asks_once_however_much_it_changed(
    bundle: BundleData,
) -> None:
    asked: list[int] = []

    def note(**_kwargs: Any) -> None:
        asked.append(Event.objects.count())

    recorded.connect(note)
    with transaction.atomic():
        make_versions(bundle, 1, 4)
    recorded.disconnect(note)
    assert asked == [Event.objects.count()]


def test_a_consumer_that_fails_is_no_business_of_the_author(bundle: BundleData) -> None:
    let("first", "fail", 2)
    make_versions(bundle, 1, 3)
    assert api.get_bundle(bundle.uuid).latest_version == 3
    assert versions("first") == [1]
    assert versions("second") == [1, 2, 3]
    assert set_aside("first") == [("failed", 2), ("waiting", 3)]


def test_a_consumer_that_can_not_work_is_no_business_of_the_author(bundle: BundleData) -> None:
    let("first", "down")
    make_versions(bundle, 1, 3)
    assert versions("first") == []
    assert versions("second") == [1, 2, 3]
    assert set_aside("first") == []
    assert state("first").failures == 1


def test_what_a_consumer_changes_is_handled_as_well_and_not_within_it(bundle: BundleData) -> None:
    let("second", "relay")
    make_versions(bundle, 1, 2)
    kinds = [line.kind for line in handled("first") if line.bundle_uuid is not None]
    assert kinds == ["bundle.created", *["version.created", "annotation.changed"] * 2]
    assert state("first").position == state("second").position


def test_a_broken_plugin_does_not_keep_others_from_theirs(
    bundle: BundleData,
    use_plugins: Callable[..., None],
    installer: Any,
    runner: Choose,
    caplog: pytest.LogCaptureFixture,
) -> None:
    installer.install(
        "stranger-broken",
        {"openedx_blockstore.event_consumers": {"broken": "stranger_broken:Nothing"}},
        {"stranger_broken/__init__.py": ""},
    )
    installer.set(PLUGINS=["tests", "stranger_broken"])
    make_versions(bundle, 1, 1)
    assert versions("first") == [1]


def test_the_database_failing_is_logged_and_made_up_for(
    bundle: BundleData, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "eventconsumerstate" in sql.lower():
            raise RuntimeError("the database is gone")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        make_versions(bundle, 1, 1)
    assert "the database is gone" in caplog.text
    assert versions() == []
    make_versions(bundle, 2, 2)
    assert versions() == [1, 2]


def test_one_change_does_not_take_forever(
    bundle: BundleData, runner: Choose, caplog: pytest.LogCaptureFixture
) -> None:
    let("first", "slow")
    runner("inline", EVENT_INLINE_SECONDS=1)
    with transaction.atomic():
        make_versions(bundle, 1, 12)
    assert 0 < len(versions("first")) < 12
    assert "the rest goes later" in caplog.text
    deliver_all()
    assert versions("first") == list(range(1, 13))


def test_the_command_alone_hands_over_if_that_is_wished(bundle: BundleData, runner: Choose) -> None:
    runner("command")
    with counting() as cost:
        make_versions(bundle, 1, 2)
    assert versions() == []
    runner("inline")
    with counting() as more:
        make_versions(bundle, 3, 4)
    assert versions() == [1, 2, 3, 4]
    assert more.statements > cost.statements


def test_auto_is_celery_where_there_is_a_broker(runner: Choose, settings: Any) -> None:
    runner("auto")
    assert chosen_runner() == "inline"
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert chosen_runner() == "celery"
    settings.CELERY_BROKER_URL = None
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    assert chosen_runner() == "celery"
    runner("inline")
    assert chosen_runner() == "inline"
