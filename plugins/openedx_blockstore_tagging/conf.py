"""The plugin's settings, below its package in ``OPENEDX_BLOCKSTORE["PLUGIN_SETTINGS"]``."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen
from attrs.validators import in_, instance_of

from openedx_blockstore.plugin_tools import read_settings


@frozen
class TaggingSettings:
    """The settings of the plugin; see :func:`get_settings`."""

    #: What an import may do with taxonomies: ``match`` takes those that are here, and nothing else;
    #: ``create`` also makes those that are not here, and adds tags to those that an import has
    #: made; ``extend`` also adds tags to those that somebody has made here.
    IMPORTED_TAXONOMIES: Literal["match", "create", "extend"] = field(
        default="create", validator=in_(("match", "create", "extend"))
    )
    #: Have the library's own REST API for taxonomies below ``v1/tagging/library/``, where the host
    #: has none, such as in the stand-alone project. Studio has one.
    LIBRARY_API: bool = field(default=False, validator=instance_of(bool))


def get_settings() -> TaggingSettings:
    """Return the settings, defaults filled in."""
    return read_settings("openedx_blockstore_tagging", TaggingSettings)
