"""Learners' fields as XBlock reads and writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from openedx_blockstore_xblock.conf import get_settings
from openedx_blockstore_xblock.state.base import StateStore
from openedx_blockstore_xblock.state.ephemeral import EphemeralStore


def state_store() -> type[StateStore]:
    """Return the class that the settings name.

    Raises:
        ImproperlyConfigured: There is no such one, or it can not be used here.
    """
    name = get_settings().STATE_STORE
    try:
        found = import_string(name)
    except ImportError as error:
        raise ImproperlyConfigured(f"STATE_STORE is {name!r}, which fails: {error}") from error
    if not (isinstance(found, type) and issubclass(found, StateStore)):
        raise ImproperlyConfigured(f"STATE_STORE is {name!r}, which is no StateStore.")
    found.check()
    return found


def check_state_store(**_kwargs: Any) -> Sequence[CheckMessage]:
    """Look whether state can be kept as the settings say; one of Django's checks."""
    try:
        get_settings()
    except ImproperlyConfigured:
        return []  # the check of the settings says so
    try:
        state_store()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="openedx_blockstore_xblock.E003")]
    return []


__all__ = ["EphemeralStore", "StateStore", "check_state_store", "state_store"]
