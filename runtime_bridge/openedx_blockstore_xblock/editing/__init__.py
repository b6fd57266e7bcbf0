"""Editing blocks in the drafts of their bundles.

A block is edited where it is written, in its own bundle, and not where it is used: the draft lies
over the bundle's latest version, whichever a context mounts or a link pins.

Nobody's work is lost. What somebody began with (the *base*) is compared with what is there now, for
the block alone: others may change other blocks of the same file in the meantime.
"""

from openedx_blockstore_xblock.editing.blocks import StoredBlock, read_block, read_draft_block
from openedx_blockstore_xblock.editing.changes import change_block, fields_change, olx_change
from openedx_blockstore_xblock.editing.sessions import EditSession

__all__ = [
    "EditSession",
    "StoredBlock",
    "change_block",
    "fields_change",
    "olx_change",
    "read_block",
    "read_draft_block",
]
