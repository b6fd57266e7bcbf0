"""What stands in an archive, whatever its format: names that are safe, files that are guarded."""

from __future__ import annotations

import contextlib
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Literal, cast

from attrs import frozen

from openedx_blockstore.archives.limits import Budget
from openedx_blockstore.exceptions import BlockstoreError, InvalidArchive, InvalidPath
from openedx_blockstore.store import CHUNK_BYTES, normalize_path

# A tree may stand below ``{bundle_uuid}/{version}/`` or below a folder of its own.
_FOLDER_ALLOWANCE = 255

#: What the libraries raise when an archive is broken. A plain OSError is not among them: that is
#: the disk's fault, not the archive's.
_BROKEN = (
    EOFError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    UnicodeError,
    ValueError,
    gzip.BadGzipFile,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)


@frozen
class Entry:
    """A file or symbolic link in an archive. Folders are not entries: they follow from the paths.

    Attributes:
        path: Relative, with ``/``, in NFC, without ``.`` and ``..``.
        size: In bytes, as the archive claims; reading fails if it is not so.
        kind: Whether it is a file, or a symbolic link (which has no contents here).
        open: Opens a file's contents. They can be read until the next entry is asked for.
    """

    path: str
    size: int
    kind: Literal["file", "symlink"]
    open: Callable[[], BinaryIO]


@contextlib.contextmanager
def refuse_broken(entry: str | None = None) -> Iterator[None]:
    """Turn what the libraries raise on a broken archive into an InvalidArchive."""
    try:
        yield
    except BlockstoreError:
        raise
    except _BROKEN as error:
        detail = str(error) or type(error).__name__
        raise InvalidArchive(f"it is damaged or cut off ({detail})", entry=entry) from error


def entry_path(name: str, *, max_length: int) -> str:
    """Return an entry's path as it is compared and stored.

    A leading ``./``, which ``tar`` writes when it packs the current folder, is dropped; so is the
    slash at the end of a folder. Returns an empty string for the archive's root itself.

    Raises:
        InvalidArchive: The path could lead out of the tree, or no version may hold it.
    """
    path = name
    while path.startswith("./"):
        path = path[2:]
    path = path.removesuffix("/")
    if path in ("", ".") and name not in ("", "/"):
        return ""
    try:
        # Reserved folders are known to those who look for trees; here they are names as any.
        root = "x/"
        return normalize_path(root + path, max_length=max_length + _FOLDER_ALLOWANCE)[len(root) :]
    except InvalidPath as error:
        raise InvalidArchive(error.reason, entry=name) from error


class GuardedFile(io.RawIOBase):
    """The contents of an entry: counted, bounded, and exactly as long as the archive claims.

    Args:
        path: The entry's.
        size: As claimed.
        budget: Counts what is read; None where the stream below does that.
    """

    def __init__(self, source: BinaryIO, *, path: str, size: int, budget: Budget | None) -> None:
        self._source = source
        self._path = path
        self._left = size
        self._budget = budget

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes, or all that are left.

        Raises:
            InvalidArchive: The entry is damaged, or not as long as it claims.
            LimitExceeded: The archive unpacks to more than it may.
        """
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(CHUNK_BYTES), b""))
        with refuse_broken(self._path):
            data = self._source.read(size)
        if self._budget is not None:
            self._budget.take_bytes(len(data))
        self._left -= len(data)
        if self._left < 0 or (not data and size and self._left):
            raise InvalidArchive("it does not hold as many bytes as it claims to", entry=self._path)
        return data

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer, see :meth:`read`."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file below, too."""
        self._source.close()
        super().close()


def no_contents() -> BinaryIO:
    """Open the contents of an entry that has none."""
    return cast(BinaryIO, io.BytesIO())
