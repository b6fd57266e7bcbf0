"""How LMS, Studio and any other Django project take Blockstore in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig

_SETTINGS = {
    "common": {"relative_path": "settings.common"},
    "production": {"relative_path": "settings.production"},
    "devstack": {"relative_path": "settings.common"},
    "test": {"relative_path": "settings.common"},
}


class BlockstoreConfig(AppConfig):
    """The core of Blockstore: one Django app; its inner boundaries are packages."""

    name = "openedx_blockstore"
    label = "openedx_blockstore"
    verbose_name = "Blockstore"
    default_auto_field = "django.db.models.BigAutoField"

    #: Read by edx-django-utils, which finds this class through the entry points of the
    #: distribution. The URL is searched for, not matched from the start, hence the caret.
    plugin_app: ClassVar[dict[str, Any]] = {
        "url_config": {
            project: {
                "namespace": "openedx_blockstore",
                "regex": r"^api/blockstore/",
                "relative_path": "urls",
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
        "settings_config": {
            project: dict(_SETTINGS) for project in ("lms.djangoapp", "cms.djangoapp")
        },
    }

    def ready(self) -> None:
        """Register the checks of the settings, and who hands over events."""
        from openedx_blockstore import checks  # noqa: F401, PLC0415  (needs the app registry)
        from openedx_blockstore.event_delivery import runner  # noqa: F401, PLC0415  (likewise)
