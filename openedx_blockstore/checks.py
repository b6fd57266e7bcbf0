"""Django checks: a wrong setting is named at start, together with the mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from openedx_blockstore.conf import get_settings


@register("openedx_blockstore")
def check_settings(**_kwargs: Any) -> Sequence[CheckMessage]:
    """Check ``OPENEDX_BLOCKSTORE`` and what it refers to."""
    try:
        ours = get_settings()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="openedx_blockstore.E001")]
    messages: list[CheckMessage] = []
    if ours.STORAGE_ALIAS not in settings.STORAGES:
        messages.append(
            Error(
                f"STORAGES has no {ours.STORAGE_ALIAS!r}, where Blockstore is to keep its files.",
                hint=f"Add it, or name another one in OPENEDX_BLOCKSTORE['STORAGE_ALIAS']. "
                f"There are: {', '.join(settings.STORAGES)}.",
                id="openedx_blockstore.E002",
            )
        )
    elif ours.STORAGE_ALIAS in ("default", "staticfiles"):
        messages.append(
            CheckWarning(
                f"Blockstore keeps its files in the storage {ours.STORAGE_ALIAS!r}, which is "
                f"usually served to everybody.",
                hint="Give it a private storage of its own.",
                id="openedx_blockstore.W001",
            )
        )
    if ours.CACHE_ALIAS not in settings.CACHES:
        messages.append(
            Error(
                f"CACHES has no {ours.CACHE_ALIAS!r}, where Blockstore is to cache manifests.",
                hint="Name one that is there in OPENEDX_BLOCKSTORE['CACHE_ALIAS'].",
                id="openedx_blockstore.E003",
            )
        )
    return messages
