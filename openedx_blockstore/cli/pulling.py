"""Pulls bundles with all that they depend on into a shared folder.

Nothing is begun before it is known what it will be. What is complete is in its place under its
name, verified; a pull that was killed goes on from there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import evolve, field, frozen

from openedx_blockstore.cli.closure import Closure, find_closure
from openedx_blockstore.cli.digests import digest_of_file
from openedx_blockstore.cli.download import Content, Downloader
from openedx_blockstore.cli.errors import ConflictError, LocalError, UsageError
from openedx_blockstore.cli.files import local_errors, readable_json, write_whole
from openedx_blockstore.cli.globs import matcher
from openedx_blockstore.cli.links import LinkStyle, can_link, write_links
from openedx_blockstore.cli.merging import Merger, OnConflict, TreePlan, refuse_conflicts
from openedx_blockstore.cli.names import NameStyle, style_of
from openedx_blockstore.cli.output import Output
from openedx_blockstore.cli.progress import human_size
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.state import (
    EditedInfo,
    TreeState,
    dump_info,
    dump_links,
    info_path,
    load_state,
    save_state,
)
from openedx_blockstore.cli.values import VersionKey
from openedx_blockstore.cli.workspace import (
    Workspace,
    load_workspace,
    save_workspace,
    snapshots,
)

# What stays free on a disk.
_RESERVE_BYTES = 16 * 2**20


@frozen
class PullOptions:
    """How to pull.

    Attributes:
        deep: With all dependencies.
        style: How to call files; None for what the file system can have.
    """

    only: tuple[str, ...] = ()
    deep: bool = True
    jobs: int = 8
    on_conflict: OnConflict = "error"
    links: LinkStyle | None = None
    style: NameStyle | None = None


@frozen(eq=False)
class Estimate:
    """What a pull will do.

    Attributes:
        contents: What is to be fetched or copied, each content once.
        bytes: How much of it comes over the network.
        links: How links will be made.
    """

    workspace: Workspace
    closure: Closure
    plans: Mapping[VersionKey, TreePlan]
    contents: tuple[Content, ...]
    bytes: int
    total: int
    links: LinkStyle
    notes: tuple[str, ...] = field(default=())

    @property
    def files(self) -> int:
        """How many files are to be written."""
        return sum(len(plan.writes) for plan in self.plans.values())


class Puller:
    """Pulls from one server into one shared folder."""

    def __init__(self, server: Server, folder: Path, options: PullOptions, output: Output) -> None:
        self._server = server
        self._options = options
        self._output = output
        known = load_workspace(folder)
        if known is not None and known.root != server.root:
            raise UsageError(
                f"{folder} was pulled from {known.root}, not from {server.root}.",
                "Pull into another folder.",
            )
        self._workspace = known or Workspace(folder, server.root)

    # What to do

    def estimate(self, working: Iterable[VersionKey], fixed: Iterable[VersionKey]) -> Estimate:
        """Return what a pull will do.

        Args:
            working: Versions to work on.
            fixed: Versions just to look at.

        Raises:
            ClientError: It can not be done.
        """
        options, workspace = self._options, self._workspace
        working = list(working)
        with local_errors(f"{workspace.folder} can not be used"):
            workspace.own.mkdir(parents=True, exist_ok=True)
            style = options.style or style_of(workspace.own)
        roots = [*working, *fixed]
        roots += self._left_behind(working)
        closure = find_closure(self._server, roots, deep=options.deep, jobs=options.jobs)
        workspace = self._name_folders(working, closure)
        self._workspace = workspace
        with self._output.progress("Checking what is here", None) as progress:
            merger = Merger(
                self._server.root,
                style,
                matcher(options.only),
                options.only,
                options.on_conflict,
                progress,
            )
            plans = self._plan(merger, closure, set(working))
        refuse_conflicts(plans)
        contents = self._contents(plans)
        total = sum(content.size for content in contents if content.source is None)
        waiting = sum(
            _size_of(workspace.partial / content.digest)
            for content in contents
            if content.source is None
        )
        links, notes = self._link_style()
        estimate = Estimate(
            workspace, closure, plans, contents, max(0, total - waiting), total, links, notes
        )
        self._check_room(estimate)
        return estimate

    def _left_behind(self, working: Iterable[VersionKey]) -> list[VersionKey]:
        """Return versions that are in folders to work in, go on there, and are still needed."""
        moving: set[VersionKey] = set()
        for key in working:
            folder = self._workspace.working_copy(key.bundle_uuid)
            state = load_state(folder) if folder is not None else None
            if state is not None and state.version and state.key != key:
                moving.add(state.key)
        uuids = {key.bundle_uuid for key in working}
        needed = {
            link.target
            for state in self._states()
            if state.bundle_uuid not in uuids or state.key not in moving
            for link in state.links.values()
            if not link.weak
        }
        return sorted(moving & needed)

    def _states(self) -> list[TreeState]:
        folders = [self._workspace.folder / name for name in self._workspace.folders.values()]
        copies = [state for folder in folders if (state := load_state(folder)) is not None]
        return [*copies, *(state for _folder, state in snapshots(self._workspace))]

    def _name_folders(self, working: Iterable[VersionKey], closure: Closure) -> Workspace:
        workspace = self._workspace
        for key in working:
            bundle = closure.bundles.get(key.bundle_uuid)
            if bundle is not None:
                name = workspace.folder_name(bundle)
                workspace = evolve(workspace, folders={**workspace.folders, bundle.uuid: name})
        return workspace

    def _plan(
        self, merger: Merger, closure: Closure, working: set[VersionKey]
    ) -> dict[VersionKey, TreePlan]:
        plans: dict[VersionKey, TreePlan] = {}
        moving = {key.bundle_uuid for key in working}
        for key, version in closure.versions.items():
            folder = self._workspace.working_copy(key.bundle_uuid)
            if key in working and folder is not None:
                plans[key] = merger.plan(version, folder, load_state(folder), working=True)
                continue
            state = load_state(folder) if folder is not None else None
            stays = state is not None and state.key == key and state.pulling is None
            if stays and key.bundle_uuid not in moving:
                continue  # somebody works on it; it is there
            folder = self._workspace.snapshot(key)
            plans[key] = merger.plan(version, folder, load_state(folder), working=False)
        return plans

    def _contents(self, plans: Mapping[VersionKey, TreePlan]) -> tuple[Content, ...]:
        """Return what is to be fetched or copied, each content once."""
        wanted: dict[str, tuple[int, VersionKey, str, list[Path]]] = {}
        for plan in plans.values():
            for path, (file, target) in plan.writes.items():
                if file.digest not in wanted:
                    wanted[file.digest] = (file.size, plan.key, path, [])
                wanted[file.digest][3].append(target)
        here = {digest: path for plan in plans.values() for digest, path in plan.present.items()}
        planned = {plan.folder for plan in plans.values()}
        for folder, state in snapshots(self._workspace):
            for path, file in state.files.items() if folder not in planned else ():
                if file.digest in wanted and file.digest not in here:
                    source = folder / state.names.get(path, path)
                    if source.is_file() and digest_of_file(source) == file.digest:
                        here[file.digest] = source
        return tuple(
            Content(digest, size, key, path, targets, here.get(digest))
            for digest, (size, key, path, targets) in wanted.items()
        )

    def _link_style(self) -> tuple[LinkStyle, tuple[str, ...]]:
        possible = can_link(self._workspace.own)
        if self._options.links == "symlink" and not possible:
            raise LocalError(
                f"Symbolic links can not be made in {self._workspace.folder}.",
                "Take --links copy or --links mapping, or another folder; on Windows, symbolic "
                "links need the developer mode.",
            )
        if self._options.links is not None:
            return self._options.links, ()
        if possible:
            return "symlink", ()
        note = (
            "Symbolic links can not be made here; .blockstore/links.json in each folder says "
            "where its links lead (--links copy would make copies)."
        )
        return "mapping", (note,)

    def _check_room(self, estimate: Estimate) -> None:
        needed = estimate.bytes + sum(
            content.size * (len(content.targets) - (content.source is None))
            for content in estimate.contents
        )
        free = shutil.disk_usage(estimate.workspace.folder).free
        if needed and needed + _RESERVE_BYTES > free:
            raise LocalError(
                f"{human_size(needed)} are needed in {estimate.workspace.folder}, and "
                f"{human_size(free)} are free.",
                "Make room, or pull less with --only.",
                code="no_room",
            )

    # Doing it

    def carry_out(self, estimate: Estimate) -> int:
        """Do it, and return how many bytes came over the network.

        Raises:
            ClientError: It could not be done; what is complete stays, and the same again goes on.
        """
        workspace = estimate.workspace
        with local_errors(f"{workspace.folder} can not be written"):
            save_workspace(workspace)
            for plan in estimate.plans.values():
                if plan.writes or plan.removes or plan.aside or plan.before != plan.state:
                    # A folder says that it is not complete before it is not.
                    save_state(plan.folder, evolve(plan.before, pulling=plan.key.version))
                for path in plan.aside:
                    self._put_aside(path)
                for path in plan.removes:
                    _remove(path, plan.folder)
        with self._output.progress("Pulling", estimate.total) as progress:
            downloader = Downloader(self._server, workspace.partial, progress)
            downloader.fetch_all(estimate.contents, jobs=self._options.jobs)
        with local_errors(f"{workspace.folder} can not be written"):
            for plan in estimate.plans.values():
                self._describe(plan, estimate.closure)
                save_state(plan.folder, plan.state)
            self._write_links(estimate.links)
            shutil.rmtree(workspace.partial, ignore_errors=True)
        return downloader.received

    def _put_aside(self, path: Path) -> None:
        target = self._workspace.put_aside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
        self._output.warn(f"Your {path} was put aside as {target}.")

    def _describe(self, plan: TreePlan, closure: Closure) -> None:
        bundle = closure.bundles.get(plan.key.bundle_uuid)
        collection = closure.collections.get(bundle.collection_uuid) if bundle else None
        contents = dump_info(plan.version, bundle, collection)
        if plan.edited is not None:
            contents = _with_edits(contents, plan.edited)
        path = info_path(plan.folder)
        if not path.exists() or path.read_bytes() != contents:
            write_whole(path, contents)

    def _write_links(self, style: LinkStyle) -> None:
        """Make the links of all folders: what they lead to may stand elsewhere now."""
        workspace = self._workspace
        trees = {state.key: (folder, state) for folder, state in snapshots(workspace)}
        for name in workspace.folders.values():
            folder = workspace.folder / name
            if (state := load_state(folder)) is not None:
                trees[state.key] = (folder, state)
        # Lenders first: a copy takes along what is below its links.
        for key in _lenders_first({key: state for key, (_folder, state) in trees.items()}):
            folder, state = trees[key]
            targets = {
                alias: trees[link.target][0]
                for alias, link in state.links.items()
                if link.target in trees
            }
            write_links(folder, targets, style)


def _lenders_first(states: Mapping[VersionKey, TreeState]) -> list[VersionKey]:
    ordered: dict[VersionKey, None] = {}
    for start in states:
        stack = [(start, False)]
        while stack:
            key, done = stack.pop()
            if done:
                ordered[key] = None
            elif key in states and key not in ordered:
                stack.append((key, True))
                stack += [(link.target, False) for link in states[key].links.values()]
    return list(ordered)


def _with_edits(contents: bytes, edited: EditedInfo) -> bytes:
    document = json.loads(contents)
    document["links"] = dump_links(edited.links)
    for path, public in edited.public.items():
        if path in document["files"]:
            document["files"][path]["public"] = public
        else:
            document["files"][path] = {"public": public}
    return readable_json(document)


def _remove(path: Path, folder: Path) -> None:
    path.unlink(missing_ok=True)
    for parent in path.parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def refuse_unfinished(folder: Path, state: TreeState) -> None:
    """Refuse to go on with a folder whose pull was interrupted.

    Raises:
        ConflictError: It was.
    """
    if state.pulling is not None or not state.version:
        raise ConflictError(
            f"The last pull of {folder} did not end.",
            f"Pull again; it goes on where it stopped: blockstore pull {state.bundle_uuid}",
            code="unfinished",
        )
