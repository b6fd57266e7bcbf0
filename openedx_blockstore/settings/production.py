"""What LMS and Studio need after the operator's settings have been read."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from openedx_blockstore.settings import common


def plugin_settings(settings: ModuleType | Any) -> None:
    """Fill in what the operator's settings have left out or replaced.

    An operator who writes a ``STORAGES`` of their own replaces the one that ``common`` has added
    to, so the default storage is added again. Nothing that is there is overwritten.

    Args:
        settings: The host's settings module, or anything else whose attributes are settings.
    """
    common.plugin_settings(settings)
