"""Django settings of the tests of plugins and of the bridge: the others', with all of them on."""

from __future__ import annotations

from openedx_blockstore.settings import environment
from tests import settings
from tests.settings import *  # noqa: F403 - all of them, as the name of this module says

INSTALLED_APPS = [
    *settings.INSTALLED_APPS,
    *environment.plugin_apps(),
    # Tables of the shape of the platform's.
    "tests.bridge.platform",
    # Of the platform: where completion goes, if there is such an app.
    "tests.bridge.apps.CompletionTables",
    "waffle",
    # Likewise: where blocks keep files and tell of events, and tables of their own.
    "djpyfs",
    "eventtracking.django.apps.EventTrackingConfig",
]
if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.mysql":
    # On MariaDB a migration of the second wants a column that there never was.
    INSTALLED_APPS += ["problem_builder", "submissions"]
EVENT_TRACKING_ENABLED = True
DJFS = {
    "type": "osfs",
    "directory_root": str(settings.TEST_DIR / "djfs"),
    "url_root": "/files-of-blocks",
}
OPENEDX_BLOCKSTORE = {
    **settings.OPENEDX_BLOCKSTORE,
    "PLUGINS": "all",
    "PLUGIN_SETTINGS": {
        # Tests say themselves when something is sent.
        "openedx_blockstore_webhooks": {"SENDER": "command"},
    },
}
environment.add_plugin_settings(globals())
