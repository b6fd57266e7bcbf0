"""The contract of kinds of learning contexts: those of the bridge, and those of others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from openedx_blockstore_xblock.data import MountData
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey


class LearningContextKind(ABC):
    """Somebody who knows what some learning contexts are made of.

    There is one instance in a process, and all threads use it.
    """

    @abstractmethod
    def mount(self, context_key: BlockstoreContextKey, alias: str) -> MountData:
        """Return what a context has under an alias.

        Raises:
            LearningContextNotFound: There is no such context.
            MountNotFound: It has nothing there.
        """

    def settings(
        self,
        context_key: BlockstoreContextKey,  # noqa: ARG002 - kinds that set something use it
        usage_keys: Iterable[BlockstoreUsageKey],  # noqa: ARG002
    ) -> Mapping[BlockstoreUsageKey, Mapping[str, Any]]:
        """Return the fields that a context sets for usages, instead of what authors have written.

        Returns:
            Values of fields, as JSON has them; usages that are as written are left out.
        """
        return {}
