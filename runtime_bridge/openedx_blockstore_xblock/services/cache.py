"""A cache for blocks."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache


class CacheService:
    """Django's default cache, in a corner of its own.

    Args:
        depends_on: What the block's results depend on, beside what it makes its keys of.
    """

    def __init__(self, depends_on: str = "") -> None:
        self._prefix = f"blockstore-xblock:{depends_on}:"

    def get(self, key: str, default: Any = None) -> Any:
        """Return what was kept under a key."""
        return cache.get(self._prefix + key, default)

    def set(self, key: str, value: Any, timeout: int | None = 3600) -> None:
        """Keep something for a time, in seconds."""
        cache.set(self._prefix + key, value, timeout)

    def delete(self, key: str) -> None:
        """Forget what was kept."""
        cache.delete(self._prefix + key)
