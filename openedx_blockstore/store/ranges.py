"""Parts of stored files."""

from __future__ import annotations

import io
from typing import BinaryIO


class FileRange(io.BufferedIOBase):
    """The next bytes of an open file, as a file that ends after them.

    It can not be verified: a digest is of the whole.

    Args:
        source: The file, at the first byte of the range. It is closed with this one.
        length: The bytes of the range.
    """

    def __init__(self, source: BinaryIO, length: int) -> None:
        self._source = source
        self._left = length

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes; by default all that are left."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        data = self._source.read(wanted) if wanted else b""
        self._left -= len(data)
        return data

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def close(self) -> None:
        """Close the file below, too."""
        self._source.close()
        super().close()
