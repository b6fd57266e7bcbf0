"""The contract of kinds of learning contexts: those of the bridge, and those of others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from openedx_blockstore.plugin_rest import User
from openedx_blockstore_xblock.data import LearningContextData, MountData
from openedx_blockstore_xblock.exceptions import MountNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey

#: The entry points of other packages' kinds; the name of each is the kind that keys have.
GROUP = "openedx_blockstore.learning_contexts"


class LearningContextKind(ABC):
    """Somebody who knows what some learning contexts are made of, and who may be there.

    Entry-point group ``openedx_blockstore.learning_contexts``. The entry point's name is the kind:
    ``course`` answers for all contexts whose keys begin with ``blockstore:course~``, and finds the
    rest, as it was before it was escaped, in the key's ``name``.

    There is one instance in a process, made without arguments, and all threads use it. Whether
    something is there and who may see it are asked for apart: a method that is given a mount can
    take it for granted.
    """

    @abstractmethod
    def describe(self, context_key: BlockstoreContextKey) -> LearningContextData:
        """Return a context: its title, and what it mounts.

        Raises:
            LearningContextNotFound: There is no such context.
        """

    def mount(self, context_key: BlockstoreContextKey, alias: str) -> MountData:
        """Return what a context has under an alias; for kinds that find one quicker than all.

        Raises:
            LearningContextNotFound: There is no such context.
            MountNotFound: It has nothing there.
        """
        for mount in self.describe(context_key).mounts:
            if mount.alias == alias:
                return mount
        raise MountNotFound(context_key, alias)

    def settings(
        self,
        context_key: BlockstoreContextKey,
        usage_keys: Iterable[BlockstoreUsageKey],
    ) -> Mapping[BlockstoreUsageKey, Mapping[str, Any]]:
        """Return the fields that a context sets for usages, instead of what authors have written.

        Returns:
            Values of fields, as JSON has them, such as a ``due`` date; usages that are as written
            are left out.
        """
        return {}

    @abstractmethod
    def may_view(self, user: User, context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Tell whether a user may learn from what is mounted; the user may be nobody, too.

        What is linked from there belongs to it: authors have made the links.
        """

    def visible_mounts(
        self, user: User, context_key: BlockstoreContextKey
    ) -> tuple[MountData, ...]:
        """Return those mounts that a user may view; for kinds that know it quicker than by each.

        Raises:
            LearningContextNotFound: There is no such context.
        """
        mounts = self.describe(context_key).mounts
        return tuple(mount for mount in mounts if self.may_view(user, context_key, mount))

    def may_author(
        self,
        user: User,
        context_key: BlockstoreContextKey,
        mount: MountData,
    ) -> bool:
        """Tell whether a user may see and change what authors write in what is mounted."""
        return False

    def may_administer(
        self,
        user: User,
        context_key: BlockstoreContextKey,
    ) -> bool:
        """Tell whether a user may change the context, and what learners have left there."""
        return False
