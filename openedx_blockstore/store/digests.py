"""The one digest function, and readers that compute it on the way.

SHA-256 in lower-case hexadecimal names every blob and every manifest. Changing it would orphan
all that is stored; a second algorithm would need a second ``_meta.digest`` in the manifests.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

from openedx_blockstore.exceptions import StorageError

#: As it stands in manifests and archives.
DIGEST_ALGORITHM = "sha256"

#: Bytes that are read and hashed at a time.
CHUNK_BYTES = 256 * 2**10

_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest_of(contents: bytes) -> str:
    """Return the digest of bytes."""
    return hashlib.sha256(contents).hexdigest()


def is_digest(value: object) -> bool:
    """Tell whether a value is spelt as a digest is."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


class HashingReader:
    """Reads a binary file once, in chunks, and knows size and digest of what it has read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._hasher = hashlib.sha256()
        self.size = 0

    def chunks(self) -> Iterator[bytes]:
        """Yield the rest of the file.

        Raises:
            TypeError: The file yields text.
        """
        while chunk := self._source.read(CHUNK_BYTES):
            if not isinstance(chunk, (bytes, bytearray, memoryview)):
                raise TypeError(f"A binary file is needed, but reading it gave {type(chunk)}.")
            self._hasher.update(chunk)
            self.size += len(chunk)
            yield bytes(chunk)

    @property
    def digest(self) -> str:
        """The digest of all that was read so far."""
        return self._hasher.hexdigest()


class VerifiedFile:
    """A readable binary file that refuses to end unless its bytes have the digest they should.

    Only reading is offered: seeking would make the check meaningless.
    """

    def __init__(self, source: BinaryIO, *, name: str, digest: str, size: int) -> None:
        self._source = source
        self._name = name
        self._digest = digest
        self._hasher = hashlib.sha256()
        self.size = size

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, all that are left by default.

        Raises:
            StorageError: The file is at its end, and its digest is not the one expected.
        """
        data = self._source.read(size) if size >= 0 else self._source.read()
        self._hasher.update(data)
        if (not data or size < 0) and size != 0 and self._hasher.hexdigest() != self._digest:
            raise StorageError(self._name, "the bytes do not have the digest they are stored under")
        return data

    def readable(self) -> bool:
        """Yes."""
        return True

    def __iter__(self) -> Iterator[bytes]:
        """Yield chunks until the end."""
        while chunk := self.read(CHUNK_BYTES):
            yield chunk

    def close(self) -> None:
        """Close the file below."""
        self._source.close()
