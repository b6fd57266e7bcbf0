"""Typed access to the settings of the search plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from attrs.validators import and_, ge, instance_of, le

from openedx_blockstore.plugin_tools import read_settings

PACKAGE = "openedx_blockstore_search"


@frozen
class SearchSettings:
    """The settings of search, below ``PLUGIN_SETTINGS["openedx_blockstore_search"]``."""

    #: The engine: ``sqlite``, ``elasticsearch``, or the name of one that another package brings.
    ENGINE: str = field(default="sqlite", validator=instance_of(str))
    #: What each engine is told, by its name.
    ENGINES: Mapping[str, Mapping[str, Any]] = field(factory=dict, validator=instance_of(Mapping))
    #: Results on a page, unless the caller says otherwise.
    PAGE_SIZE: int = field(default=20, validator=and_(instance_of(int), ge(1), le(100)))


def get_settings() -> SearchSettings:
    """Return the settings of this process, defaults filled in.

    Raises:
        ImproperlyConfigured: One is unknown, or has a wrong value.
    """
    return read_settings(PACKAGE, SearchSettings)
