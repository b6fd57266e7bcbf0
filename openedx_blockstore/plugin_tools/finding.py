"""Which plugins there are and are on, for those that build upon others', and for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from openedx_blockstore import plugin_manager

ContractT = TypeVar("ContractT")


def plugins_of(contract: type[ContractT]) -> Mapping[str, ContractT]:
    """Return the plugins that are on and fulfil a contract: the instances of this process, by name.

    Args:
        contract: One of :mod:`openedx_blockstore.plugin_api`.

    Raises:
        PluginError: Some that should be among them can not be used; it says how to mend that.
    """
    return plugin_manager.plugins(contract)


def is_enabled(package: str) -> bool:
    """Tell whether a plugin is on and can be used; one that is off should do nothing by itself.

    Args:
        package: The top-level package that it is.
    """
    return plugin_manager.is_enabled(package)
