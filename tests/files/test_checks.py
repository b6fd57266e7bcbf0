"""Settings with which files would be served unsafely, or not at all, are named at start."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from openedx_blockstore.checks import check_settings


@pytest.mark.parametrize(
    ("ours", "cookies", "found"),
    [
        ({"CONTENT_ROOT_URL": "https://content.example.net"}, ".example.com", []),
        ({"CONTENT_ROOT_URL": "https://content.example.com"}, ".example.com", ["E006"]),
        ({"CONTENT_ROOT_URL": "https://lms.example.com"}, None, ["E006"]),
        ({"CONTENT_ROOT_URL": "content.example.net"}, None, ["E005"]),
        ({"DOWNLOAD_STORAGE_ALIAS": "nowhere"}, None, ["E004"]),
    ],
)
def test_wrong_settings_are_found(
    settings: Settings, ours: dict[str, str], cookies: str | None, found: list[str]
) -> None:
    """A domain for content must not get the site's session."""
    settings.SESSION_COOKIE_DOMAIN = cookies
    settings.OPENEDX_BLOCKSTORE = {"PUBLIC_ROOT_URL": "https://lms.example.com", **ours}
    assert [message.id for message in check_settings()] == [
        f"openedx_blockstore.{code}" for code in found
    ]
