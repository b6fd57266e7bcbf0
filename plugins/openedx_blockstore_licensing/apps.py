"""How Blockstore, LMS and Studio take the licensing plugin in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig


class LicensingConfig(AppConfig):
    """Licences, publishers and attribution."""

    name = "openedx_blockstore_licensing"
    label = "openedx_blockstore_licensing"
    verbose_name = "Blockstore: licences"
    default_auto_field = "django.db.models.BigAutoField"

    plugin_app: ClassVar[dict[str, Any]] = {
        "url_config": {
            project: {
                "namespace": "openedx_blockstore_licensing",
                "regex": r"^api/blockstore/",
                "relative_path": "urls",
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
    }

    def ready(self) -> None:
        """Let Django's checks look at the settings."""
        # They need the apps to be there.
        from openedx_blockstore.plugin_tools import check_plugin_settings  # noqa: PLC0415
        from openedx_blockstore_licensing.conf import LicensingSettings  # noqa: PLC0415

        check_plugin_settings(self.name, LicensingSettings)
