"""The first pass over an archive: everything in it is read once, checked and hashed."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping

from attrs import field, frozen

from openedx_blockstore.archives.entries import Entry
from openedx_blockstore.archives.readers import ArchiveReader
from openedx_blockstore.exceptions import InvalidArchive
from openedx_blockstore.store import METADATA_FOLDER, HashingReader

INFO_PATH = f"{METADATA_FOLDER}/info.json"
CONTENTS_PATH = f"{METADATA_FOLDER}/archive.json"
#: The parts of plugins stand below it, each in a folder of the plugin's name.
PLUGINS_FOLDER = f"{METADATA_FOLDER}/plugins/"

# Info files can stand below ``{bundle_uuid}/{version}/``, and all of that below one more folder.
_MAX_DOCUMENT_DEPTH = 5

# A version with 10,000 files takes about 2 MB, one with 2,000 dependencies 200 kB.
_MAX_DOCUMENT_BYTES = 16 * 2**20
_MAX_DOCUMENTS_BYTES = 256 * 2**20


@frozen
class ScannedFile:
    """A file in an archive, by its contents."""

    digest: str
    size: int


@frozen(eq=False, slots=False)
class Scan:
    """All that is in an archive.

    Attributes:
        name: What the archive's file is called, without suffix.
        files: By path.
        symlinks: The paths of symbolic links.
        documents: The bytes of what may be the archive's own metadata, by path.
        parts: The bytes of what belongs to plugins, by path.
    """

    name: str
    files: Mapping[str, ScannedFile]
    symlinks: tuple[str, ...]
    documents: Mapping[str, bytes]
    parts: Mapping[str, bytes] = field(factory=dict)

    @functools.cached_property
    def by_digest(self) -> Mapping[str, ScannedFile]:
        """The files by their contents."""
        return {file.digest: file for file in self.files.values()}


def scan_archive(reader: ArchiveReader, *, plugins: Collection[str] = ()) -> Scan:
    """Read an archive from start to end.

    Args:
        plugins: The names of the plugins whose parts are wanted.

    Raises:
        InvalidArchive: It is damaged, or holds something that must not be imported.
        LimitExceeded: It is too large.
    """
    files: dict[str, ScannedFile] = {}
    symlinks: list[str] = []
    documents: dict[str, bytes] = {}
    parts: dict[str, bytes] = {}
    kept = 0
    for entry in reader.entries():
        if entry.kind == "symlink":
            symlinks.append(entry.path)
            continue
        place = documents if _is_document(entry) else parts if _is_part(entry, plugins) else None
        files[entry.path], contents = _read(entry, keep=place is not None)
        if place is not None:
            place[entry.path] = contents
            kept += len(contents)
            if kept > _MAX_DOCUMENTS_BYTES:
                raise InvalidArchive(
                    f"the {METADATA_FOLDER} folders hold more than {_MAX_DOCUMENTS_BYTES:,} bytes"
                )
    return Scan(reader.name, files, tuple(symlinks), documents, parts)


def _is_document(entry: Entry) -> bool:
    return (
        f"/{entry.path}".endswith((f"/{INFO_PATH}", f"/{CONTENTS_PATH}"))
        and entry.path.count("/") <= _MAX_DOCUMENT_DEPTH
        and entry.size <= _MAX_DOCUMENT_BYTES
    )


def _is_part(entry: Entry, plugins: Collection[str]) -> bool:
    before, found, within = f"/{entry.path}".partition(f"/{PLUGINS_FOLDER}")
    name, _, path = within.partition("/")
    return (
        bool(found and path)
        and name in plugins
        and before.count("/") < _MAX_DOCUMENT_DEPTH - 1
        and entry.size <= _MAX_DOCUMENT_BYTES
    )


def _read(entry: Entry, *, keep: bool) -> tuple[ScannedFile, bytes]:
    with entry.open() as file:
        reader = HashingReader(file)
        kept = [chunk for chunk in reader.chunks() if keep]
    return ScannedFile(reader.digest, reader.size), b"".join(kept)
