"""Unpacking an archive from a stranger into a folder of our own.

Only regular files leave the archive, at plain relative paths, and all bounds are counted on what
really comes out, never on what a header promises. Links are not made; they are named instead.
"""

from __future__ import annotations

import gzip
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from openedx_blockstore.conf import get_settings
from openedx_blockstore.exceptions import BlockstoreError, InvalidArchive, LimitExceeded

CHUNK_BYTES = 64 * 1024

GZIP_MARK = b"\x1f\x8b"

#: An archive may grow by any ratio up to this many bytes: some kilobytes of zeros are no bomb.
RATIO_FREE_BYTES = 64 * 2**20

#: What the archive modules raise on damaged input.
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError,
           RuntimeError, ValueError)  # fmt: skip


class _Budget:
    """Counts entries and bytes against the limits of the settings."""

    def __init__(self, archive_bytes: int) -> None:
        self._settings = get_settings()
        self._archive_bytes = max(archive_bytes, 1)
        self._entries = 0
        self._bytes = 0

    def entry(self) -> None:
        self._entries += 1
        limit = self._settings.MAX_ARCHIVE_ENTRIES
        if self._entries > limit:
            raise LimitExceeded(
                "The number of entries in the archive",
                actual=self._entries,
                limit=limit,
                setting="MAX_ARCHIVE_ENTRIES",
            )

    def count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._settings.MAX_ARCHIVE_BYTES:
            raise LimitExceeded(
                "The unpacked size of the archive",
                actual=self._bytes,
                limit=self._settings.MAX_ARCHIVE_BYTES,
                setting="MAX_ARCHIVE_BYTES",
            )
        ratio = self._bytes // self._archive_bytes
        if self._bytes > RATIO_FREE_BYTES and ratio > self._settings.MAX_ARCHIVE_RATIO:
            raise LimitExceeded(
                "The ratio by which the archive grows",
                actual=ratio,
                limit=self._settings.MAX_ARCHIVE_RATIO,
                setting="MAX_ARCHIVE_RATIO",
            )


def unpack(archive: Path, folder: Path) -> tuple[str, ...]:
    """Unpack a tar archive (compressed or not) or a zip archive.

    Args:
        archive: The file; what it is is decided by its contents, not by its name.
        folder: An empty folder.

    Returns:
        The paths of the links in the archive, which were not unpacked.

    Raises:
        InvalidArchive: It is neither, is damaged, or has an entry that leaves the tree, is a
            device, or comes twice.
        LimitExceeded: It has more entries, bytes or growth than the settings allow.
    """
    budget = _Budget(archive.stat().st_size)
    try:
        if zipfile.is_zipfile(archive):
            return _unpack_zip(archive, folder, budget)
        with archive.open("rb") as file:
            is_compressed = file.read(len(GZIP_MARK)) == GZIP_MARK
        if is_compressed:
            with gzip.open(archive) as stream:
                return _unpack_tar(cast(IO[bytes], stream), folder, budget)
        if tarfile.is_tarfile(archive):
            with archive.open("rb") as file:
                return _unpack_tar(file, folder, budget)
    except BlockstoreError:
        raise
    except _DAMAGE as error:
        raise InvalidArchive(f"it is damaged ({error})") from error
    raise InvalidArchive("it is neither a tar archive nor a zip archive; give a .tar.gz or a .zip")


def _unpack_tar(stream: IO[bytes], folder: Path, budget: _Budget) -> tuple[str, ...]:
    links: list[str] = []
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            budget.entry()
            path = checked_path(member.name)
            if path is None or member.isdir():
                continue
            if member.issym() or member.islnk():
                links.append(path)
            elif member.isreg():
                source = tar.extractfile(member)
                assert source is not None, "a regular member has contents"
                _write(source, folder, path, budget)
            else:
                raise InvalidArchive("it is a device or a pipe", entry=path)
    # A stream that ends early between two entries would look complete: its sum stands at its end.
    for chunk in _chunks(stream):
        budget.count(len(chunk))
    return tuple(links)


def _unpack_zip(archive: Path, folder: Path, budget: _Budget) -> tuple[str, ...]:
    links: list[str] = []
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            budget.entry()
            path = checked_path(info.filename)
            if path is None or info.is_dir():
                continue
            if info.flag_bits & 0x1:
                raise InvalidArchive("it is encrypted", entry=path)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind == stat.S_IFLNK:
                links.append(path)
            elif kind in {0, stat.S_IFREG}:
                with zipped.open(info) as source:
                    _write(source, folder, path, budget)
            else:
                raise InvalidArchive("it is a device or a pipe", entry=path)
    return tuple(links)


def checked_path(name: str) -> str | None:
    """Return an entry's name as a plain relative path; None for the root itself.

    Raises:
        InvalidArchive: The name would lead out of the tree, or is no name.
    """
    if name.startswith("/") or "\0" in name:
        raise InvalidArchive("its path is absolute or holds a null character", entry=name)
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise InvalidArchive("its path leads out of the archive", entry=name)
    return "/".join(parts) or None


def _write(source: IO[bytes], folder: Path, path: str, budget: _Budget) -> None:
    target = folder / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for chunk in _chunks(source):
                budget.count(len(chunk))
                file.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise InvalidArchive("it comes twice, or as a file and a folder", entry=path) from error
    except OSError as error:
        if error.errno is not None and shutil.disk_usage(folder).free > CHUNK_BYTES:
            raise InvalidArchive(
                f"it can not be unpacked ({error.strerror})", entry=path
            ) from error
        raise


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(CHUNK_BYTES):
        yield chunk
