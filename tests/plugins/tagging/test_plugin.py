"""The plugin as the core finds it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

from openedx_blockstore import plugin_manager
from openedx_blockstore.plugin_api import AnnotationSource, EventConsumer
from openedx_blockstore_tagging.annotations import TagAnnotations
from openedx_blockstore_tagging.announcing import Announcer
from openedx_blockstore_tagging.conf import TaggingSettings, get_settings


def test_the_core_finds_it() -> None:
    assert isinstance(plugin_manager.plugins(AnnotationSource)["tagging"], TagAnnotations)
    assert isinstance(plugin_manager.plugins(EventConsumer)["tagging"], Announcer)


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    output = StringIO()
    call_command(
        "makemigrations", "openedx_blockstore_tagging", "--check", "--dry-run", stdout=output
    )
    assert "No changes" in output.getvalue()


@pytest.mark.parametrize(
    "value", [{"IMPORTED_TAXONOMIES": "all"}, {"IMPORTED_TAXONOMIES": None}, {"UNKNOWN": 1}]
)
def test_wrong_settings_are_said_at_start(settings: Settings, value: object) -> None:
    assert get_settings() == TaggingSettings("create")
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "PLUGIN_SETTINGS": {"openedx_blockstore_tagging": value},
    }
    output = StringIO()
    with pytest.raises(SystemCheckError, match="openedx_blockstore_tagging"):
        call_command("check", stdout=output, stderr=output)
