"""Django's checks: a wrong setting is named at start, together with the mend."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import Error, Warning, run_checks  # noqa: A004 - Django's name
from django.core.management import call_command

from openedx_blockstore.checks import check_settings


def test_the_settings_of_the_tests_are_fine() -> None:
    assert list(check_settings()) == []
    call_command("check", fail_level="WARNING")


def test_the_checks_run_with_all_the_others(settings: Any) -> None:
    settings.OPENEDX_BLOCKSTORE = {"NONSENSE": 1}
    assert "openedx_blockstore.E001" in [each.id for each in run_checks()]


@pytest.mark.parametrize(
    "value", [{"MAX_FILES": "many"}, {"UNKNOWN": 1}, ["MAX_FILES"], None], ids=repr
)
def test_a_setting_that_can_not_be_read_is_an_error(settings: Any, value: Any) -> None:
    settings.OPENEDX_BLOCKSTORE = value
    (message,) = check_settings()
    assert isinstance(message, Error)
    assert message.id == "openedx_blockstore.E001"
    assert "OPENEDX_BLOCKSTORE" in message.msg


def test_a_storage_that_is_not_there_is_an_error_that_lists_those_that_are(settings: Any) -> None:
    settings.OPENEDX_BLOCKSTORE = {"STORAGE_ALIAS": "nowhere"}
    (message,) = check_settings()
    assert message.id == "openedx_blockstore.E002"
    assert "'nowhere'" in message.msg
    assert message.hint is not None
    assert "openedx_blockstore, " in message.hint or ", openedx_blockstore" in message.hint


@pytest.mark.parametrize("alias", ["default", "staticfiles"])
def test_a_storage_that_is_served_to_everybody_is_a_warning(settings: Any, alias: str) -> None:
    settings.OPENEDX_BLOCKSTORE = {"STORAGE_ALIAS": alias}
    (message,) = check_settings()
    assert isinstance(message, Warning)
    assert message.id == "openedx_blockstore.W001"


def test_a_cache_that_is_not_there_is_an_error(settings: Any) -> None:
    settings.OPENEDX_BLOCKSTORE = {"CACHE_ALIAS": "nowhere", "STORAGE_ALIAS": "nowhere"}
    assert [message.id for message in check_settings()] == [
        "openedx_blockstore.E002",
        "openedx_blockstore.E003",
    ]
