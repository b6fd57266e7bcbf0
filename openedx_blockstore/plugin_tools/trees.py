"""Looking at content that is in no store: an author's folder, an OLX export, an archive of bundles.

Nothing is stored and no database is asked. What comes from an archive is read as an import reads
it: nothing outside its own tree, and no more than the settings allow.
"""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, Literal, cast
from uuid import UUID

from attrs import frozen

from openedx_blockstore import api
from openedx_blockstore.archives import (
    CONTENTS_PATH,
    INFO_PATH,
    ArchiveReader,
    ArchiveTree,
    ArchiveTrees,
    TreeInfo,
    find_trees,
    open_archive,
    scan_archive,
)
from openedx_blockstore.archives.info import load_info
from openedx_blockstore.archives.tree_files import is_junk
from openedx_blockstore.conf import get_settings
from openedx_blockstore.courses import open_course
from openedx_blockstore.data import Dependency, Finding, LinkTarget
from openedx_blockstore.exceptions import BundleFileNotFound, InvalidArchive, LimitExceeded
from openedx_blockstore.plugin_api import BundleContents, ContentFile
from openedx_blockstore.store import CHUNK_BYTES, LINKS_FOLDER, METADATA_FOLDER

_NOBODY = UUID(int=0)

#: The files at the root of an OLX export, and how many folders down that may lie.
_COURSE_FILES = frozenset({"course.xml", "library.xml"})
_MAX_COURSE_DEPTH = 4


@frozen(eq=False)
class OpenedTree:
    """Something that could be imported.

    Attributes:
        kind: ``bundle``: it is, or would be, one bundle version; ``course``: an OLX export of a
            course or library, which an import would take apart.
        contents: Its files, to be read for as long as it is open.
        findings: What an import of the course would find.
        refused: Why an import would refuse the course as a whole; empty where it would not.
    """

    kind: Literal["bundle", "course"]
    contents: BundleContents
    findings: tuple[Finding, ...] = ()
    refused: str = ""


@contextlib.contextmanager
def open_trees(from_: str | os.PathLike[str]) -> Iterator[tuple[OpenedTree, ...]]:
    """Open what somebody has on disk: a folder, a ``.tar.gz`` or a ``.zip``.

    Args:
        from_: An OLX export; an archive of one or many bundle versions; a folder as the client
            pulls it; or any folder or archive of files, which then counts as one bundle.

    Raises:
        InvalidArchive: It is none of these, or not to be trusted.
        LimitExceeded: It is larger than the settings allow.
        OSError: It can not be read.
    """
    path = Path(from_)
    if not os.fspath(from_) or not path.exists():
        raise InvalidArchive(f"there is no file or folder {os.fspath(from_)!r}")
    if path.is_dir():
        is_course = not (path / METADATA_FOLDER).is_dir() and _has_course(path)
    else:
        is_course = _is_course_archive(path)
    with contextlib.ExitStack() as stack:
        if is_course:
            course = stack.enter_context(open_course(path))
            contents = FolderContents(course.files, title=path.name, bundle_type=course.kind)
            yield (OpenedTree("course", contents, course.findings, course.refused),)
        elif path.is_dir():
            yield (OpenedTree("bundle", read_folder(path)),)
        else:
            yield stack.enter_context(_open_bundles(path))


# Folders -----------------------------------------------------------------------------------------


class FolderContents(BundleContents):
    """Files on disk."""

    def __init__(
        self,
        paths: Mapping[str, Path],
        *,
        title: str = "",
        bundle_type: str = "",
        links: Mapping[str, LinkTarget] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Look at files, which must stay as they are.

        Args:
            folder: Where ``links/{alias}`` leads on to the folders of other bundles.
        """
        self.bundle_uuid = None
        self.bundle_type = bundle_type
        self.title = title
        self.version = None
        self._paths = dict(paths)
        self._folder = folder
        self._files: Mapping[str, ContentFile] | None = None
        self._links = MappingProxyType(dict(sorted((links or {}).items())))

    @property
    def files(self) -> Mapping[str, ContentFile]:
        """All files by path, sorted."""
        if self._files is None:
            self._files = MappingProxyType(
                {path: _describe(path, file) for path, file in sorted(self._paths.items())}
            )
        return self._files

    @property
    def links(self) -> Mapping[str, LinkTarget]:
        """All links by alias, sorted."""
        return self._links

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file; see :meth:`BundleContents.open`."""
        file = self._paths.get(path) or self._linked(path)
        if file is None:
            raise BundleFileNotFound(_NOBODY, path)
        with file.open("rb") as opened:
            yield opened

    def _linked(self, path: str) -> Path | None:
        """Return a file behind a link, if the client has put it there."""
        folder, _, rest = path.partition("/")
        alias, _, inside = rest.partition("/")
        if self._folder is None or folder != LINKS_FOLDER or alias not in self._links:
            return None
        lender = (self._folder / LINKS_FOLDER / alias).resolve()
        file = (lender / inside).resolve()
        return file if file.is_relative_to(lender) and file.is_file() else None


def _describe(path: str, file: Path) -> ContentFile:
    with file.open("rb") as opened:
        digest = api.digest_of(opened)
    return ContentFile(path, file.stat().st_size, digest)


def read_folder(folder: Path) -> FolderContents:
    """Take a folder for a bundle: all its files but those that an import would leave out.

    Raises:
        InvalidArchive: Its ``.blockstore/info.json`` can not be read.
        LimitExceeded: It holds more files than the settings allow.
    """
    info = _read_info(folder / INFO_PATH)
    return FolderContents(
        dict(_walk(folder)),
        title=info.title if info is not None else folder.name,
        bundle_type=info.type if info is not None else "",
        links=info.links if info is not None else {},
        folder=folder,
    )


def _read_info(path: Path) -> TreeInfo | None:
    if not path.is_file():
        return None
    return load_info(
        path.read_bytes(), path=INFO_PATH, max_path_length=get_settings().MAX_PATH_LENGTH
    )


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    limit, count = get_settings().MAX_ARCHIVE_ENTRIES, 0
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder)
        if inside == Path():
            folders[:] = [name for name in folders if name not in {METADATA_FOLDER, LINKS_FOLDER}]
        folders[:] = sorted(name for name in folders if not (Path(place, name)).is_symlink())
        for name in sorted(names):
            file, path = Path(place, name), (inside / name).as_posix()
            if file.is_symlink() or not file.is_file() or is_junk(path) or "/.git/" in f"/{path}":
                continue
            count += 1
            if count > limit:
                raise LimitExceeded(
                    "Files in the folder", actual=count, limit=limit, setting="MAX_ARCHIVE_ENTRIES"
                )
            yield path, file


