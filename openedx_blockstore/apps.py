"""How LMS, Studio and any other Django project take Blockstore in."""

from __future__ import annotations

from importlib.util import find_spec
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

    def import_models(self) -> None:
        """Load the tables; and the definitions of the platform's signals, where it has such.

        They must be there before the app ``openedx_events`` looks at what its bus is to carry.
        """
        super().import_models()
        if _has_platform_events():
            from openedx_blockstore.platform_events import signals  # noqa: F401, PLC0415

    def ready(self) -> None:
        """Register the checks of the settings, and who hands over events."""
        from openedx_blockstore import checks  # noqa: F401, PLC0415  (needs the app registry)
        from openedx_blockstore.event_delivery import runner  # noqa: F401, PLC0415  (likewise)

        if _has_platform_events():
            from openedx_blockstore.platform_events import relay  # noqa: PLC0415  (likewise)

            relay.connect()


def _has_platform_events() -> bool:
    return find_spec("openedx_events") is not None
