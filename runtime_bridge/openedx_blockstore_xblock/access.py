"""Who may see and do what, for pages, handlers and REST: the kind of each context decides.

What a caller may not see answers as what does not exist.
"""

from __future__ import annotations

from attrs import frozen
from django.core.exceptions import PermissionDenied

from openedx_blockstore.exceptions import NotFound
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_rest import User, may
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.contexts.roles import reads_mount
from openedx_blockstore_xblock.data import MountData
from openedx_blockstore_xblock.exceptions import LearningContextNotFound, MountNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview, default_preview


@frozen
class MountAccess:
    """A mount that somebody may view.

    Attributes:
        is_author: May see and change what its authors write.
    """

    mount: MountData
    is_author: bool


def view_mount(user: User, context_key: BlockstoreContextKey, alias: str) -> MountAccess:
    """Return what is mounted, for somebody who may view it.

    Raises:
        MountNotFound: There is no such thing, or not for this user.
    """
    try:
        mount = ALL_CONTEXTS.mount(context_key, alias)
    except NotFound as error:
        # Whether the context is there is not for everybody either.
        raise MountNotFound(context_key, alias) from error
    is_author = ALL_CONTEXTS.may_author(user, context_key, mount)
    if not is_author and not ALL_CONTEXTS.may_view(user, context_key, mount):
        raise MountNotFound(context_key, alias)
    return MountAccess(mount, is_author)


def view_usage(user: User, usage_key: BlockstoreUsageKey) -> MountAccess:
    """Return the mount through which somebody may view a usage.

    What is linked from there belongs to it, but only the authors of the linked bundle itself are
    authors of what is in it.

    Raises:
        MountNotFound: There is no such thing, or not for this user.
    """
    found = view_mount(user, usage_key.context_key, usage_key.route[0])
    if not found.is_author or usage_key.bundle_uuid == found.mount.bundle_uuid:
        return found
    row = Bundle.objects.select_related("collection").filter(uuid=usage_key.bundle_uuid).first()
    return MountAccess(found.mount, row is not None and may(user, "author", row.collection))


def check_preview(
    user: User, usage_key: BlockstoreUsageKey, access: MountAccess, preview: Preview | None
) -> None:
    """Make sure that somebody may look at a usage in another state than learners do.

    Args:
        access: What this user may do with the usage.

    Raises:
        PermissionDenied: That is not for this user.
    """
    check_mount_preview(user, usage_key.context_key, usage_key.route[0], access, preview)


def check_mount_preview(
    user: User,
    context_key: BlockstoreContextKey,
    alias: str,
    access: MountAccess,
    preview: Preview | None,
) -> None:
    """Make sure that somebody may look at a mount in another state than learners do.

    Other versions are for those who may read the mounted bundle by a role on its collection, drafts
    for its authors.

    Args:
        access: What this user may do with it, or with what is looked at in it.

    Raises:
        PermissionDenied: That is not for this user.
    """
    # Where a process reads drafts for all, whoever may not see one is shown what is published.
    if preview in {None, Preview(), default_preview()} or access.is_author:
        return
    if preview.draft:
        if not view_mount(user, context_key, alias).is_author:
            raise PermissionDenied("Drafts are for the authors of the bundle.")
    elif not reads_mount(user, access.mount):
        raise PermissionDenied("Other versions are for those who may read the bundle.")


def author_usage(user: User, usage_key: BlockstoreUsageKey) -> MountData:
    """Make sure that somebody may see and change what the authors of a block write.

    Raises:
        MountNotFound: There is no such thing, or not for this user.
        PermissionDenied: The user may view it, and no more.
    """
    found = view_usage(user, usage_key)
    if not found.is_author:
        raise PermissionDenied("This is for the authors of the block.")
    return found.mount


def administer_context(user: User, context_key: BlockstoreContextKey) -> None:
    """Make sure that somebody may change a context, and what learners have left there.

    Raises:
        LearningContextNotFound: There is no such one, or not for this user.
        PermissionDenied: The user may see it, but not change it.
    """
    if ALL_CONTEXTS.may_administer(user, context_key):
        return
    if not sees_context(user, context_key):
        raise LearningContextNotFound(context_key)
    raise PermissionDenied("This is for the owner of the learning context, and for the staff.")


def sees_context(user: User, context_key: BlockstoreContextKey) -> bool:
    """Tell whether somebody may know of a context: who administers it, or may view anything there.

    Raises:
        LearningContextNotFound: There is no such one.
    """
    if context_key == GLOBAL_CONTEXT:
        return bool(user.is_authenticated and user.is_active)
    return ALL_CONTEXTS.may_administer(user, context_key) or bool(
        ALL_CONTEXTS.visible_mounts(user, context_key)
    )
