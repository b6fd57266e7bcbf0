"""The shared folder that bundles are pulled into: which bundle version stands where.

::

    FOLDER/
      .blockstore/workspace.json       the server, and what was pulled
      .blockstore/partial/             downloads that are not complete
      .blockstore/saved/               local changes that were put aside
      unit-1/                          what was asked for: a folder to work in
      versions/{bundle_uuid}/{number}/ what that depends on: each version once

A version that somebody works on, and that others link to, is there once, too: in its own folder.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from attrs import field, frozen

from openedx_blockstore.cli.errors import LocalError, UsageError
from openedx_blockstore.cli.files import canonical_json, local_errors, read_json, write_whole
from openedx_blockstore.cli.names import fold, local_names
from openedx_blockstore.cli.state import FOLDER, TreeState, client_path, load_state
from openedx_blockstore.cli.values import Bundle, VersionKey

WORKSPACE = "workspace.json"
VERSIONS = "versions"
_FORMAT = 1


@frozen
class Workspace:
    """A shared folder.

    Attributes:
        root: The address of the server's API.
        folders: By the UUIDs of the bundles that one works on, the names of their folders.
        keys: The collections and bundles that were asked for, as they were.
    """

    folder: Path
    root: str
    folders: Mapping[str, str] = field(factory=dict)

    @property
    def own(self) -> Path:
        """The folder for what is nobody's content."""
        return self.folder / FOLDER

    @property
    def partial(self) -> Path:
        """Where downloads wait until they are complete."""
        return self.own / "partial"

    def working_copy(self, bundle_uuid: str) -> Path | None:
        """Return the folder in which one works on a bundle."""
        name = self.folders.get(bundle_uuid)
        return self.folder / name if name is not None else None

    def snapshot(self, key: VersionKey) -> Path:
        """Return the folder of a version that others depend on."""
        return self.folder / VERSIONS / key.bundle_uuid / str(key.version)

    def folder_name(self, bundle: Bundle) -> str:
        """Return what the folder for a bundle is to be called."""
        if bundle.uuid in self.folders:
            return self.folders[bundle.uuid]
        wanted = bundle.slug.replace("/", "-").strip(". ") or bundle.uuid
        wanted = local_names([wanted], style="portable").get(wanted, wanted)
        taken = {fold(name) for name in self.folders.values()} | {VERSIONS, "links"}
        if fold(wanted) in taken or self._is_somebody_elses(wanted):
            wanted = f"{wanted}-{bundle.uuid[:8]}"
            if fold(wanted) in taken:
                wanted = f"{wanted}{bundle.uuid[8:]}"
        return wanted

    def _is_somebody_elses(self, name: str) -> bool:
        folder = self.folder / name
        return folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder])

    def put_aside(self, path: Path) -> Path:
        """Return where a local file goes that is about to be replaced."""
        relative = path.relative_to(self.folder)
        stamp = time.strftime("%Y%m%d-%H%M%S")
        number = 0
        while True:
            suffix = f"-{number}" if number else ""
            target = self.own / "saved" / f"{stamp}{suffix}" / relative
            if not target.exists():
                return target
            number += 1


def load_workspace(folder: Path) -> Workspace | None:
    """Return the shared folder; None if it is none yet.

    Raises:
        LocalError: What it remembers can not be read.
    """
    document = read_json(folder / FOLDER / WORKSPACE)
    if document is None:
        return None
    try:
        if document["format"] != _FORMAT:
            raise LocalError(f"{folder} was made by a newer client.", "Update the client.")
        folders = {str(uuid): str(name) for uuid, name in document["folders"].items()}
        inside = all(Path(name).name == name for name in folders.values())
        if inside:
            return Workspace(folder, str(document["server"]), folders)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    raise LocalError(f"{folder / FOLDER / WORKSPACE} is damaged.", "Pull into another folder.")


def save_workspace(workspace: Workspace) -> None:
    """Write what a shared folder remembers."""
    document = {
        "format": _FORMAT,
        "server": workspace.root,
        "folders": dict(workspace.folders),
    }
    write_whole(workspace.own / WORKSPACE, canonical_json(document))


def find_workspace(start: Path) -> Workspace | None:
    """Return the shared folder that a place is in."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (found := load_workspace(folder)) is not None:
            return found
    return None


@frozen
class WorkingCopy:
    """A folder in which one works on a bundle."""

    workspace: Workspace
    folder: Path
    state: TreeState


def working_copies(start: Path) -> list[WorkingCopy]:
    """Return the folder that a place is in; or, in the shared folder itself, all of them.

    Raises:
        UsageError: It is in none.
    """
    workspace = find_workspace(start)
    if workspace is None:
        raise UsageError(f"{start} is no pulled folder.", "Pull one first: blockstore pull BUNDLE")
    here = start.resolve()
    base = workspace.folder.resolve()
    found = [
        WorkingCopy(workspace, folder, state)
        for folder in (workspace.folder / name for name in sorted(workspace.folders.values()))
        if (state := load_state(folder)) is not None
    ]
    if here == base:
        return found
    for copy in found:
        if here == copy.folder.resolve() or copy.folder.resolve() in here.parents:
            return [copy]
    raise UsageError(
        f"{start} belongs to none of the folders to work in.",
        "What lies in versions/ is only there because others depend on it; pull the bundle to "
        "work on it.",
    )


def snapshots(workspace: Workspace) -> Iterator[tuple[Path, TreeState]]:
    """Yield the versions that others depend on."""
    for path in sorted((workspace.folder / VERSIONS).glob("*/*")):
        if client_path(path).exists() and (state := load_state(path)) is not None:
            yield path, state


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs of the client out of a shared folder; a run that was killed keeps nobody out.

    Raises:
        LocalError: There is another run.
    """
    with local_errors(f"{folder} can not be used"):
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        file = (folder / FOLDER / "lock").open("a+b")
    try:
        if not _lock(file):
            raise LocalError(
                f"Another blockstore is at work in {folder}.", "Wait for it to end.", code="locked"
            )
        yield
    finally:
        file.close()


if os.name == "nt":  # pragma: no cover

    def _lock(file: IO[bytes]) -> bool:
        import msvcrt  # noqa: PLC0415

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

else:

    def _lock(file: IO[bytes]) -> bool:
        import fcntl  # noqa: PLC0415

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
