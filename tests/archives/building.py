"""Builds archives for tests, among them such as no honest program makes."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, cast

from openedx_blockstore.archives import ArchiveFormat, write_archive
from openedx_blockstore.store import digest_of

FORMATS: tuple[ArchiveFormat, ...] = ("tar.gz", "zip")

META = {"version": 1, "digest": "sha256"}
UUID_A = "aaaaaaaa-0000-4000-8000-000000000001"
UUID_B = "bbbbbbbb-0000-4000-8000-000000000002"


def pack(
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    format: ArchiveFormat = "tar.gz",
) -> io.BytesIO:
    """Return an archive of files, in the order they are given."""
    buffer = io.BytesIO()
    items = files.items() if isinstance(files, Mapping) else files
    with write_archive(cast(BinaryIO, buffer), format=format) as writer:
        for path, contents in items:
            writer.add_bytes(path, contents)
    buffer.seek(0)
    return buffer


def info(files: Mapping[str, bytes] | None = None, /, **changes: Any) -> dict[str, Any]:
    """Return an info file's document for files, with values changed or (None given) removed."""
    document: dict[str, Any] = {
        "_meta": META,
        "uuid": UUID_A,
        "version": 1,
        "title": "A title",
        "files": {
            path: {"digest": digest_of(contents), "size": len(contents), "public": False}
            for path, contents in (files or {}).items()
        },
    }
    document |= changes
    return {key: value for key, value in document.items() if value is not None}


def tree(files: Mapping[str, bytes], /, *, folder: str = "", **changes: Any) -> dict[str, bytes]:
    """Return the entries of a tree: its info file, and its files."""
    document = json.dumps(info(files, **changes)).encode()
    return {
        f"{folder}.blockstore/info.json": document,
        **{folder + path: contents for path, contents in files.items()},
    }


def contents(trees: Iterable[tuple[str, int]], **changes: Any) -> dict[str, bytes]:
    """Return the entry that says which trees an archive holds; all of them are roots."""
    listed = [{"bundle_uuid": uuid, "version": version} for uuid, version in trees]
    document = {"_meta": META, "kind": "bundle", "roots": listed, "trees": listed, **changes}
    return {".blockstore/archive.json": json.dumps(document).encode()}


def link(uuid: str, version: int, *, weak: bool = False) -> dict[str, Any]:
    """Return a link as an info file has it."""
    return {"bundle_uuid": uuid, "version": version, "weak": weak}


def member(name: str, kind: bytes = tarfile.REGTYPE, **attributes: Any) -> tarfile.TarInfo:
    """Return a tar header with any attributes."""
    header = tarfile.TarInfo(name)
    header.type = kind
    for key, value in attributes.items():
        setattr(header, key, value)
    return header


def tar_of(
    *members: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT, **options: Any
) -> io.BytesIO:
    """Return a .tar.gz of headers and contents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=format, **options) as archive:
        for header, data in members:
            if data and not header.size:
                header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    buffer.seek(0)
    return buffer


def gzipped(raw: bytes) -> io.BytesIO:
    """Return the raw bytes of a tar file, compressed."""
    return io.BytesIO(gzip.compress(raw))


def zip_of(*members: tuple[zipfile.ZipInfo | str, bytes], **options: Any) -> io.BytesIO:
    """Return a .zip of headers and contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        for header, data in members:
            archive.writestr(header, data)
    buffer.seek(0)
    return buffer


def zip_member(name: str, mode: int = 0o100644, **attributes: Any) -> zipfile.ZipInfo:
    """Return a zip header with any attributes."""
    header = zipfile.ZipInfo(name)
    header.create_system = 3
    header.external_attr = mode << 16
    for key, value in attributes.items():
        setattr(header, key, value)
    return header


def patched(archive: io.BytesIO, old: bytes, new: bytes, *, which: int | None = None) -> io.BytesIO:
    """Return an archive with bytes replaced by as many others.

    Args:
        which: Only the occurrence with this number (from 0; -1 is the last); None for all.
    """
    data = archive.getvalue()
    assert len(old) == len(new)
    assert old in data
    if which is None:
        return io.BytesIO(data.replace(old, new))
    positions = [i for i in range(len(data)) if data.startswith(old, i)]
    at = positions[which]
    return io.BytesIO(data[:at] + new + data[at + len(old) :])
