"""What learners have left in learning contexts."""

from __future__ import annotations

from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.state import state_store


def reset_state(usage_key: BlockstoreUsageKey, *, user_id: int) -> bool:
    """Let one learner begin a block anew, wherever in the context it is used.

    Returns:
        Whether there was anything to forget.
    """
    return state_store().reset(usage_key, user_id=user_id)
