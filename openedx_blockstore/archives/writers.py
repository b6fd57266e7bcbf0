"""Writing archives: the same files in the same order are always the same bytes.

Nothing of the place and time of writing enters: no owner, no times, no differing modes. The output
is never sought in, so that it may be a pipe or a network connection and still be the same bytes.
"""

from __future__ import annotations

import abc
import contextlib
import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from openedx_blockstore.archives.formats import ArchiveFormat
from openedx_blockstore.store import CHUNK_BYTES

_MODE = 0o644
# What zlib and zipfile take for the default, too.
_COMPRESS_LEVEL = 6

# The earliest that a zip file can say.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


class ArchiveWriter(abc.ABC):
    """An archive that is being written."""

    @abc.abstractmethod
    def add(self, path: str, source: BinaryIO, *, size: int) -> None:
        """Append a file.

        Args:
            source: Is read to its end in chunks; it must hold ``size`` bytes.

        Raises:
            OSError: The output can not be written, or the source is shorter.
        """

    def add_bytes(self, path: str, contents: bytes) -> None:
        """Append a small file."""
        self.add(path, io.BytesIO(contents), size=len(contents))

    @abc.abstractmethod
    def close(self) -> None:
        """Write the end."""


class TarGzWriter(ArchiveWriter):
    """Writes a ``.tar.gz``: POSIX (PAX) headers, names in UTF-8."""

    def __init__(self, to: BinaryIO) -> None:
        self._gzip = gzip.GzipFile(
            filename="", mode="wb", compresslevel=_COMPRESS_LEVEL, fileobj=to, mtime=0
        )
        self._tar = tarfile.TarFile(
            fileobj=cast(Any, self._gzip), mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"
        )
        self._tar.copybufsize = CHUNK_BYTES  # type: ignore[attr-defined]

    def add(self, path: str, source: BinaryIO, *, size: int) -> None:
        """Append a file, see :meth:`ArchiveWriter.add`."""
        member = tarfile.TarInfo(path)
        member.size = size
        member.mode = _MODE
        self._tar.addfile(member, source)
        # It would keep a list of all members otherwise.
        self._tar.members = []  # type: ignore[attr-defined]

    def close(self) -> None:
        """Write the end."""
        self._tar.close()
        self._gzip.close()


class ZipWriter(ArchiveWriter):
    """Writes a ``.zip``: deflated, ZIP64 where needed, names in UTF-8."""

    def __init__(self, to: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(to, mode="w")

    def add(self, path: str, source: BinaryIO, *, size: int) -> None:
        """Append a file, see :meth:`ArchiveWriter.add`."""
        member = zipfile.ZipInfo(path, date_time=_ZIP_EPOCH)
        member.create_system = _UNIX
        member.external_attr = (stat.S_IFREG | _MODE) << 16
        member.compress_type = zipfile.ZIP_DEFLATED
        member.file_size = size
        written = 0
        with self._zip.open(member, mode="w") as target:
            while chunk := source.read(CHUNK_BYTES):
                written += len(chunk)
                target.write(chunk)
        if written != size:
            raise OSError(f"{path} holds {written:,} bytes, not {size:,}")

    def close(self) -> None:
        """Write the end."""
        self._zip.close()


_WRITERS: dict[ArchiveFormat, type[TarGzWriter | ZipWriter]] = {
    "tar.gz": TarGzWriter,
    "zip": ZipWriter,
}


@contextlib.contextmanager
def write_archive(to: BinaryIO, *, format: ArchiveFormat) -> Iterator[ArchiveWriter]:
    """Write an archive to a binary file.

    If the block fails, so does the archive: it stays without an end, which every reader notices.

    Args:
        to: Stays open.
    """
    sink = _Sink(to)
    writer = _WRITERS[format](cast(BinaryIO, sink))
    try:
        yield writer
        writer.close()
    except BaseException:
        # The libraries write what is left when their objects are collected; there is nobody
        # left to want it.
        sink.discard = True
        raise


class _Sink:
    """The output. Without ``seek`` and ``tell``, so that nobody writes what depends on them."""

    def __init__(self, to: BinaryIO) -> None:
        self._to = to
        self.discard = False

    def write(self, data: bytes) -> int:
        if not self.discard:
            self._to.write(data)
        return len(data)

    def flush(self) -> None:
        if not self.discard:
            self._to.flush()
