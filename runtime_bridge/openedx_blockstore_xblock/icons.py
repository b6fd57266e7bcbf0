"""What is in a unit, as a picture: by the types of its blocks, as the platform does it."""

from __future__ import annotations

from xblock.core import XBlock

#: Types of blocks that have a picture of their own; the first that a unit holds is the unit's.
_ICONS = {
    "video": "video",
    "problem": "problem",
    "drag-and-drop-v2": "problem",
    "library_content": "problem",
    "poll": "problem",
    "survey": "problem",
    "word_cloud": "problem",
    "discussion": "discussion",
}
_ORDER = ("video", "problem", "discussion")

#: How pictures are read out.
TITLES = {
    "video": "with a video",
    "problem": "with a problem",
    "discussion": "with a discussion",
    "other": "to read",
}


def icon_of(block: XBlock) -> str:
    """Return the name of a block's picture; no file is read for it that is not read already."""
    types = block.runtime.types_inside(block) or [block.scope_ids.block_type]
    found = {_ICONS[each] for each in types if each in _ICONS}
    return next((name for name in _ORDER if name in found), "other")
