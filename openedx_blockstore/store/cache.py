"""Cached bytes by digest: a bounded cache in each process, in front of Django's.

What has a digest never changes, so nothing expires and nothing is ever invalidated. Nothing that
depends on anything else than the digest may go in here (a signed URL, say, or a learner's view).
"""

from __future__ import annotations

import logging
import threading
import zlib
from typing import TypeVar, cast

from cachetools import LRUCache
from django.core.cache.backends.base import BaseCache

from openedx_blockstore.store.digests import digest_of

T = TypeVar("T")

logger = logging.getLogger(__name__)

_PREFIX = "openedx_blockstore:1:"


class DigestCache:
    """Remembers bytes under their digest, and in this process also what was parsed from them.

    Bytes from Django's cache are verified, since others can write there; those of the process
    need not be. A cache that is down is logged, and otherwise no worse than an empty one.
    """

    def __init__(self, cache: BaseCache, *, process_bytes: int) -> None:
        self._cache = cache
        self._lock = threading.Lock()
        self._parsed: LRUCache[tuple[type, str], tuple[object, int]] = LRUCache(
            process_bytes, getsizeof=lambda item: item[1]
        )

    def get(self, digest: str) -> bytes | None:
        """Return the bytes with this digest, or None."""
        try:
            compressed = self._cache.get(_PREFIX + digest)
            contents = zlib.decompress(compressed) if isinstance(compressed, bytes) else None
        except Exception:  # each cache backend raises what its library raises
            logger.warning("Blockstore can not read from its cache", exc_info=True)
            return None
        return contents if contents is not None and digest_of(contents) == digest else None

    def set(self, digest: str, contents: bytes) -> None:
        """Remember bytes for every process."""
        try:
            self._cache.set(_PREFIX + digest, zlib.compress(contents, 1), timeout=None)
        except Exception:  # see above
            logger.warning("Blockstore can not write to its cache", exc_info=True)

    def get_parsed(self, kind: type[T], digest: str) -> T | None:
        """Return what this process made of the bytes with this digest, or None.

        Args:
            kind: What was made of them; the same bytes may be read as different things.
        """
        with self._lock:
            item = self._parsed.get((kind, digest))
        return cast(T, item[0]) if item is not None else None

    def set_parsed(self, digest: str, value: object, *, size: int) -> None:
        """Remember an immutable value for this process.

        Args:
            size: Its weight in bytes; what is larger than the whole cache is not kept.
        """
        with self._lock:
            if size <= self._parsed.maxsize:
                self._parsed[type(value), digest] = (value, size)
