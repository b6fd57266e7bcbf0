"""Reading and changing what authors write of blocks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from openedx_blockstore_xblock.bundles import BundleStates
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.data import BlockOlx
from openedx_blockstore_xblock.editing import (
    change_block,
    fields_change,
    olx_change,
    read_block,
    read_draft_block,
)
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview


def get_block_olx(
    usage_key: BlockstoreUsageKey, *, draft: str = "", preview: Preview | None = None
) -> BlockOlx:
    """Return the OLX of a block.

    Args:
        draft: The name of a draft of the block's own bundle: what :func:`set_block_olx` changes,
            wherever the block is used. What it does not change is the latest version.
        preview: Without a draft: how the mount is looked at; None for what learners see.

    Raises:
        BlockNotFound, LearningContextNotFound, MountNotFound, BundleNotFound: It is not there.
        BadOlx: It stands inside a file that can not be read. A whole file is returned as it is.
        StorageError: The storage failed.
    """
    if draft:
        return read_draft_block(usage_key, draft).value
    states = BundleStates(ALL_CONTEXTS, preview=preview, visible_drafts=lambda uuids: uuids)
    return read_block(usage_key, states.of(usage_key)).value


def set_block_olx(
    usage_key: BlockstoreUsageKey, olx: str, *, draft: str, base: str | None = None
) -> BlockOlx:
    """Give a block another OLX, in a draft of its bundle; it is kept exactly as it is written.

    Children are added, removed and put into another order in this way. Other blocks of the file
    keep their bytes. If nothing changes, nothing is written.

    Args:
        olx: Of the block of a file's root the whole file, otherwise the block's own element.
        draft: The draft's name; it is made if it is not there.
        base: The digest of the OLX that the change was made from; None not to look whether others
            have changed it since.

    Returns:
        What is there now.

    Raises:
        BadOlx: It is malformed, unsafe, of another type or name, or a class can not read it.
        EditConflict: Others have changed the block since the base; the error has both texts.
        DraftConflict: Others kept changing its file.
        BlockNotFound, BundleNotFound: It is not there.
        StorageError: The storage failed.
    """
    return change_block(usage_key, olx_change(olx), draft=draft, base=base).value


def save_fields(
    usage_key: BlockstoreUsageKey,
    fields: Mapping[str, Any],
    *,
    reset: Collection[str] = (),
    draft: str,
    base: str | None = None,
) -> BlockOlx:
    """Set fields of a block in a draft of its bundle; only what changes is written.

    Args:
        fields: Their values, as JSON has them.
        reset: The names of fields to leave to their defaults.
        draft: The draft's name; it is made if it is not there.
        base: As in :func:`set_block_olx`.

    Returns:
        The block's OLX as it is now.

    Raises:
        UnwritableField: There is no such field, or OLX can not hold the value.
        BadOlx: What is there can not be read.
        EditConflict: Others have changed the block since the base; the error has both texts.
        DraftConflict: Others kept changing its file.
        BlockNotFound, BundleNotFound: It is not there.
    """
    return change_block(usage_key, fields_change(fields, reset), draft=draft, base=base).value
