"""Walks through a ``.zip`` with :mod:`zipfile`, trusting nothing of it.

A zip file says everything twice: in the directory at its end, which :mod:`zipfile` reads, and in
front of each entry. Where the two differ, different programs see different files, so such archives
are refused; likewise those whose entries overlap, which is how small files become enormous.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from attrs import frozen

from openedx_blockstore.archives.entries import (
    Entry,
    GuardedFile,
    entry_path,
    no_contents,
    refuse_broken,
)
from openedx_blockstore.archives.limits import Budget
from openedx_blockstore.exceptions import InvalidArchive

# The fixed parts of PKZIP's APPNOTE, sections 4.3.7 (in front of each entry) and 4.3.16 (the end).
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_LOCAL_SIGNATURE = b"PK\x03\x04"
_DIRECTORY_SIGNATURE = b"PK\x01\x02"
_END_SIGNATURE = b"PK\x05\x06"
_END_BYTES = 22

# Bits of an entry's flags.
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW = 0x8
_IS_UTF8 = 0x800

# Stands in a 32-bit field for "see the ZIP64 field".
_SEE_ZIP64 = 0xFFFFFFFF

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_METHOD_NAMES = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz"}


@frozen
class _LocalHeader:
    """What stands in front of an entry."""

    flags: int
    method: int
    crc: int
    packed: int
    unpacked: int
    data_offset: int


def walk_zip(
    file: BinaryIO, *, budget: Budget, max_path_length: int
) -> Iterator[tuple[str, Entry | None]]:
    """Yield path and entry of everything in the archive; None for the entry of a folder.

    Raises:
        InvalidArchive: It is damaged or ambiguous, or has entries that are no plain files.
        LimitExceeded: It holds too much.
    """
    guarded = _DirectoryGuard(file, budget)
    with refuse_broken():
        archive = zipfile.ZipFile(cast(BinaryIO, guarded))
    with archive:
        guarded.reading_directory = False
        _check_end(file, archive)
        _check_overlaps(file, archive)
        for member in archive.infolist():
            budget.take_entry()
            path = entry_path(_name(member), max_length=max_path_length)
            entry = _entry(archive, member, path, budget)
            budget.check_claim(member.file_size)
            yield path, entry


class _DirectoryGuard(io.RawIOBase):
    """Counts the entries in the directory before :mod:`zipfile` makes objects of them.

    Attributes:
        reading_directory: What is read in one piece may be the directory.
    """

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file = file
        self._budget = budget
        self.reading_directory = True

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can seek."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position."""
        return self._file.seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and count entries.

        Raises:
            LimitExceeded: There are too many entries.
        """
        data = self._file.read(-1 if size is None else size)
        if self.reading_directory and data.startswith(_DIRECTORY_SIGNATURE):
            self._budget.check_entries(data.count(_DIRECTORY_SIGNATURE))
        return data


def _check_end(file: BinaryIO, archive: zipfile.ZipFile) -> None:
    end = file.seek(0, os.SEEK_END) - _END_BYTES - len(archive.comment)
    file.seek(max(0, end))
    if end < 0 or file.read(len(_END_SIGNATURE)) != _END_SIGNATURE:
        raise InvalidArchive("something follows after its end")


def _check_overlaps(file: BinaryIO, archive: zipfile.ZipFile) -> None:
    position = 0
    for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
        name = member.orig_filename
        if position == 0 and member.header_offset != 0:
            raise InvalidArchive("something stands before its first entry")
        if member.header_offset < position:
            raise InvalidArchive("it overlaps with another entry", entry=name)
        local = _local_header(file, member)
        _check_local(local, member)
        position = local.data_offset + member.compress_size
        if position > archive.start_dir:
            raise InvalidArchive("it overlaps with the archive's directory", entry=name)


def _local_header(file: BinaryIO, member: zipfile.ZipInfo) -> _LocalHeader:
    file.seek(member.header_offset)
    data = file.read(_LOCAL_HEADER.size)
    with refuse_broken(member.orig_filename):
        signature, _, flags, method, _, _, crc, packed, unpacked, name, extra = (
            _LOCAL_HEADER.unpack(data)
        )
    if signature != _LOCAL_SIGNATURE:
        raise InvalidArchive("there is no entry where it should be", entry=member.orig_filename)
    return _LocalHeader(flags, method, crc, packed, unpacked, file.tell() + name + extra)


def _check_local(local: _LocalHeader, member: zipfile.ZipInfo) -> None:
    """Refuse an entry of which the archive says two different things."""
    facts = [("method", local.method, member.compress_type)]
    if not (local.flags & _SIZES_FOLLOW):
        facts.append(("checksum", local.crc, member.CRC))
        if _SEE_ZIP64 not in (local.packed, local.unpacked):
            facts.append(("packed size", local.packed, member.compress_size))
            facts.append(("size", local.unpacked, member.file_size))
    for what, here, there in facts:
        if here != there:
            raise InvalidArchive(
                f"its {what} is {here} in its own header, and {there} in the archive's directory",
                entry=member.orig_filename,
            )


def _name(member: zipfile.ZipInfo) -> str:
    """Return an entry's name as it was meant.

    Names that are not marked as UTF-8 are in code page 437 by the book, but many programs write
    UTF-8 all the same.
    """
    name = member.orig_filename
    if not member.flag_bits & _IS_UTF8:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def _entry(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, budget: Budget
) -> Entry | None:
    name = path or member.orig_filename
    file_type = stat.S_IFMT(member.external_attr >> 16)
    if member.flag_bits & _ENCRYPTED:
        raise InvalidArchive("it is encrypted; pack the archive without a password", entry=name)
    if member.orig_filename.endswith("/") or file_type == stat.S_IFDIR:
        if member.file_size:
            raise InvalidArchive("it is a folder that holds bytes of its own", entry=name)
        return None
    if file_type == stat.S_IFLNK:
        return Entry(path, 0, "symlink", no_contents)
    if file_type not in (0, stat.S_IFREG):
        raise InvalidArchive("it is a device or pipe; only plain files can be imported", entry=name)
    if member.compress_type not in _METHODS:
        method = _METHOD_NAMES.get(member.compress_type, str(member.compress_type))
        raise InvalidArchive(
            f"it is packed by the method {method}; only deflated and stored entries can be "
            f"imported",
            entry=name,
        )
    if path == "":
        raise InvalidArchive("a file needs a name", entry=name)
    return Entry(path, member.file_size, "file", _opener(archive, member, path, budget))


def _opener(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, budget: Budget
) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        with refuse_broken(path):
            source = cast(BinaryIO, archive.open(member))
        return cast(BinaryIO, GuardedFile(source, path=path, size=member.file_size, budget=budget))

    return open_member
