"""Learners' fields as XBlock reads and writes them."""

from openedx_blockstore_xblock.state.ephemeral import EphemeralStore
from openedx_blockstore_xblock.state.stored import StateStore

__all__ = ["EphemeralStore", "StateStore"]
