"""Which files of an archive make up one tree, and whether they are what the tree's info says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from openedx_blockstore.archives.info import FileInfo, TreeInfo
from openedx_blockstore.archives.scanning import (
    CONTENTS_PATH,
    INFO_PATH,
    PLUGINS_FOLDER,
    Scan,
    ScannedFile,
)
from openedx_blockstore.data import SkippedEntry
from openedx_blockstore.exceptions import InvalidArchive, InvalidPath
from openedx_blockstore.store import (
    LINKS_FOLDER,
    METADATA_FOLDER,
    TreeFile,
    case_clashes,
    normalize_path,
    split_link_path,
)

#: The files of plugins, by the plugins' names and their paths there.
Parts = Mapping[str, Mapping[str, bytes]]

_JUNK_FOLDER = "__MACOSX/"
_JUNK_PREFIX = "._"
_JUNK_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_JUNK_REASON = "the operating system's, not the author's"


def is_junk(path: str) -> bool:
    """Tell whether an operating system leaves such a file in archives unasked."""
    name = path.rpartition("/")[2]
    return path.startswith(_JUNK_FOLDER) or name.startswith(_JUNK_PREFIX) or name in _JUNK_NAMES


@frozen(eq=False)
class Entries:
    """What stands in one folder of an archive.

    Attributes:
        folder: The folder's path with a slash at the end; empty for the archive's root.
        files: By path within the folder.
        symlinks: Paths within the folder.
        part_files: What of the files belongs to plugins that want it.
    """

    folder: str
    files: dict[str, ScannedFile] = field(factory=dict)
    symlinks: list[str] = field(factory=list)
    part_files: dict[str, bytes] = field(factory=dict)

    @classmethod
    def of(cls, scan: Scan, folder: str) -> Entries:
        """Return what stands in a folder, at any depth."""
        return cls(
            folder,
            {
                path.removeprefix(folder): file
                for path, file in scan.files.items()
                if path.startswith(folder)
            },
            [path.removeprefix(folder) for path in scan.symlinks if path.startswith(folder)],
            {
                path.removeprefix(folder): contents
                for path, contents in scan.parts.items()
                if path.startswith(folder)
            },
        )

    @property
    def parts(self) -> Parts:
        """What belongs to plugins, in this folder itself."""
        parts: dict[str, dict[str, bytes]] = {}
        for path, contents in sorted(self.part_files.items()):
            if path.startswith(PLUGINS_FOLDER):
                name, _, within = path.removeprefix(PLUGINS_FOLDER).partition("/")
                parts.setdefault(name, {})[within] = contents
        return parts

    def split(self, folders: Iterable[str]) -> tuple[dict[str, Entries], list[SkippedEntry]]:
        """Return what stands in each of some folders two levels deep, and what can be skipped.

        Raises:
            InvalidArchive: Something stands in none of them.
        """
        result = {folder: Entries(self.folder + folder) for folder in folders}
        skipped: list[SkippedEntry] = []
        for path in [*self.files, *self.symlinks]:
            bundle, _, rest = path.partition("/")
            version, _, within = rest.partition("/")
            folder = f"{bundle}/{version}/"
            if within and folder in result:
                if path in self.part_files:
                    result[folder].part_files[within] = self.part_files[path]
                elif path in self.files:
                    result[folder].files[within] = self.files[path]
                else:
                    result[folder].symlinks.append(within)
            elif path in self.part_files and path.startswith(PLUGINS_FOLDER):
                continue
            elif path.startswith(PLUGINS_FOLDER) or is_junk(path):
                skipped.append(_skip_reserved(self.folder, path))
            elif path != CONTENTS_PATH:
                raise InvalidArchive(
                    f"it belongs to none of the bundle versions in {self.folder}{CONTENTS_PATH}",
                    entry=self.folder + path,
                )
        return result, skipped


def check_files(
    entries: Entries,
    info: TreeInfo,
    *,
    digests: Mapping[str, ScannedFile],
    max_path_length: int,
    identified: bool = True,
) -> tuple[dict[str, TreeFile], list[SkippedEntry]]:
    """Return the files of a tree, and what in its folder is not to be imported.

    Args:
        digests: All files in the archive by digest: each content stands there once only, in
            whichever tree came first.
        identified: The tree has an info file; False for one that was made by hand.

    Raises:
        InvalidArchive: There are other files than the info says, or forbidden ones.
        LimitExceeded: A path is too long.
    """
    files: dict[str, TreeFile] = {}
    skipped = [_skip_symlink(entries, info, path) for path in entries.symlinks]
    for path, scanned in entries.files.items():
        if identified and (path == INFO_PATH or path in entries.part_files):
            continue
        listed = (info.files or {}).get(path)
        if listed is not None:
            _check_listed(entries, path, scanned, listed)
            files[path] = TreeFile(scanned.digest, scanned.size, listed.public)
        elif (skip := _skip(entries, info, path)) is not None:
            skipped.append(skip)
        elif info.files is not None:
            raise InvalidArchive(
                f"{entries.folder}{INFO_PATH} does not list it; {_mend('the file')}",
                entry=entries.folder + path,
            )
        else:
            files[_checked_path(entries, path, max_path_length)] = TreeFile(
                scanned.digest, scanned.size
            )
    for path, listed in (info.files or {}).items():
        if path not in files:
            files[path] = _found_elsewhere(entries, path, listed, digests)
    _check_clashes(entries, files)
    return dict(sorted(files.items())), skipped


def _skip_symlink(entries: Entries, info: TreeInfo, path: str) -> SkippedEntry:
    folder, _, alias = path.partition("/")
    if folder != LINKS_FOLDER or alias not in info.links:
        raise InvalidArchive(
            "it is a symbolic link; only plain files can be imported, and links to other bundles "
            f"are told by {INFO_PATH}",
            entry=entries.folder + path,
        )
    return SkippedEntry(
        entries.folder + path, f"a symbolic link; where it leads is told by {INFO_PATH}"
    )


def _skip(entries: Entries, info: TreeInfo, path: str) -> SkippedEntry | None:
    """Return why a file that no info lists may be left out; None if it may not."""
    if path.startswith(PLUGINS_FOLDER) or is_junk(path):
        return _skip_reserved(entries.folder, path)
    if path.startswith(f"{METADATA_FOLDER}/"):
        raise InvalidArchive(
            f"only info.json and plugins/ can stand in {METADATA_FOLDER}/",
            entry=entries.folder + path,
        )
    link = split_link_path(path)
    if link is not None and link[0] in info.links:
        return SkippedEntry(
            entries.folder + path, "it belongs to the bundle that the link leads to"
        )
    return None


def _skip_reserved(folder: str, path: str) -> SkippedEntry:
    if not path.startswith(PLUGINS_FOLDER):
        return SkippedEntry(folder + path, _JUNK_REASON)
    name = path.removeprefix(PLUGINS_FOLDER).partition("/")[0]
    return SkippedEntry(
        folder + path, f"the data of the plugin {name!r}, which is not here or takes no such file"
    )


def _check_listed(entries: Entries, path: str, scanned: ScannedFile, listed: FileInfo) -> None:
    if listed.digest not in (None, scanned.digest):
        raise InvalidArchive(
            f"its bytes do not have the digest that {entries.folder}{INFO_PATH} tells; "
            f"{_mend('it')}",
            entry=entries.folder + path,
        )
    if listed.size not in (None, scanned.size):
        raise InvalidArchive(
            f"it has {scanned.size:,} bytes, and not {listed.size:,} as "
            f"{entries.folder}{INFO_PATH} tells",
            entry=entries.folder + path,
        )


def _mend(what: str) -> str:
    return (
        f'if {what} was changed or added on purpose, remove "files" from info.json '
        f'(or, to keep what else it tells of files, only "digest" and "size" of those that '
        f"changed, and name new ones with {{}}), and the tree is imported as it is found"
    )


def _checked_path(entries: Entries, path: str, max_path_length: int) -> str:
    try:
        return normalize_path(path, max_length=max_path_length)
    except InvalidPath as error:
        raise InvalidArchive(error.reason, entry=entries.folder + path) from error


def _found_elsewhere(
    entries: Entries, path: str, listed: FileInfo, digests: Mapping[str, ScannedFile]
) -> TreeFile:
    found = digests.get(listed.digest) if listed.digest is not None else None
    if found is None:
        raise InvalidArchive(
            f"{entries.folder}{INFO_PATH} lists it, but it is not in the archive",
            entry=entries.folder + path,
        )
    _check_listed(entries, path, found, listed)
    return TreeFile(found.digest, found.size, listed.public)


def _check_clashes(entries: Entries, files: Iterable[str]) -> None:
    if clashes := case_clashes(files):
        first, second = clashes[0]
        raise InvalidArchive(
            f"it can not stand beside {first!r}: paths must differ in more than case, and a file "
            f"can not stand where another one has a folder",
            entry=entries.folder + second,
        )
