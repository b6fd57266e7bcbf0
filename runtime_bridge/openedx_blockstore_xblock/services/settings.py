"""Settings that a site has for classes of blocks: the platform's service of this name."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from xblock.core import XBlock


class SettingsService:
    """Reads ``XBLOCK_SETTINGS``, a dictionary with a part for each class of blocks."""

    def get_settings_bucket(self, block: XBlock, default: Any = None) -> Any:
        """Return what the site has set for a block's class, or the default.

        Raises:
            ValueError: There is no block.
        """
        if block is None:
            raise ValueError("Whose settings?")
        block_class = getattr(block, "unmixed_class", type(block))
        key = getattr(block, "block_settings_key", block_class.__name__)
        given = getattr(settings, "XBLOCK_SETTINGS", None) or {}
        return given.get(key, {} if default is None else default)
