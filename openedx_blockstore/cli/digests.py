"""Digests of local files: SHA-256 in lower-case hexadecimal, as the server has them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

CHUNK_BYTES = 256 * 2**10

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Digester:
    """Computes the digest of what it is fed."""

    def __init__(self) -> None:
        self._hasher = hashlib.sha256()

    def feed(self, data: bytes) -> None:
        """Take more bytes."""
        self._hasher.update(data)

    @property
    def digest(self) -> str:
        """The digest of all that was fed."""
        return self._hasher.hexdigest()


def is_digest(text: object) -> bool:
    """Tell whether something is spelt as a digest is."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def digest_of_file(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """Return the digest of a file.

    Args:
        progress: Is told how many more bytes were read.
    """
    digester = Digester()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digester.feed(chunk)
            if progress is not None:
                progress(len(chunk))
    return digester.digest
