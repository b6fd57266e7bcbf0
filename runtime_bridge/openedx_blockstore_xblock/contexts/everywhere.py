"""The built-in context in which every bundle can be opened, outside of courses."""

from __future__ import annotations

from uuid import UUID

from openedx_blockstore.plugin_rest import User, sees_everything
from openedx_blockstore_xblock.contexts.base import LearningContextKind
from openedx_blockstore_xblock.contexts.roles import authors_mount, reads_mount
from openedx_blockstore_xblock.data import LearningContextData, MountData
from openedx_blockstore_xblock.exceptions import MountNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey

GLOBAL_CONTEXT = BlockstoreContextKey("global")


class GlobalContexts(LearningContextKind):
    """It mounts each bundle at its latest version, under the bundle's UUID."""

    def describe(self, context_key: BlockstoreContextKey) -> LearningContextData:
        """Return the context; its mounts are without number."""
        return LearningContextData(context_key, "Everything")

    def mount(self, context_key: BlockstoreContextKey, alias: str) -> MountData:
        """Return the bundle with this UUID."""
        try:
            uuid = UUID(alias)
        except ValueError as error:
            raise MountNotFound(context_key, alias) from error
        if str(uuid) != alias:
            raise MountNotFound(context_key, alias)
        return MountData(alias, uuid)

    def may_view(self, user: User, _context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Whoever may read the bundle."""
        return reads_mount(user, mount)

    def may_author(self, user: User, _context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Whoever may edit the bundle."""
        return authors_mount(user, mount)

    def may_administer(self, user: User, _context_key: BlockstoreContextKey) -> bool:
        """The staff."""
        return sees_everything(user)
