"""What front ends want to know of blocks before they show them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import frozen
from xblock.core import XBlock

from openedx_blockstore_xblock.handlers import handler_names
from openedx_blockstore_xblock.keys import BlockstoreDefinitionKey, BlockstoreUsageKey
from openedx_blockstore_xblock.placeholders import PlaceholderBlock

#: The views that may be asked for.
LEARNER_VIEWS = ("student_view", "public_view")
AUTHOR_VIEWS = ("author_view", "studio_view")

#: Levels of children that are described at most, and blocks in all.
MAX_DEPTH = 5
MAX_BLOCKS = 500

#: What stands for a unit, by what is in it: the first that there is.
_ICONS_OF_UNITS = ("video", "problem")
_OTHER = "other"


@frozen
class BlockDescription:
    """A block, without what it shows.

    Attributes:
        definition_key: What is there now; None where nothing can be read.
        icon: ``video``, ``problem``, ``other``, or another name of the block's own.
        children: As the user sees them.
        max_score: None where there is no score, or the block can not tell.
        problem: Why the block can not be shown; empty if it can be.
        views: The names of the views that it has.
        handlers: The names of its handlers.
    """

    usage_key: BlockstoreUsageKey
    definition_key: BlockstoreDefinitionKey | None
    title: str
    icon: str
    has_children: bool
    children: tuple[BlockstoreUsageKey, ...]
    has_score: bool
    max_score: float | None
    graded: bool
    format: str
    start: datetime | None
    due: datetime | None
    problem: str
    views: tuple[str, ...]
    handlers: tuple[str, ...]


def describe(block: XBlock) -> BlockDescription:
    """Return what there is to know of a block."""
    keys = block.scope_ids
    has_score = bool(getattr(block, "has_score", False))
    is_there = isinstance(keys.def_id, BlockstoreDefinitionKey)
    return BlockDescription(
        usage_key=keys.usage_id,
        definition_key=keys.def_id if is_there else None,
        title=block.display_name_with_default,
        icon=_icon(block),
        has_children=bool(block.has_children),
        children=tuple(block.children) if block.has_children else (),
        has_score=has_score,
        max_score=_max_score(block) if has_score else None,
        graded=bool(block.graded),
        format=block.format or "",
        start=block.start,
        due=block.due,
        problem=block.reason if isinstance(block, PlaceholderBlock) else "",
        views=tuple(name for name in (*LEARNER_VIEWS, *AUTHOR_VIEWS) if has_view(block, name)),
        handlers=tuple(handler_names(block)),
    )


def descendants(block: XBlock, depth: int) -> Iterator[XBlock]:
    """Yield what is below a block, level by level, those in one level in their order.

    Args:
        depth: How many levels.
    """
    level = [block]
    for _each in range(depth):
        below = []
        for parent in level:
            for child in parent.get_children() if parent.has_children else ():
                below.append(child)
                yield child
        level = below


def has_view(block: XBlock, name: str) -> bool:
    """Tell whether a block can be shown in some way."""
    return callable(getattr(block, shown_view(block, name), None)) or hasattr(
        block, "fallback_view"
    )


def shown_view(block: XBlock, name: str) -> str:
    """Return the view that a block shows; authors see what learners do unless there is more."""
    if name == "author_view" and not hasattr(block, name):
        return "student_view"
    return name


def _icon(block: XBlock) -> str:
    if block.scope_ids.block_type not in {"unit", "vertical"}:
        return str(getattr(block, "icon_class", "") or _OTHER)
    types = {key.block_type for key in block.children}
    return next((each for each in _ICONS_OF_UNITS if each in types), _OTHER)


def _max_score(block: XBlock) -> float | None:
    try:
        found: Any = block.max_score()
    except Exception:  # noqa: BLE001 - another package's code, on what anybody has written
        return None
    return float(found) if isinstance(found, (int, float)) and math.isfinite(found) else None
