"""Defaults in Studio, whose processes read the drafts of whoever may edit them."""

from __future__ import annotations

from typing import Any

from openedx_blockstore_xblock.settings import common

_PACKAGE = "openedx_blockstore_xblock"


def plugin_settings(settings: Any) -> None:
    """Add the defaults; what a host has set stays as it is."""
    common.plugin_settings(settings)
    ours = dict(getattr(settings, "OPENEDX_BLOCKSTORE", {}))
    of_plugins = dict(ours.get("PLUGIN_SETTINGS", {}))
    of_plugins[_PACKAGE] = {"READS": "draft", **of_plugins.get(_PACKAGE, {})}
    settings.OPENEDX_BLOCKSTORE = {**ours, "PLUGIN_SETTINGS": of_plugins}
