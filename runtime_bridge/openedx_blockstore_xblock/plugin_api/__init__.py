"""The contracts of the bridge: what other packages may bring to it, and what they make it of.

They are found, turned on and off, and listed like those of :mod:`openedx_blockstore.plugin_api`.
"""

from __future__ import annotations

from openedx_blockstore_xblock.contexts.base import GROUP as LEARNING_CONTEXTS
from openedx_blockstore_xblock.contexts.base import LearningContextKind
from openedx_blockstore_xblock.contexts.roles import authors_mount, reads_mount
from openedx_blockstore_xblock.data import LearningContextData, MountData
from openedx_blockstore_xblock.exceptions import LearningContextNotFound, MountNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.plugin_api.choosers import GROUP as CHOOSERS
from openedx_blockstore_xblock.plugin_api.choosers import ChoiceOption, ChoiceRequest, Chooser

#: Each contract, and the group of entry points of what fulfils it.
CONTRACTS: dict[type, str] = {Chooser: CHOOSERS, LearningContextKind: LEARNING_CONTEXTS}

__all__ = [
    "CONTRACTS",
    "BlockstoreContextKey",
    "BlockstoreUsageKey",
    "ChoiceOption",
    "ChoiceRequest",
    "Chooser",
    "LearningContextData",
    "LearningContextKind",
    "LearningContextNotFound",
    "MountData",
    "MountNotFound",
    "authors_mount",
    "reads_mount",
]
