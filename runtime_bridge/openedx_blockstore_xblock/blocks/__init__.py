"""The containers that only the platform has, for everywhere else."""

from __future__ import annotations

from openedx_blockstore_xblock.blocks.containers import LibraryBlock, SequentialBlock, UnitBlock
from openedx_blockstore_xblock.blocks.library_content import LibraryContentBlock
from openedx_blockstore_xblock.blocks.split_test import SplitTestBlock

CONTAINERS = {
    "itembank": LibraryContentBlock,
    "legacy_library_content": LibraryContentBlock,
    "library": LibraryBlock,
    "library_content": LibraryContentBlock,
    "sequential": SequentialBlock,
    "split_test": SplitTestBlock,
    "unit": UnitBlock,
    "vertical": UnitBlock,
}

__all__ = [
    "CONTAINERS",
    "LibraryBlock",
    "LibraryContentBlock",
    "SequentialBlock",
    "SplitTestBlock",
    "UnitBlock",
]