def _has_course(folder: Path) -> bool:
    level = [folder]
    for _ in range(_MAX_COURSE_DEPTH + 1):
        if any((each / name).is_file() for each in level for name in _COURSE_FILES):
            # Where our own documents are, the course was imported before: it is a bundle.
            return not any((each / "navigation.json").is_file() for each in level)
        level = [
            child
            for each in level
            if os.access(each, os.R_OK | os.X_OK)
            for child in sorted(each.iterdir())
            if child.is_dir() and not child.is_symlink()
        ]
    return False


# Archives ----------------------------------------------------------------------------------------


def _is_course_archive(path: Path) -> bool:
    """Tell whether an archive is for :func:`open_course`, by the names in it."""
    try:
        with open_archive(path) as reader:
            names = [PurePosixPath(entry.path) for entry in reader.entries()]
    except InvalidArchive:
        return True  # it also takes other archives, and says better what is wrong with them
    if any(f"/{name}".endswith((f"/{INFO_PATH}", f"/{CONTENTS_PATH}")) for name in names):
        return False
    return any(
        name.name in _COURSE_FILES and len(name.parts) <= _MAX_COURSE_DEPTH + 1 for name in names
    )


@contextlib.contextmanager
def _open_bundles(path: Path) -> Iterator[tuple[OpenedTree, ...]]:
    with (
        open_archive(path) as reader,
        tempfile.TemporaryDirectory(prefix="blockstore-trees-") as folder,
    ):
        scan = scan_archive(reader)
        found = find_trees(scan, max_path_length=get_settings().MAX_PATH_LENGTH)
        wanted = {file.digest for tree in found.trees for file in tree.files.values()}
        digests = {name: file.digest for name, file in scan.files.items()}
        _unpack(reader, digests, wanted, Path(folder))
        yield tuple(
            OpenedTree("bundle", _TreeContents(tree, found, Path(folder))) for tree in found.trees
        )


def _unpack(
    reader: ArchiveReader, digests: Mapping[str, str], wanted: set[str], folder: Path
) -> None:
    """Write the contents that are wanted to files that are named after their digests."""
    for entry in reader.entries():
        digest = digests.get(entry.path)
        if entry.kind == "symlink" or digest not in wanted or (folder / digest).exists():
            continue
        with entry.open() as source, (folder / digest).open("xb") as target:
            while chunk := source.read(CHUNK_BYTES):
                target.write(chunk)


class _TreeContents(BundleContents):
    """A bundle version in an archive that was unpacked."""

    def __init__(self, tree: ArchiveTree, among: ArchiveTrees, folder: Path) -> None:
        self.bundle_uuid = tree.info.uuid
        self.bundle_type = tree.info.type
        self.title = tree.info.title
        self.version = tree.info.version
        self._tree = tree
        self._among = {each.key: each for each in among.trees}
        self._folder = folder

    @functools.cached_property
    def files(self) -> Mapping[str, ContentFile]:
        """All files by path, sorted."""
        return {
            path: ContentFile(path, file.size, file.digest, file.public)
            for path, file in sorted(self._tree.files.items())
        }

    @functools.cached_property
    def links(self) -> Mapping[str, LinkTarget]:
        """All links by alias, sorted."""
        return {
            alias: LinkTarget(link.bundle_uuid, link.version)
            for alias, link in sorted(self._tree.info.links.items())
        }

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file; see :meth:`BundleContents.open`."""
        tree, inside = self._tree, path
        while inside not in tree.files:
            folder, _, rest = inside.partition("/")
            alias, _, after = rest.partition("/")
            link = tree.info.links.get(alias) if folder == LINKS_FOLDER else None
            lender = link and self._among.get(Dependency(link.bundle_uuid, link.version))
            if not lender:
                raise BundleFileNotFound(self._tree.info.uuid, path)
            tree, inside = lender, after
        with (self._folder / tree.files[inside].digest).open("rb") as opened:
            yield cast(BinaryIO, opened)
