"""How LMS, Studio and any other Django project take the runtime bridge in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig


class BlockstoreXBlockConfig(AppConfig):
    """Learning contexts, learners' state, and the runtime."""

    name = "openedx_blockstore_xblock"
    label = "openedx_blockstore_xblock"
    verbose_name = "Blockstore runtime bridge"
    default_auto_field = "django.db.models.BigAutoField"

    #: Read by edx-django-utils.
    plugin_app: ClassVar[dict[str, Any]] = {}
