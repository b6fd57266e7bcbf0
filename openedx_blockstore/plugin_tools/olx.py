"""The words of OLX, for plugins that read it: which tags are containers, settings or videos.

They are those by which courses are taken apart, so that a plugin sees the same blocks.
"""

from __future__ import annotations

from openedx_blockstore.courses.olx import (
    CONTAINER_TAGS,
    INCLUDE_TAG,
    SETTING_TAGS,
    VIDEO_TAGS,
)

__all__ = ["CONTAINER_TAGS", "INCLUDE_TAG", "SETTING_TAGS", "VIDEO_TAGS"]
