"""A cache of one process, in which several threads that want the same make it once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from cachetools import LRUCache

ValueT = TypeVar("ValueT")


class SharedCache(Generic[ValueT]):
    """Values that depend on their keys alone; the ones that were used last are kept.

    Args:
        size: How many.
    """

    def __init__(self, size: int) -> None:
        self._made: LRUCache[object, ValueT] = LRUCache(size)
        self._pending: dict[object, Future[ValueT]] = {}
        self._lock = threading.Lock()

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self._made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._made.clear()

    def get(self, key: object, make: Callable[[], ValueT]) -> ValueT:
        """Return what is kept under a key; of several threads that miss it, the first makes it.

        Whatever that raises, all of them raise, and the next one tries again.
        """
        with self._lock:
            if key in self._made:
                return self._made[key]
            pending = self._pending.get(key)
            is_first = pending is None
            if pending is None:
                pending = self._pending[key] = Future()
        if not is_first:
            return pending.result()
        try:
            made = make()
        except BaseException as error:
            pending.set_exception(error)
            raise
        else:
            with self._lock:
                self._made[key] = made
            pending.set_result(made)
            return made
        finally:
            with self._lock:
                del self._pending[key]
