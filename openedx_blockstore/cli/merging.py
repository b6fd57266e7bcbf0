"""Decides, path by path, what a pull does in a folder where somebody may have worked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from attrs import field, frozen

from openedx_blockstore.cli.digests import digest_of_file
from openedx_blockstore.cli.errors import ConflictError
from openedx_blockstore.cli.names import NameStyle, local_names
from openedx_blockstore.cli.scan import LocalFile, local_files
from openedx_blockstore.cli.state import EditedInfo, TreeState, info_path, load_edited
from openedx_blockstore.cli.values import FileEntry, LinkEntry, Version, VersionKey

OnConflict = Literal["error", "mine", "theirs"]

# The digest of a file that is known to be neither of those that matter.
_OTHER = "another"


@frozen(eq=False)
class TreePlan:
    """What a pull does in one folder.

    Attributes:
        state: Of the folder as it will be.
        writes: By path, what is to be written, and where.
        removes: What is to be removed.
        aside: Of what a copy is to be put aside before.
        present: By digest, files that stay as they are.
        kept: The paths that stay as somebody has changed them.
        edited: What stays of their changes in ``info.json``.
    """

    key: VersionKey
    folder: Path
    working: bool
    version: Version
    before: TreeState
    state: TreeState
    writes: Mapping[str, tuple[FileEntry, Path]]
    removes: tuple[Path, ...]
    aside: tuple[Path, ...]
    present: Mapping[str, Path]
    kept: tuple[str, ...]
    conflicts: tuple[str, ...] = ()
    edited: EditedInfo | None = None


@frozen(eq=False)
class Merger:
    """Makes plans for folders.

    Attributes:
        matches: Tells whether a path was asked for.
        only: The patterns that were asked for.
        on_conflict: What to do with what was changed here and there.
        progress: Is told how many more bytes were read.
    """

    root: str
    style: NameStyle
    matches: Callable[[str], bool] = field(default=lambda _path: True)
    only: tuple[str, ...] = ()
    on_conflict: OnConflict = "error"
    progress: Callable[[int], None] = field(default=lambda _count: None)

    def plan(
        self, version: Version, folder: Path, state: TreeState | None, *, working: bool
    ) -> TreePlan:
        """Return what to do in a folder.

        Args:
            state: Of the folder now; None for a new one.
            working: Somebody may work in it. Otherwise it is to be as the version is.
        """
        before = state or TreeState(self.root, version.key.bundle_uuid)
        wanted = {
            path: file
            for path, file in version.files.items()
            if self.matches(path) or path in before.files
        }
        # What is called somehow already goes on being called so.
        names = local_names(version.files, style=self.style)
        names |= {path: name for path, name in before.names.items() if path in version.files}
        here = local_files(folder, {**before.names, **names})
        base = before.files if working else {}
        result = _Result(self, folder, working=working)
        for path in sorted({*wanted, *base}):
            target = folder / names.get(path, path)
            result.decide(path, target, here.get(path), base.get(path), wanted.get(path))
        edited = self._merge_info(version, folder, before, result) if working else None
        skipped = {path: file for path, file in version.files.items() if path not in wanted}
        after = TreeState(
            self.root,
            version.key.bundle_uuid,
            version=version.key.version,
            files=wanted,
            skipped=skipped,
            links=version.links,
            names=names,
            only=self.only if skipped else (),
            draft=before.draft,
            staged=before.staged,
            uploads=before.uploads,
        )
        return TreePlan(
            version.key,
            folder,
            working,
            version,
            before,
            after,
            result.writes,
            tuple(result.removes),
            tuple(result.aside),
            result.present,
            tuple(result.kept),
            tuple(result.conflicts),
            edited,
        )

    def _merge_info(
        self, version: Version, folder: Path, before: TreeState, result: _Result
    ) -> EditedInfo | None:
        """Return the changes of ``info.json`` that stay."""
        if not before.version or not info_path(folder).exists():
            return None
        edited = load_edited(folder)
        links: dict[str, LinkEntry] = dict(version.links)
        for alias in {*edited.links, *before.links}:
            mine, base = edited.links.get(alias), before.links.get(alias)
            theirs = version.links.get(alias)
            if mine in (base, theirs):
                continue
            if theirs != base and self._loses(f"links/{alias}", result):
                result.aside.append(info_path(folder))
                continue
            result.kept.append(f"links/{alias}")
            if mine is None:
                links.pop(alias, None)
            else:
                links[alias] = mine
        public = {
            path: flag
            for path, flag in edited.public.items()
            if path not in before.files or before.files[path].public != flag
        }
        return EditedInfo(links, public)

    def _loses(self, path: str, result: _Result) -> bool:
        if self.on_conflict == "error":
            result.conflicts.append(path)
        return self.on_conflict == "theirs"


class _Result:
    """What was decided so far."""

    def __init__(self, merger: Merger, folder: Path, *, working: bool) -> None:
        self._merger = merger
        self._folder = folder
        self._working = working
        self.writes: dict[str, tuple[FileEntry, Path]] = {}
        self.removes: list[Path] = []
        self.aside: list[Path] = []
        self.present: dict[str, Path] = {}
        self.kept: list[str] = []
        self.conflicts: list[str] = []

    def decide(
        self,
        path: str,
        target: Path,
        local: LocalFile | None,
        base: FileEntry | None,
        theirs: FileEntry | None,
    ) -> None:
        """Decide on one path: what is here, what was pulled, and what is to be pulled."""
        here = self._folder / local.local if local is not None else None
        mine = self._digest(local, base, theirs)
        old = base.digest if base is not None else None
        new = theirs.digest if theirs is not None else None
        if mine == new:
            if new is not None and here is not None:
                self.present[new] = here
            return
        if new == old:
            self.kept.append(path)
            return
        if mine != old:
            if self._working and self._merger.on_conflict == "error":
                self.conflicts.append(path)
                return
            if self._working and self._merger.on_conflict == "mine":
                self.kept.append(path)
                return
            if here is not None:
                self.aside.append(here)
        if theirs is not None:
            self.writes[path] = (theirs, here or target)
        elif here is not None:
            self.removes.append(here)

    def _digest(
        self, local: LocalFile | None, base: FileEntry | None, theirs: FileEntry | None
    ) -> str | None:
        if local is None:
            return None
        if local.size not in {entry.size for entry in (base, theirs) if entry is not None}:
            return _OTHER
        return digest_of_file(self._folder / local.local, self._merger.progress)


def refuse_conflicts(plans: Mapping[VersionKey, TreePlan]) -> None:
    """Stop before anything was touched, if something was changed here and there.

    Raises:
        ConflictError: It was.
    """
    found = {str(plan.folder): list(plan.conflicts) for plan in plans.values() if plan.conflicts}
    if not found:
        return
    lines = [f"  {folder}: {path}" for folder, paths in found.items() for path in paths]
    raise ConflictError(
        "These were changed here and on the server, and nothing was touched:\n" + "\n".join(lines),
        "Take --mine to keep yours (a push will then overwrite the server's), or --theirs to take "
        "the server's (yours will be put aside in .blockstore/saved/).",
        facts={"paths": found},
    )
