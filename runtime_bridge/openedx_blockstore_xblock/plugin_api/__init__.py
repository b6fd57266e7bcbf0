"""The contracts of the bridge: what other packages may bring to it, and what they make it of.

They are found, turned on and off, and listed like those of :mod:`openedx_blockstore.plugin_api`.
"""

from __future__ import annotations

from openedx_blockstore_xblock.plugin_api.choosers import GROUP as CHOOSERS
from openedx_blockstore_xblock.plugin_api.choosers import ChoiceOption, ChoiceRequest, Chooser

#: Each contract, and the group of entry points of what fulfils it.
CONTRACTS: dict[type, str] = {Chooser: CHOOSERS}

__all__ = [
    "CONTRACTS",
    "ChoiceOption",
    "ChoiceRequest",
    "Chooser",
]
