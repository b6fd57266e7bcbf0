"""The containers that only the platform has, for everywhere else."""

from __future__ import annotations

from openedx_blockstore_xblock.blocks.containers import SequentialBlock, UnitBlock

CONTAINERS = {
    "sequential": SequentialBlock,
    "unit": UnitBlock,
    "vertical": UnitBlock,
}

__all__ = ["CONTAINERS", "SequentialBlock", "UnitBlock"]
