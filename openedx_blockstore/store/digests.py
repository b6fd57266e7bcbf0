"""The one digest function, and readers that compute it on the way.

SHA-256 in lower-case hexadecimal names every blob and every manifest. Changing it would orphan
all that is stored; a second algorithm would need a second ``_meta.digest`` in the manifests.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from openedx_blockstore.exceptions import Invalid, StorageError

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
            Invalid: The file yields text.
        """
        while chunk := self._source.read(CHUNK_BYTES):
            if not isinstance(chunk, (bytes, bytearray, memoryview)):
                raise Invalid(
                    f"The contents must be a binary file, but reading it gave "
                    f"{type(chunk).__name__}."
                )
            self._hasher.update(chunk)
            self.size += len(chunk)
            yield bytes(chunk)

    @property
    def digest(self) -> str:
        """The digest of all that was read so far."""
        return self._hasher.hexdigest()


class VerifiedFile(io.BufferedIOBase):
    """A readable binary file that fails, rather than ends, if its bytes are damaged.

    It offers no seeking, which would make the check meaningless.

    Attributes:
        size: The bytes it holds, as recorded.
    """

    def __init__(self, source: BinaryIO, *, name: str, digest: str, size: int) -> None:
        self._source = source
        self._name = name
        self._digest = digest
        self._hasher = hashlib.sha256()
        self._position = 0
        self.size = size

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes; by default all that are left.

        Raises:
            StorageError: All was read, and it does not have the digest it is stored under; or the
                storage failed.
        """
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        try:
            data = self._source.read() if size is None or size < 0 else self._source.read(size)
        except Exception as error:  # each storage raises what its library raises
            raise StorageError(self._name, f"it can not be read ({error})") from error
        self._hasher.update(data)
        self._position += len(data)
        at_end = size != 0 and (not data or size is None or size < 0)
        if (at_end or self._position >= self.size) and self._hasher.hexdigest() != self._digest:
            raise StorageError(self._name, "its bytes do not have the digest they are stored under")
        return data

    def read1(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes, see :meth:`read`."""
        return self.read(CHUNK_BYTES if size is None or size < 0 else size)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def close(self) -> None:
        """Close the file below, too."""
        self._source.close()
        super().close()
