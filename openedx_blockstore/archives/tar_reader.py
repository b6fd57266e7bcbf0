"""Walks through a ``.tar.gz`` with :mod:`tarfile`, trusting nothing of it.

:mod:`tarfile` is made for archives that mean well: it reads headers of any length into memory,
follows chains of headers by recursion, and takes a broken header for the end. All of that is
bounded or noticed by the stream that it is given to read from.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from openedx_blockstore.archives.entries import (
    Entry,
    GuardedFile,
    entry_path,
    no_contents,
    refuse_broken,
)
from openedx_blockstore.archives.limits import Budget
from openedx_blockstore.exceptions import InvalidArchive
from openedx_blockstore.store import CHUNK_BYTES

# What the headers of one entry may take: a path, owners, attributes of the file system that made
# them. Longer chains of headers would also overflow Python's stack.
_MAX_HEADER_BYTES = 64 * 2**10

# The largest size that fits into an entry's own header (POSIX ustar); above, a PAX record has it.
_MAX_USTAR_SIZE = 8 * 2**30 - 1

_KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}

# Records of a global PAX header that would change what every entry is.
_FORBIDDEN_GLOBALS = ("path", "linkpath", "size")


def walk_tar(
    file: BinaryIO, *, budget: Budget, max_path_length: int
) -> Iterator[tuple[str, Entry | None]]:
    """Yield path and entry of everything in the archive; None for the entry of a folder.

    Raises:
        InvalidArchive: It is damaged, or has entries that are no plain files.
        LimitExceeded: It holds too much.
    """
    with gzip.GzipFile(fileobj=file, mode="rb") as unzipped:
        stream = _TarStream(cast(BinaryIO, unzipped), budget)
        with refuse_broken(), stream.reading_headers():
            archive = tarfile.open(  # noqa: SIM115 - it holds nothing that must be closed
                fileobj=cast(BinaryIO, stream), mode="r:", encoding="utf-8", errors="strict"
            )
        while (member := _next_member(archive, stream)) is not None:
            budget.take_entry()
            path = entry_path(member.name, max_length=max_path_length)
            entry = _entry(archive, member, path)
            budget.check_claim(member.size)
            yield path, entry
        stream.expect_end()


def _next_member(archive: tarfile.TarFile, stream: _TarStream) -> tarfile.TarInfo | None:
    with refuse_broken(), stream.reading_headers():
        member = archive.next()
    # It would keep a list of all members otherwise.
    archive.members = []  # type: ignore[attr-defined]
    if member is not None:
        _check_globals(archive)
        _check_size(member, stream.last_block)
    return member


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Entry | None:
    name = path or member.name
    if member.issparse():
        raise InvalidArchive("it is a sparse file; only plain files can be imported", entry=name)
    if member.isdir():
        return None
    if member.issym():
        return Entry(path, 0, "symlink", no_contents)
    if not member.isreg():
        kind = _KINDS.get(member.type, f"of the unknown type {member.type!r}")
        raise InvalidArchive(f"it is {kind}; only plain files can be imported", entry=name)
    if path == "":
        raise InvalidArchive("a file needs a name", entry=name)
    return Entry(path, member.size, "file", _opener(archive, member, path))


def _opener(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        source = cast(BinaryIO, archive.extractfile(member))
        return cast(BinaryIO, GuardedFile(source, path=path, size=member.size, budget=None))

    return open_member


def _check_globals(archive: tarfile.TarFile) -> None:
    for key in archive.pax_headers:
        if key in _FORBIDDEN_GLOBALS or key.startswith("GNU.sparse"):
            raise InvalidArchive(f"a global header sets {key!r} for every entry")


def _check_size(member: tarfile.TarInfo, header: bytes) -> None:
    """Refuse an entry of which different programs would read different bytes."""
    if member.size < 0:
        raise InvalidArchive("it claims to hold less than nothing", entry=member.name)
    if "size" not in member.pax_headers or member.size > _MAX_USTAR_SIZE:
        return
    with refuse_broken(member.name):
        own = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape").size
    if own != member.size:
        raise InvalidArchive(
            f"its header claims {own:,} bytes, and the extended header {member.size:,}",
            entry=member.name,
        )


class _TarStream(io.RawIOBase):
    """The unpacked bytes of a tar file: forward only, counted, and bounded while reading headers.

    Attributes:
        last_block: What was read last while reading headers.
    """

    def __init__(self, source: BinaryIO, budget: Budget) -> None:
        self._source = source
        self._budget = budget
        self._position = 0
        self._ended = False
        # What may still be read of headers; None while reading contents.
        self._header_bytes_left: int | None = None
        self.last_block = b""

    @contextlib.contextmanager
    def reading_headers(self) -> Iterator[None]:
        """Bound what is read while this context is entered."""
        self._header_bytes_left = _MAX_HEADER_BYTES
        yield
        self._header_bytes_left = None

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def tell(self) -> int:
        """Return how many bytes were read or skipped."""
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes.

        Raises:
            InvalidArchive: Headers take more than they may, or go on beyond the end.
        """
        wanted = CHUNK_BYTES if size is None or size < 0 else size
        if self._header_bytes_left is not None:
            self._header_bytes_left -= wanted
            if self._header_bytes_left < 0:
                raise InvalidArchive(
                    f"at byte {self._position:,} is an entry with more than "
                    f"{_MAX_HEADER_BYTES:,} bytes of headers"
                )
        data = self._take(wanted)
        if self._header_bytes_left is not None:
            self.last_block = data
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Skip forward.

        Raises:
            InvalidArchive: The place lies behind what was read.
        """
        if whence != io.SEEK_SET or offset < self._position:
            raise InvalidArchive(f"at byte {self._position:,} is an entry that points backwards")
        while self._position < offset and self._take(min(CHUNK_BYTES, offset - self._position)):
            pass
        return self._position

    def expect_end(self) -> None:
        """Make sure that nothing follows the end of the archive.

        Raises:
            InvalidArchive: It does; or the archive ended without saying so.
        """
        with refuse_broken():
            if len(self.last_block) < tarfile.BLOCKSIZE:
                raise InvalidArchive("it is damaged or cut off (it has no end mark)")
            if any(self.last_block):
                raise InvalidArchive(
                    f"before byte {self._position:,} stands something that is no header"
                )
            while data := self._take(CHUNK_BYTES):
                if any(data):
                    raise InvalidArchive("something follows after its end")

    def _take(self, size: int) -> bytes:
        with refuse_broken():
            data = self._source.read(size)
        if not data and size:
            if self._ended:
                raise InvalidArchive("it is damaged or cut off (it ends within an entry)")
            self._ended = True
        self._position += len(data)
        self._budget.take_bytes(len(data))
        return data
