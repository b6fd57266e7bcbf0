"""Defaults in LMS and Studio, set before the operator's settings are read, and yielding to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import global_settings

from openedx_blockstore.settings.environment import file_system_storage

#: The alias in ``STORAGES``, unless ``OPENEDX_BLOCKSTORE["STORAGE_ALIAS"]`` says another.
STORAGE_ALIAS = "openedx_blockstore"

#: Beside the platform's own folders, and outside of everything it serves: what is stored here holds
#: the answers to problems, and is handed out by Blockstore alone. LMS and Studio must both see it.
DEFAULT_LOCATION = Path("/edx/var/openedx_blockstore")

_SIDECAR = "drf_spectacular_sidecar"


def plugin_settings(settings: Any) -> None:
    """Add Blockstore's defaults to a host's settings.

    What the host has set already stays as it is.

    Args:
        settings: The host's settings module, or anything else whose attributes are settings.
    """
    if not hasattr(settings, "OPENEDX_BLOCKSTORE"):
        settings.OPENEDX_BLOCKSTORE = {}
    # What the pages of the REST API's description show; the host has Django REST framework itself.
    apps = getattr(settings, "INSTALLED_APPS", None)
    if isinstance(apps, list) and _SIDECAR not in apps:
        apps.append(_SIDECAR)
    # A host without STORAGES of its own uses Django's dictionary, so we add to that: to set one
    # would replace the host's other storages, and Django 4.2 refuses it beside the older
    # DEFAULT_FILE_STORAGE, which the operator may set after us.
    storages = getattr(settings, "STORAGES", global_settings.STORAGES)
    storages.setdefault(STORAGE_ALIAS, file_system_storage(DEFAULT_LOCATION))
