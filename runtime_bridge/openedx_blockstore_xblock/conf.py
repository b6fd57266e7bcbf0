"""The settings of the bridge, and their only reader."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import instance_of

from openedx_blockstore.plugin_tools import read_settings

PACKAGE = "openedx_blockstore_xblock"


@frozen
class XBlockSettings:
    """The settings of the bridge: in ``PLUGIN_SETTINGS``, below the name of the package."""

    #: Who decides what a learner is shown where there is a choice: the name of a chooser. A block
    #: may name another.
    CHOOSER: str = field(default="random", validator=instance_of(str))


def get_settings() -> XBlockSettings:
    """Return the settings of this process, defaults filled in.

    Raises:
        ImproperlyConfigured: There is an unknown key, or a value of the wrong type.
    """
    return read_settings(PACKAGE, XBlockSettings)
