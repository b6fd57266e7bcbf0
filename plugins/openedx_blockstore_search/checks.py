"""What Django's checks say of search at start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from openedx_blockstore.exceptions import PluginError
from openedx_blockstore.plugin_tools import check_plugin_settings
from openedx_blockstore_search.conf import PACKAGE, SearchSettings, get_settings
from openedx_blockstore_search.indexing.engines import get_engine

check_plugin_settings(PACKAGE, SearchSettings)


@register(PACKAGE)
def check_engine(**_kwargs: Any) -> Sequence[CheckMessage]:
    """Look whether there is the engine that is set, and whether its own settings can be used."""
    try:
        get_settings()
    except ImproperlyConfigured:
        return []  # said by the check of the settings
    try:
        get_engine()
    except ImproperlyConfigured as error:
        return [Error(str(error), id=f"{PACKAGE}.E002")]
    except PluginError:
        return []  # said by the core, of all plugins
    return []
