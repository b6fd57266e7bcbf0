"""The two kinds of archive, and how to tell them apart."""

from __future__ import annotations

from typing import Literal, get_args

from openedx_blockstore.exceptions import InvalidArchive

ArchiveFormat = Literal["tar.gz", "zip"]

DEFAULT_FORMAT: ArchiveFormat = "tar.gz"

#: The formats' names, for choices in commands.
ARCHIVE_FORMATS: tuple[ArchiveFormat, ...] = get_args(ArchiveFormat)

_SUFFIXES: dict[str, ArchiveFormat] = {".tar.gz": "tar.gz", ".tgz": "tar.gz", ".zip": "zip"}

_GZIP_MAGIC = b"\x1f\x8b"
# A local header; the end record, which is all that an empty archive has.
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")

#: How many of an archive's first bytes :func:`detect_format` looks at.
MAGIC_BYTES = 4


def format_of_name(name: str) -> ArchiveFormat | None:
    """Return the format that a file name's suffix stands for, or None."""
    lowered = name.lower()
    return next((kind for suffix, kind in _SUFFIXES.items() if lowered.endswith(suffix)), None)


def strip_suffix(name: str) -> str:
    """Return a file name without the suffix of an archive."""
    for suffix in _SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def detect_format(start: bytes) -> ArchiveFormat:
    """Tell an archive's format by its first bytes; names can lie.

    Raises:
        InvalidArchive: They are no archive's.
    """
    if start.startswith(_GZIP_MAGIC):
        return "tar.gz"
    if start.startswith(_ZIP_MAGICS):
        return "zip"
    if not start:
        raise InvalidArchive("it is empty, without a single byte")
    raise InvalidArchive("it is neither a .tar.gz nor a .zip file")
