"""Wrong settings of search are said at start, with the mend."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from tests.plugins.search.conftest import search_settings


def _messages() -> list[str]:
    return [
        message.msg
        for message in run_checks()
        if (message.id or "").startswith("openedx_blockstore_search")
    ]


def test_settings_that_are_right_say_nothing() -> None:
    assert _messages() == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ENGINE": "none"}, "There is no search engine 'none'; there are: "),
        ({"ENGINE": 3}, "'ENGINE' must be"),
        ({"PAGE_SIZE": 0}, "'PAGE_SIZE' must be"),
        ({"PAGE_SIZE": 101}, "'PAGE_SIZE' must be"),
        ({"ENGINES": []}, "'ENGINES' must be"),
        ({"ENGINES": {"sqlite": {"FOLDER": "x"}}}, "has no setting 'FOLDER'"),
        ({"COLOUR": "red"}, "unknown key 'COLOUR'"),
    ],
    ids=str,
)
def test_wrong_settings_are_said(settings: Settings, values: dict[str, Any], message: str) -> None:
    search_settings(settings, **values)
    (found,) = _messages()
    assert message in found
