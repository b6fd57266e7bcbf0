"""Reading archives that strangers made: one interface for both formats.

An archive is walked from its start to its end, as often as needed; nothing is ever unpacked to the
disk under a name that the archive chose.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from openedx_blockstore.archives.entries import Entry
from openedx_blockstore.archives.formats import (
    MAGIC_BYTES,
    ArchiveFormat,
    detect_format,
    strip_suffix,
)
from openedx_blockstore.archives.limits import ArchiveLimits, Budget, configured_limits
from openedx_blockstore.archives.tar_reader import walk_tar
from openedx_blockstore.archives.zip_reader import walk_zip
from openedx_blockstore.exceptions import InvalidArchive, LimitExceeded
from openedx_blockstore.store import CHUNK_BYTES

#: What can be read: the path of an archive, or a binary file.
ArchiveSource = str | os.PathLike[str] | BinaryIO

_WALKS = {"tar.gz": walk_tar, "zip": walk_zip}


class ArchiveReader:
    """An open archive.

    Attributes:
        name: What the archive's file is called, without suffix; empty where it has no name.
        format: Which of the two formats it has.
    """

    def __init__(self, file: BinaryIO, *, name: str, limits: ArchiveLimits) -> None:
        self._file = file
        self._limits = limits
        self._bytes = file.seek(0, os.SEEK_END)
        file.seek(0)
        self.name = name
        self.format: ArchiveFormat = detect_format(file.read(MAGIC_BYTES))

    def entries(self) -> Iterator[Entry]:
        """Walk through the archive from its start.

        Every call starts again, and only one walk may be under way at a time. Whoever walks to the
        end can trust that there is nothing else in the archive.

        Raises:
            InvalidArchive: The archive is damaged, or holds something that must not be imported.
            LimitExceeded: It is too large.
        """
        self._file.seek(0)
        budget = Budget(self._limits, archive_bytes=self._bytes)
        walk = _WALKS[self.format](
            self._file, budget=budget, max_path_length=self._limits.path_length
        )
        files: set[str] = set()
        folders: set[str] = set()
        for path, entry in walk:
            if path == "":
                continue
            if path in files or (entry is not None and path in folders):
                raise InvalidArchive("it is in the archive twice", entry=path)
            if entry is None:
                folders.add(path)
                continue
            files.add(path)
            yield entry


@contextlib.contextmanager
def open_archive(
    from_: ArchiveSource, *, limits: ArchiveLimits | None = None
) -> Iterator[ArchiveReader]:
    """Open an archive for reading.

    Args:
        from_: A path, or a binary file, which stays open. A file that can not seek, or that does
            not stand at its start, is copied to a temporary file first.
        limits: By default those of the settings.

    Raises:
        InvalidArchive: It is no archive.
        LimitExceeded: It is too large.
        OSError: It can not be opened.
    """
    limits = limits or configured_limits()
    with contextlib.ExitStack() as stack:
        if isinstance(from_, (str, os.PathLike)):
            name = os.fspath(from_)
            if Path(name).is_dir():
                raise InvalidArchive(f"{name} is a folder; pack it as a .tar.gz or .zip file")
            file: BinaryIO = stack.enter_context(Path(name).open("rb"))
        else:
            file = from_
            given = getattr(file, "name", "")
            name = given if isinstance(given, str) else ""
        if not _stands_at_start(file):
            file = stack.enter_context(_spooled(file, limits))
        yield ArchiveReader(file, name=strip_suffix(Path(name).name), limits=limits)


def _stands_at_start(file: BinaryIO) -> bool:
    try:
        return file.seekable() and file.tell() == 0
    except (AttributeError, OSError):
        return False


@contextlib.contextmanager
def _spooled(source: BinaryIO, limits: ArchiveLimits) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile(prefix="blockstore-") as file:
        size = 0
        while chunk := source.read(CHUNK_BYTES):
            size += file.write(chunk)
            if size > limits.unpacked_bytes:
                raise LimitExceeded(
                    "Bytes in the archive",
                    actual=size,
                    limit=limits.unpacked_bytes,
                    setting="MAX_ARCHIVE_BYTES",
                )
        file.seek(0)
        yield cast(BinaryIO, file)
