"""What the views of the bridge's REST API have in common: keys in addresses, and who may."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from opaque_keys import InvalidKeyError
from rest_framework.exceptions import NotAuthenticated

from openedx_blockstore.exceptions import NotFound
from openedx_blockstore.plugin_rest import PluginView, User
from openedx_blockstore_xblock.access import (
    MountAccess,
    author_usage,
    sees_context,
    view_mount,
    view_usage,
)
from openedx_blockstore_xblock.data import MountData
from openedx_blockstore_xblock.exceptions import BlockNotFound, LearningContextNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey


def _in_path(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, OpenApiTypes.STR, OpenApiParameter.PATH, description=description, required=True
    )


USAGE = _in_path("usage_key", "The usage of a block, `blockstore-usage:…`.")
CONTEXT = _in_path("context_key", "The learning context, `blockstore:…`.")
ALIAS = _in_path("alias", "The alias of a mount.")


class ContextView(PluginView):
    """A view of a learning context."""

    def visible_context(self, text: str) -> BlockstoreContextKey:
        """Return the key in the address, of a context that the caller may know of.

        Raises:
            LearningContextNotFound: There is no such one, or not for the caller.
        """
        key = parse_context(text)
        if not sees_context(self.user, key):
            raise LearningContextNotFound(text)
        return key

    def visible_mount(self, key: BlockstoreContextKey, alias: str) -> MountAccess:
        """Return what is mounted, for a caller who may view it.

        Raises:
            MountNotFound: There is no such thing, or not for the caller.
        """
        return view_mount(self.user, key, alias)


class BlockView(PluginView):
    """A view of a block. The kind of its context says whether it is for visitors, too."""

    permission_classes = []

    @property
    def looker(self) -> User:
        """Whoever is asking, with or without an account."""
        user: User = self.request.user
        return user

    def viewed(self, text: str) -> tuple[BlockstoreUsageKey, MountAccess]:
        """Return the key in the address, of a block that the caller may view.

        Raises:
            BlockNotFound, MountNotFound: There is no such one, or not for the caller.
            NotAuthenticated: Likewise, and it might be for somebody who logs in.
        """
        try:
            key = parse_usage(text)
            return key, view_usage(self.looker, key)
        except NotFound:
            if not self.looker.is_authenticated:
                raise NotAuthenticated from None
            raise

    def authored(self, text: str) -> tuple[BlockstoreUsageKey, MountData]:
        """Return the key in the address, of a block of which the caller is an author.

        Raises:
            BlockNotFound, MountNotFound: There is no such one, or not for the caller.
            PermissionDenied: The caller may view it, and no more.
            NotAuthenticated: Nobody is logged in.
        """
        key, _access = self.viewed(text)
        if not self.looker.is_authenticated:
            raise NotAuthenticated
        return key, author_usage(self.looker, key)


def parse_usage(text: str) -> BlockstoreUsageKey:
    """Return the key that a text is.

    Raises:
        BlockNotFound: It is none.
    """
    try:
        return BlockstoreUsageKey.from_string(text)
    except InvalidKeyError as error:
        raise BlockNotFound(text, "this is not the key of a usage") from error


def parse_context(text: str) -> BlockstoreContextKey:
    """Return the key that a text is.

    Raises:
        LearningContextNotFound: It is none.
    """
    try:
        return BlockstoreContextKey.from_string(text)
    except InvalidKeyError as error:
        raise LearningContextNotFound(text) from error
