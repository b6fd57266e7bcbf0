"""What the roles on collections say of a mount; kinds of contexts may go by them."""

from __future__ import annotations

from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_rest import Permission, User, may
from openedx_blockstore_xblock.data import MountData


def reads_mount(user: User, mount: MountData) -> bool:
    """Tell whether somebody may read the bundle of a mount, or edit it where a draft is mounted.

    A bundle that was deleted is still read at the version to which it is pinned.
    """
    if mount.draft:
        return authors_mount(user, mount)
    return _may(user, "read", mount, with_deleted=mount.version is not None)


def authors_mount(user: User, mount: MountData) -> bool:
    """Tell whether somebody may edit the bundle of a mount."""
    return _may(user, "author", mount)


def _may(
    user: User, permission: Permission, mount: MountData, *, with_deleted: bool = False
) -> bool:
    rows = Bundle.objects.select_related("collection").filter(uuid=mount.bundle_uuid)
    row = (rows if with_deleted else rows.filter(deleted_at=None)).first()
    return row is not None and may(user, permission, row.collection)
