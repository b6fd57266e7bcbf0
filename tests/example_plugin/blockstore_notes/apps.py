"""How LMS, Studio and the stand-alone project take the plugin in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig


class BlockstoreNotesConfig(AppConfig):
    """A Django app, for its tables and addresses."""

    name = "blockstore_notes"
    verbose_name = "Blockstore: notes"
    default_auto_field = "django.db.models.BigAutoField"

    #: Read by edx-django-utils, and by Blockstore's stand-alone project.
    plugin_app: ClassVar[dict[str, Any]] = {
        "url_config": {
            project: {
                "namespace": "blockstore_notes",
                "regex": r"^api/blockstore/",
                "relative_path": "urls",
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
    }

    def ready(self) -> None:
        """Have the settings looked at when Django starts."""
        # What needs Django's settings can not be imported any earlier.
        from blockstore_notes.conf import NotesSettings  # noqa: PLC0415
        from openedx_blockstore.plugin_tools import check_plugin_settings  # noqa: PLC0415

        check_plugin_settings(self.name, NotesSettings)
