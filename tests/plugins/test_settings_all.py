"""The settings of these tests have the plugins on."""

from __future__ import annotations

from django.conf import settings

from openedx_blockstore.settings import environment


def test_every_installed_plugin_is_on() -> None:
    """Whatever of this distribution has its libraries is an app."""
    assert set(environment.plugin_apps()) <= set(settings.INSTALLED_APPS)
