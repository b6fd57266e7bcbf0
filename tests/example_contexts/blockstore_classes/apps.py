"""How LMS, Studio and the stand-alone project take the package in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig


class BlockstoreClassesConfig(AppConfig):
    """A Django app, for its table."""

    name = "blockstore_classes"
    verbose_name = "Blockstore: classes"
    default_auto_field = "django.db.models.BigAutoField"

    #: It has no addresses and settings of its own.
    plugin_app: ClassVar[dict[str, Any]] = {}
