"""The tables of the bridge: learning contexts, and what learners leave in them."""

from openedx_blockstore_xblock.models.context import ContextSetting, LearningContext, Mount
from openedx_blockstore_xblock.models.state import (
    BlockState,
    BlockSummary,
    UserInfo,
    UserPreference,
)

__all__ = [
    "BlockState",
    "BlockSummary",
    "ContextSetting",
    "LearningContext",
    "Mount",
    "UserInfo",
    "UserPreference",
]
