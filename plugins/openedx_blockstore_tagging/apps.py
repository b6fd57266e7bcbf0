"""How LMS, Studio and the stand-alone project take the plugin in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig


class TaggingConfig(AppConfig):
    """Tags on collections, bundles and parts of bundles."""

    name = "openedx_blockstore_tagging"
    label = "openedx_blockstore_tagging"
    verbose_name = "Blockstore: tags"
    default_auto_field = "django.db.models.BigAutoField"

    #: Read by edx-django-utils, which finds this class through the entry points.
    plugin_app: ClassVar[dict[str, Any]] = {
        "url_config": {
            project: {
                "namespace": "openedx_blockstore_tagging",
                "regex": r"^api/blockstore/",
                "relative_path": "urls",
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
    }

    def ready(self) -> None:
        """Register the permissions, the check of the settings, and what watches taxonomies."""
        from openedx_blockstore.plugin_tools import check_plugin_settings  # noqa: PLC0415
        from openedx_blockstore_tagging import (  # noqa: PLC0415
            library_counts,
            receivers,  # noqa: F401
            rules,  # noqa: F401
        )
        from openedx_blockstore_tagging.conf import TaggingSettings  # noqa: PLC0415

        library_counts.look_through()
        check_plugin_settings(self.name, TaggingSettings)
