"""The plugins that fulfil a contract, for a plugin that builds upon others'."""

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
