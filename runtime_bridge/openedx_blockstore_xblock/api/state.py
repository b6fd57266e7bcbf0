"""What learners have left in learning contexts."""

from __future__ import annotations

from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.models import BlockState


def reset_state(usage_key: BlockstoreUsageKey, *, user_id: int) -> bool:
    """Let one learner begin a block anew, wherever in the context it is used.

    Returns:
        Whether there was anything to forget.
    """
    deleted, _by_model = BlockState.objects.filter(
        context_key=str(usage_key.context_key),
        user_id=user_id,
        block_digest=usage_key.block_digest,
    ).delete()
    return bool(deleted)
