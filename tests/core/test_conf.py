"""The typed reader of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from openedx_blockstore.bundle_types import max_files
from openedx_blockstore.conf import BlockstoreSettings, get_settings, public_root_url


@pytest.fixture
def without_settings(settings: Any) -> Iterator[None]:
    """The host says nothing about Blockstore. Django tells nobody that a setting was removed."""
    del settings.OPENEDX_BLOCKSTORE
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.usefixtures("without_settings")
def test_without_settings_everything_has_its_documented_default() -> None:
    assert get_settings() == BlockstoreSettings()
    ours = get_settings()
    assert (ours.MAX_FILES, ours.MAX_DEPENDENCIES) == (100, 2_000)
    assert (ours.MAX_PATH_LENGTH, ours.MAX_TITLE_LENGTH) == (500, 180)
    assert ours.STORAGE_ALIAS == "openedx_blockstore"
    assert ours.DURABLE_WRITES is True


def test_a_given_setting_wins_and_the_rest_keeps_its_default(settings: Any) -> None:
    settings.OPENEDX_BLOCKSTORE = {"MAX_FILES": 7}
    assert get_settings() == BlockstoreSettings(MAX_FILES=7)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "must be a dictionary"),
        ("MAX_FILES", "must be a dictionary"),
        ({"MAX_FILS": 1}, "unknown key 'MAX_FILS'.*MAX_FILES"),
        ({"MAX_FILES": "100"}, "MAX_FILES"),
        ({"MAX_FILES": 0}, "MAX_FILES"),
        ({"MAX_FILES": -1}, "MAX_FILES"),
        ({"MAX_FILES": None}, "MAX_FILES"),
        ({"MAX_FILES_BY_TYPE": {"video": 0}}, "MAX_FILES_BY_TYPE|0"),
        ({"MAX_FILES_BY_TYPE": {5: 1}}, "MAX_FILES_BY_TYPE|str"),
        ({"MAX_FILES_BY_TYPE": [("video", 1)]}, "MAX_FILES_BY_TYPE"),
        ({"STORAGE_ALIAS": 5}, "STORAGE_ALIAS"),
        ({"DURABLE_WRITES": "yes"}, "DURABLE_WRITES"),
        ({"MAX_PATH_LENGTH": 501}, "MAX_PATH_LENGTH"),
        ({"MAX_TITLE_LENGTH": 181}, "MAX_TITLE_LENGTH"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(settings: Any, value: Any, reason: str) -> None:
    settings.OPENEDX_BLOCKSTORE = value
    with pytest.raises(ImproperlyConfigured, match=reason):
        get_settings()


def test_limits_of_types_are_added_to_the_defaults(settings: Any) -> None:
    settings.OPENEDX_BLOCKSTORE = {"MAX_FILES": 5, "MAX_FILES_BY_TYPE": {"video": 7, "own": 9}}
    assert max_files("video") == (7, "MAX_FILES_BY_TYPE")
    assert max_files("own") == (9, "MAX_FILES_BY_TYPE")
    assert max_files("sequence") == (500, "MAX_FILES_BY_TYPE")
    assert max_files("unit") == (5, "MAX_FILES")


@pytest.mark.parametrize(
    ("ours", "host", "expected"),
    [
        ("", None, ""),
        ("", "https://lms.example.com/", "https://lms.example.com"),
        ("https://store.example.com/", "https://lms.example.com", "https://store.example.com"),
    ],
)
def test_the_root_of_urls_is_ours_or_the_host_s(
    settings: Any, ours: str, host: str | None, expected: str
) -> None:
    settings.OPENEDX_BLOCKSTORE = {"PUBLIC_ROOT_URL": ours}
    settings.LMS_ROOT_URL = host
    assert public_root_url() == expected
