"""How LMS, Studio and the stand-alone project take the plugin in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig


class ValidationConfig(AppConfig):
    """Import validation: checks of OLX and assets, and the findings of versions."""

    name = "openedx_blockstore_validation"
    label = "openedx_blockstore_validation"
    verbose_name = "Blockstore import validation"
    default_auto_field = "django.db.models.BigAutoField"

    #: Read by edx-django-utils. The URL is searched for, not matched from the start.
    plugin_app: ClassVar[dict[str, Any]] = {
        "url_config": {
            project: {
                "namespace": "openedx_blockstore_validation",
                "regex": r"^api/blockstore/",
                "relative_path": "urls",
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
    }

    def ready(self) -> None:
        """Let Django's checks look at the settings."""
        from openedx_blockstore.plugin_tools import check_plugin_settings  # noqa: PLC0415
        from openedx_blockstore_validation import conf  # noqa: PLC0415 (needs the registry)

        check_plugin_settings(conf.PACKAGE, conf.ValidationSettings)
