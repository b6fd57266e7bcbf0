"""The built-in context in which every bundle can be opened, outside of courses."""

from __future__ import annotations

from uuid import UUID

from openedx_blockstore_xblock.contexts.base import LearningContextKind
from openedx_blockstore_xblock.data import MountData
from openedx_blockstore_xblock.exceptions import MountNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey

GLOBAL_CONTEXT = BlockstoreContextKey("global")


class GlobalContexts(LearningContextKind):
    """It mounts each bundle at its latest version, under the bundle's UUID."""

    def mount(self, context_key: BlockstoreContextKey, alias: str) -> MountData:
        """Return the bundle with this UUID."""
        try:
            return MountData(alias, UUID(alias))
        except ValueError as error:
            raise MountNotFound(context_key, alias) from error
