"""What learners have left in learning contexts."""

from __future__ import annotations

from collections.abc import Iterable

from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.models import BlockState
from openedx_blockstore_xblock.publishing import retract
from openedx_blockstore_xblock.state import state_store

_IN_ONE_QUERY = 500


def reset_state(usage_key: BlockstoreUsageKey, *, user_id: int) -> bool:
    """Let one learner begin a block anew, wherever in the context it is used.

    The grade and the completion go as well, and whoever is told of these is told of that.

    Returns:
        Whether there was anything to forget.
    """
    had_results = retract(usage_key, user_id=user_id)
    had_state = state_store().reset(usage_key, user_id=user_id)
    return had_results or had_state


def get_grades(context_key: object, *, user_id: int, block_keys: Iterable[str]) -> dict[str, float]:
    """Return a learner's grades of blocks in a context, as parts of what can be had: from 0 to 1.

    Args:
        block_keys: What blocks are called in choices (``ChoiceOption.key``), which is the
            ``block_digest`` of their usages.

    Returns:
        Only blocks of which there is a grade.
    """
    keys = list(dict.fromkeys(block_keys))
    found: dict[str, float] = {}
    for start in range(0, len(keys), _IN_ONE_QUERY):
        rows = BlockState.objects.filter(
            context_key=str(context_key),
            user_id=user_id,
            block_digest__in=keys[start : start + _IN_ONE_QUERY],
            grade__isnull=False,
            max_grade__gt=0,
        )
        for key, grade, most in rows.values_list("block_digest", "grade", "max_grade"):
            found[key] = (grade or 0.0) / (most or 1.0)
    return found
