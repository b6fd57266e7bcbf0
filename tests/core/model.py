"""A plain model of bundles and drafts, in memory: what Blockstore should do, said simply.

It knows nothing of digests, manifests, rows or locks, and shares no code with Blockstore.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from attrs import define, field, frozen

#: What can be at a key: a file (its bytes, and whether it is public), a link (lender, version,
#: weak), or nothing.
File = tuple[bytes, bool]
Link = tuple[int, int, bool]
Entry = File | Link | None

#: ``("file", path)`` or ``("link", alias)``.
Key = tuple[Literal["file", "link"], str]
Tree = dict[Key, Entry]


class Refused(Exception):
    """The model does not allow it; the message names what Blockstore should raise."""

    def __init__(self, what: str, keys: Iterable[Key] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.keys = set(keys)


@frozen
class Staged:
    """A change in a draft, and what was below it when it was made."""

    made_against: Entry
    new: Entry


@define
class ModelDraft:
    """A draft: changes over a version (0 is the empty one)."""

    base: int = 0
    staged: dict[Key, Staged] = field(factory=dict)


@define
class ModelBundle:
    """A bundle: its versions (the first, number 0, is empty) and drafts."""

    number: int
    versions: list[Tree] = field(factory=lambda: [{}])
    drafts: list[ModelDraft] = field(factory=lambda: [ModelDraft(), ModelDraft()])

    @property
    def latest(self) -> Tree:
        """What the latest version holds."""
        return self.versions[-1]


class Model:
    """Several bundles that can link to each other."""

    def __init__(self, bundles: int) -> None:
        self.bundles = [ModelBundle(number) for number in range(bundles)]

    # Looking

    def base_of(self, bundle: ModelBundle, draft: ModelDraft) -> Tree:
        """What lies below the changes of a draft: the latest version while there are none."""
        return bundle.versions[draft.base] if draft.staged else bundle.latest

    def view_of(self, bundle: ModelBundle, draft: ModelDraft) -> Tree:
        """What a draft shows."""
        return _changed(
            self.base_of(bundle, draft), {key: each.new for key, each in draft.staged.items()}
        )

    def closure(self, tree: Tree) -> set[tuple[int, int]]:
        """Everything that something with these links depends on."""
        found: set[tuple[int, int]] = set()
        for entry in tree.values():
            if entry is not None and len(entry) == 3 and not entry[2]:
                lender, version, _weak = entry
                found.add((lender, version))
                found |= self.closure(self.bundles[lender].versions[version])
        return found

    def history(self, bundle: ModelBundle, path: str) -> list[tuple[int, str, bytes | None]]:
        """The versions that changed a path, the newest first: number, kind and contents."""
        steps: list[tuple[int, str, bytes | None]] = []
        for number in range(1, len(bundle.versions)):
            before = bundle.versions[number - 1].get(("file", path))
            after = bundle.versions[number].get(("file", path))
            if before != after:
                kind = "added" if before is None else "removed" if after is None else "modified"
                contents = after[0] if after is not None else None
                assert not isinstance(contents, int)
                steps.append((number, kind, contents))
        return steps[::-1]

    # Changing

    def write(
        self, bundle: ModelBundle, draft: ModelDraft, changes: Mapping[Key, Entry | bytes]
    ) -> None:
        """Stage changes; mere bytes leave a file as public as it is."""
        base = self.base_of(bundle, draft)
        view = self.view_of(bundle, draft)
        if not draft.staged:
            draft.base = len(bundle.versions) - 1
        for key, given in changes.items():
            new: Entry = (given, _is_public(view.get(key))) if isinstance(given, bytes) else given
            if new == base.get(key):
                draft.staged.pop(key, None)
            elif key in draft.staged:
                draft.staged[key] = Staged(draft.staged[key].made_against, new)
            else:
                draft.staged[key] = Staged(base.get(key), new)

    def set_link(self, bundle: ModelBundle, draft: ModelDraft, alias: str, link: Link) -> None:
        """Stage a link, unless the bundle would depend on itself."""
        self._check_cycle(bundle, link)
        self.write(bundle, draft, {("link", alias): link})

    def commit(
        self, bundle: ModelBundle, draft: ModelDraft, keys: set[Key] | None, on_conflict: str
    ) -> None:
        """Make a version of what is staged, or of a part of it."""
        chosen = {k: each for k, each in draft.staged.items() if keys is None or k in keys}
        tree = self._merge(bundle.latest, chosen, on_conflict)
        if tree == bundle.latest:
            for key in chosen:
                del draft.staged[key]
            raise Refused("DraftHasNoChangesToCommit")
        self._append(bundle, tree)
        for key in chosen:
            del draft.staged[key]
        draft.base = len(bundle.versions) - 1

    def update(self, bundle: ModelBundle, draft: ModelDraft, on_conflict: str) -> None:
        """Lay a draft over the latest version."""
        tree = self._merge(bundle.latest, draft.staged, on_conflict)
        draft.staged = {
            key: Staged(bundle.latest.get(key), each.new)
            for key, each in draft.staged.items()
            if tree.get(key) != bundle.latest.get(key)
        }
        draft.base = len(bundle.versions) - 1

    def revert(self, bundle: ModelBundle, number: int) -> None:
        """Make a version equal to an old one."""
        if bundle.versions[number] == bundle.latest:
            raise Refused("DraftHasNoChangesToCommit")
        self._append(bundle, bundle.versions[number])

    def put(self, bundle: ModelBundle, tree: Tree) -> bool:
        """Make a version that holds exactly this; tell whether it is a new one."""
        if tree == bundle.latest:
            if len(bundle.versions) == 1:
                raise Refused("Invalid")
            return False
        self._append(bundle, tree)
        return True

    def _merge(self, latest: Tree, changes: Mapping[Key, Staged], on_conflict: str) -> Tree:
        wanted: dict[Key, Entry] = {}
        conflicts = []
        for key, change in changes.items():
            if latest.get(key) == change.new:
                continue
            if latest.get(key) == change.made_against or on_conflict == "mine":
                wanted[key] = change.new
            elif on_conflict == "error":
                conflicts.append(key)
        if conflicts:
            raise Refused("DraftConflict", conflicts)
        return _changed(latest, wanted)

    def _append(self, bundle: ModelBundle, tree: Tree) -> None:
        paths = [path for kind, path in tree if kind == "file"]
        if len({path.lower() for path in paths}) < len(paths):
            raise Refused("InvalidPath")
        lenders: dict[int, int] = {}
        for key, entry in tree.items():
            if entry is not None and len(entry) == 3:
                if entry != bundle.latest.get(key):
                    self._check_cycle(bundle, entry)
                if lenders.setdefault(entry[0], entry[1]) != entry[1]:
                    raise Refused("InvalidLink")
        bundle.versions.append(dict(tree))

    def _check_cycle(self, bundle: ModelBundle, link: Link) -> None:
        lender, version, _weak = link
        behind = self.closure(self.bundles[lender].versions[version]) | {(lender, version)}
        if bundle.number in {number for number, _version in behind}:
            raise Refused("LinkCycle")


def _changed(tree: Tree, changes: Mapping[Key, Entry]) -> Tree:
    return {key: entry for key, entry in {**tree, **changes}.items() if entry is not None}


def _is_public(entry: Entry) -> bool:
    return entry is not None and len(entry) == 2 and entry[1]
