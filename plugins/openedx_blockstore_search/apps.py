"""How LMS, Studio and any other Django project take the search plugin in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Search: its tables, addresses, commands and admin pages."""

    name = "openedx_blockstore_search"
    label = "openedx_blockstore_search"
    verbose_name = "Blockstore: search"
    default_auto_field = "django.db.models.BigAutoField"

    #: Read by edx-django-utils, which finds this class through the entry points of the
    #: distribution. The URL is searched for, not matched from the start, hence the caret.
    plugin_app: ClassVar[dict[str, Any]] = {
        "url_config": {
            project: {
                "namespace": "openedx_blockstore_search",
                "regex": r"^api/blockstore/",
                "relative_path": "urls",
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
    }

    def ready(self) -> None:
        """Register the checks of the settings."""
        from openedx_blockstore_search import checks  # noqa: F401, PLC0415  (needs the app registry)
