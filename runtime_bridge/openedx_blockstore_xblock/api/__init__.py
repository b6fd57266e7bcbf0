"""The public Python API of the bridge. It is for trusted code, and checks no permissions."""

from openedx_blockstore_xblock.api.contexts import (
    create_learning_context,
    delete_learning_context,
    get_learning_context,
    get_learning_contexts,
    get_mount_updates,
    mount_bundle,
    start_attempt,
    unmount_bundle,
    update_learning_context,
)
from openedx_blockstore_xblock.api.editing import get_block_olx, save_fields, set_block_olx
from openedx_blockstore_xblock.api.settings import get_usage_settings, set_usage_settings
from openedx_blockstore_xblock.api.state import get_grades, reset_state

__all__ = [
    "create_learning_context",
    "delete_learning_context",
    "get_block_olx",
    "get_grades",
    "get_learning_context",
    "get_learning_contexts",
    "get_mount_updates",
    "get_usage_settings",
    "mount_bundle",
    "reset_state",
    "save_fields",
    "set_block_olx",
    "set_usage_settings",
    "start_attempt",
    "unmount_bundle",
    "update_learning_context",
]
