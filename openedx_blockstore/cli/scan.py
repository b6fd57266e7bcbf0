"""What is in a pulled folder now, and how that differs from what was pulled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from attrs import field, frozen

from openedx_blockstore.cli.digests import digest_of_file
from openedx_blockstore.cli.errors import LocalError
from openedx_blockstore.cli.names import stored_path
from openedx_blockstore.cli.state import FOLDER, TreeState, load_edited
from openedx_blockstore.cli.values import FileEntry, LinkEntry

# What operating systems leave in folders unasked.
_JUNK = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_JUNK_PREFIX = "._"
LINKS = "links"


@frozen
class LocalFile:
    """A file that is here.

    Attributes:
        local: Its path within the folder, as it is called here.
    """

    local: str
    size: int


def local_files(folder: Path, names: Mapping[str, str]) -> dict[str, LocalFile]:
    """Return the files in a folder, by their paths on the server.

    Raises:
        LocalError: Two have names that the server takes for one, or something is no plain file.
    """
    found: dict[str, LocalFile] = {}
    if not folder.is_dir():
        return found
    for local, entry in _walk(folder, ""):
        path = stored_path(local, names)
        if path in found:
            raise LocalError(
                f"{found[path].local!r} and {local!r} in {folder} are the same name, spelt in two "
                f"ways of Unicode.",
                "Rename or remove one of them.",
            )
        found[path] = LocalFile(local, entry.stat().st_size)
    return found


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        local = prefix + entry.name
        if not prefix and entry.name.casefold() in {FOLDER, LINKS}:
            continue
        if entry.name in _JUNK or entry.name.startswith(_JUNK_PREFIX):
            continue
        if entry.is_symlink():
            raise LocalError(
                f"{local!r} in {folder} is a symbolic link; only plain files can be kept.",
                "Put the file itself there. Links to other bundles stand in .blockstore/info.json.",
            )
        if entry.is_dir():
            yield from _walk(Path(entry.path), f"{local}/")
        elif entry.is_file():
            yield local, entry
        else:
            raise LocalError(f"{local!r} in {folder} is neither a file nor a folder.", "Remove it.")


@frozen
class FileChange:
    """A file that differs.

    Attributes:
        before: What was pulled; None for what is new.
        after: What is here; None for what was deleted.
        local: Its path within the folder.
    """

    path: str
    before: FileEntry | None
    after: FileEntry | None
    local: str = ""

    @property
    def kind(self) -> Literal["added", "modified", "removed"]:
        """What happened to it."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "modified"


@frozen
class LinkChange:
    """A link that differs."""

    alias: str
    before: LinkEntry | None
    after: LinkEntry | None

    @property
    def kind(self) -> Literal["added", "modified", "removed"]:
        """What happened to it."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "modified"


@frozen
class LocalChanges:
    """What was changed in a pulled folder."""

    files: tuple[FileChange, ...] = ()
    links: tuple[LinkChange, ...] = ()
    unchanged: Mapping[str, LocalFile] = field(factory=dict)

    def __bool__(self) -> bool:
        return bool(self.files or self.links)


def local_changes(
    folder: Path, state: TreeState, progress: Callable[[int], None] | None = None
) -> LocalChanges:
    """Return what was changed in a folder since it was pulled.

    Args:
        progress: Is told how many more bytes were read.

    Raises:
        LocalError: The folder is in no state to be pushed.
    """
    edited = load_edited(folder)
    present = local_files(folder, state.names)
    files: list[FileChange] = []
    unchanged: dict[str, LocalFile] = {}
    for path, file in present.items():
        if path in state.skipped:
            raise LocalError(
                f"{path!r} is in version {state.version}, too, and was left out of the pull.",
                "Pull it, or call yours differently.",
            )
        before = state.files.get(path)
        public = edited.public.get(path, before is not None and before.public)
        digest = digest_of_file(folder / file.local, progress)
        after = FileEntry(digest, file.size, public)
        if after == before:
            unchanged[path] = file
        else:
            files.append(FileChange(path, before, after, file.local))
    files += [
        FileChange(path, before, None)
        for path, before in state.files.items()
        if path not in present
    ]
    links = [
        LinkChange(alias, state.links.get(alias), edited.links.get(alias))
        for alias in sorted({*state.links, *edited.links})
        if state.links.get(alias) != edited.links.get(alias)
    ]
    return LocalChanges(
        tuple(sorted(files, key=lambda change: change.path)), tuple(links), unchanged
    )
