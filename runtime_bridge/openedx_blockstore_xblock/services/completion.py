"""How far a learner has come: the platform's service of this name, over the bridge's own tables."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from xblock.completable import XBlockCompletionMode
from xblock.core import XBlock

from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.results import get_completions
from openedx_blockstore_xblock.services.user import BlockUser

#: Blocks that are complete when all that they show is.
_UNITS = {"unit", "vertical"}


class CompletionService:
    """What blocks ask about completion, for one user.

    Args:
        is_tracked: Whether anything is kept; in a preview nothing is.
    """

    def __init__(self, user: BlockUser, *, is_tracked: bool) -> None:
        self._user_id = user.user_id if is_tracked else None

    def completion_tracking_enabled(self) -> bool:
        """Tell whether anything is kept: for users who have an account."""
        return self._user_id is not None

    def get_completions(
        self, candidates: Iterable[BlockstoreUsageKey]
    ) -> dict[BlockstoreUsageKey, float]:
        """Return how far blocks are completed, from 0 to 1."""
        if self._user_id is None:
            return dict.fromkeys(candidates, 0.0)
        return get_completions(self._user_id, candidates)

    def get_completable_children(self, node: XBlock) -> list[XBlock]:
        """Return the blocks in a block, and in containers in it, that can be completed."""
        mode = XBlockCompletionMode.get_mode(node)
        if mode == XBlockCompletionMode.COMPLETABLE:
            return [node]
        if mode == XBlockCompletionMode.EXCLUDED:
            return []
        return [
            found for child in node.get_children() for found in self.get_completable_children(child)
        ]

    def vertical_is_complete(self, item: XBlock) -> bool | None:
        """Tell whether all that a unit shows is complete; None where nothing is kept.

        Raises:
            ValueError: It is no unit.
        """
        if item.scope_ids.block_type not in _UNITS:
            raise ValueError(f"{item.scope_ids.usage_id} is no unit.")
        if self._user_id is None:
            return None
        keys = [child.scope_ids.usage_id for child in self.get_completable_children(item)]
        return all(value >= 1 for value in self.get_completions(keys).values())

    def get_complete_on_view_delay_ms(self) -> int:
        """Return how long a block must have been seen before that completes it."""
        return int(getattr(settings, "COMPLETION_BY_VIEWING_DELAY_MS", 5000))

    def can_mark_block_complete_on_view(self, block: XBlock) -> bool:
        """Tell whether a block is complete once it was seen, having nothing to do in it."""
        return (
            XBlockCompletionMode.get_mode(block) == XBlockCompletionMode.COMPLETABLE
            and not getattr(block, "has_custom_completion", False)
            and not getattr(block, "has_score", False)
        )

    def blocks_to_mark_complete_on_view(self, blocks: Iterable[XBlock]) -> list[XBlock]:
        """Return those of some blocks that are complete once they were seen, and are not yet."""
        some = [block for block in blocks if self.can_mark_block_complete_on_view(block)]
        done = self.get_completions([block.scope_ids.usage_id for block in some])
        return [block for block in some if done[block.scope_ids.usage_id] < 1]
