"""The contract of whatever keeps the state of users who have an account."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from xblock.runtime import KeyValueStore

from openedx_blockstore_xblock.keys import BlockstoreUsageKey


class StateStore(KeyValueStore):  # type: ignore[misc]
    """The fields of one user, for as long as a request lasts, in one thread.

    What is in the keys that XBlock gives is a usage, but state belongs to the block: whatever the
    version and place, one block in one context has one state for a user (``context_key`` and
    ``block_digest`` of the usage say which). A store looks for it by these alone.
    """

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id

    @classmethod
    def check(cls) -> None:
        """Make sure that it can be used here.

        Raises:
            ImproperlyConfigured: It can not; the message says how to mend that.
        """

    def prefetch(self, usage_keys: Iterable[BlockstoreUsageKey]) -> None:
        """Read what there is for some blocks at a time, so that nobody has to ask for each."""

    @classmethod
    @abstractmethod
    def reset(cls, usage_key: BlockstoreUsageKey, *, user_id: int) -> bool:
        """Forget the ``user_state`` of a user in a block.

        Returns:
            Whether there was any.
        """
