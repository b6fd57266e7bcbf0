"""Compares what was changed in a folder with what a draft shows, and decides what to send."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from openedx_blockstore.cli.errors import ConflictError
from openedx_blockstore.cli.scan import FileChange, LinkChange, LocalChanges
from openedx_blockstore.cli.state import TreeState
from openedx_blockstore.cli.values import Draft, FileEntry, LinkEntry, Version


@frozen
class FileStep:
    """A file to send to the draft, or to delete in it.

    Attributes:
        before: The digest that the draft has, or None.
        after: What it is to have; None to delete it.
        local: Where the file is, within the folder.
    """

    path: str
    before: str | None
    after: FileEntry | None
    local: str = ""


@frozen
class Conflict:
    """A path that was changed here and by others."""

    path: str
    base: str | None
    mine: str | None
    theirs: str | None


@frozen
class Steps:
    """What is to be done in the draft.

    Attributes:
        paths: All paths that differ from what was pulled, as a commit names them.
        wanted: What the draft is to show for each of them, as the state remembers it.
    """

    files: tuple[FileStep, ...] = ()
    links: Mapping[str, LinkEntry | None] = field(factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    wanted: Mapping[str, str | None] = field(factory=dict)


def plan_steps(
    changes: LocalChanges,
    state: TreeState,
    draft: Draft,
    below: Version | None = None,
    *,
    overwrite: bool,
) -> Steps:
    """Return what is to be sent.

    What the draft shows must be what was pulled, or what an earlier push has sent; anything else
    is the work of others.

    Args:
        below: The version below the draft, if it is another one than was pulled.
        overwrite: Take what is here, whatever others have done.
    """
    planner = _Planner(state, draft, below, overwrite=overwrite)
    for change in changes.files:
        planner.file(change)
    for link in changes.links:
        planner.link(link)
    planner.take_back(changes)
    return Steps(
        tuple(planner.files),
        planner.links,
        tuple(planner.conflicts),
        {
            **{c.path: _digest(c.after) for c in changes.files},
            **{f"links/{c.alias}": _target(c.after) for c in changes.links},
        },
    )


class _Planner:
    def __init__(
        self, state: TreeState, draft: Draft, below: Version | None, *, overwrite: bool
    ) -> None:
        self._state = state
        self._draft = draft
        self._below = below
        self._overwrite = overwrite
        self.files: list[FileStep] = []
        self.links: dict[str, LinkEntry | None] = {}
        self.conflicts: list[Conflict] = []

    def file(self, change: FileChange) -> None:
        shown = self._draft.files.get(change.path)
        base, mine, theirs = map(_digest, (change.before, change.after, shown))
        if self._hides(change.path, base, mine, lambda v: _digest(v.files.get(change.path))):
            return
        if shown == change.after:
            return
        if self._may_replace(change.path, base, mine, theirs):
            self.files.append(FileStep(change.path, theirs, change.after, change.local))

    def link(self, change: LinkChange) -> None:
        shown = self._draft.links.get(change.alias)
        base, mine, theirs = map(_target, (change.before, change.after, shown))
        path = f"links/{change.alias}"
        if self._hides(path, base, mine, lambda v: _target(v.links.get(change.alias))):
            return
        if shown == change.after:
            return
        if self._may_replace(path, base, mine, theirs):
            self.links[change.alias] = change.after

    def take_back(self, changes: LocalChanges) -> None:
        """Undo in the draft what an earlier push has sent, and what is as it was here, again."""
        changed = {change.path for change in changes.files}
        changed |= {f"links/{change.alias}" for change in changes.links}
        for path, sent in self._state.staged.items():
            if path in changed:
                continue
            folder, _, alias = path.partition("/")
            if folder == "links":
                base_link = self._state.links.get(alias)
                if _target(self._draft.links.get(alias)) == sent != _target(base_link):
                    self.links[alias] = base_link
                continue
            base = self._state.files.get(path)
            shown = _digest(self._draft.files.get(path))
            local = changes.unchanged.get(path)
            if shown == sent != _digest(base) and (base is None or local is not None):
                self.files.append(FileStep(path, shown, base, local.local if local else ""))

    def _hides(
        self,
        path: str,
        base: str | None,
        mine: str | None,
        find: Callable[[Version], str | None],
    ) -> bool:
        """Tell whether what an earlier push has staged hides what others have done below it."""
        if self._below is None or path not in self._draft.changed or self._overwrite:
            return False
        theirs = find(self._below)
        if theirs in (base, mine):
            return False
        self.conflicts.append(Conflict(path, base, mine, theirs))
        return True

    def _may_replace(
        self, path: str, base: str | None, mine: str | None, theirs: str | None
    ) -> bool:
        ours = theirs == base or (path in self._state.staged and theirs == self._state.staged[path])
        # The same bytes, but for who may read them.
        if ours or self._overwrite or theirs == mine:
            return True
        self.conflicts.append(Conflict(path, base, mine, theirs))
        return False


def _digest(file: FileEntry | None) -> str | None:
    return file.digest if file is not None else None


def _target(link: LinkEntry | None) -> str | None:
    if link is None:
        return None
    return f"{link.target}{' weak' if link.weak else ''}"


def conflict_error(conflicts: tuple[Conflict, ...], *, folder: str, bundle: str) -> ConflictError:
    """Return the error that shows what others have changed as well."""
    lines = [
        f"  {each.path}\n"
        f"      pulled  {each.base or '(nothing)'}\n"
        f"      here    {each.mine or '(deleted)'}\n"
        f"      there   {each.theirs or '(deleted)'}"
        for each in conflicts
    ]
    return ConflictError(
        f"Others have changed what you have changed in {folder}, and nothing was sent or "
        "overwritten:\n" + "\n".join(lines),
        f"See theirs with blockstore cat or diff. Then either take theirs (blockstore pull "
        f"{bundle} --theirs; yours is put aside), or merge by hand, blockstore pull {bundle} "
        f"--mine, and push again; or overwrite theirs with blockstore push --mine.",
        facts={
            "conflicts": [
                {"path": c.path, "base": c.base, "mine": c.mine, "theirs": c.theirs}
                for c in conflicts
            ]
        },
    )
