"""A tree: what files and links a version or draft holds, without their history.

Trees are compared, merged and turned into manifests; all of it is pure computation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from openedx_blockstore.data import LinkTarget, OnConflict


def frozen_mapping(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a view of a mapping through which it can not be changed."""
    return MappingProxyType(mapping)


@frozen
class TreeFile:
    """A file's contents by digest, and whether anybody may read it."""

    digest: str
    size: int
    public: bool = False


@frozen
class Tree:
    """The files by path and the links by alias."""

    files: Mapping[str, TreeFile] = field(factory=dict, converter=frozen_mapping)
    links: Mapping[str, LinkTarget] = field(factory=dict, converter=frozen_mapping)

    def entry(self, change: Change) -> TreeFile | LinkTarget | None:
        """Return what is there at the path or alias of a change."""
        return (self.links if change.is_link else self.files).get(change.name)


EMPTY_TREE = Tree()


@frozen
class Change:
    """One change to one path or alias.

    Attributes:
        name: The path, or the alias.
        is_link: Which of the two it is.
        made_against: The token (see :func:`token`) of what was there when the change was made.
        new: What is to be there; None to remove it.
    """

    name: str
    is_link: bool
    made_against: str | None
    new: TreeFile | LinkTarget | None


@frozen
class Disagreement:
    """A change that was made against something else than what is there now.

    Attributes:
        actual: The token of what is there now.
    """

    change: Change
    actual: str | None


def token(entry: TreeFile | LinkTarget | None) -> str | None:
    """Return a short text that is the same for equal entries only; None for no entry.

    A file's is its digest, a link's is ``uuid@version``; ``+public`` or ``+weak`` may follow.
    """
    if entry is None:
        return None
    if isinstance(entry, TreeFile):
        return entry.digest + ("+public" if entry.public else "")
    return str(entry) + ("+weak" if entry.weak else "")


def apply_changes(tree: Tree, changes: Iterable[Change]) -> Tree:
    """Return the tree with changes made, whatever they were made against."""
    files, links = dict(tree.files), dict(tree.links)
    for change in changes:
        if isinstance(change.new, TreeFile):
            files[change.name] = change.new
        elif isinstance(change.new, LinkTarget):
            links[change.name] = change.new
        elif change.is_link:
            links.pop(change.name, None)
        else:
            files.pop(change.name, None)
    return Tree(files, links)


def merge(
    tree: Tree, changes: Iterable[Change], *, on_conflict: OnConflict
) -> tuple[Tree, list[Disagreement]]:
    """Make changes to a tree that others may have changed since.

    Each change is judged alone: it is made if the tree still has what it was made against, and
    has nothing to do if the tree already has what it wants. Otherwise it is made (``mine``),
    dropped (``theirs``), or dropped and reported (``error``).

    Returns:
        The tree, and the changes that are in conflict (for ``error`` only).
    """
    wanted: list[Change] = []
    disagreements: list[Disagreement] = []
    for change in changes:
        actual = token(tree.entry(change))
        if actual == token(change.new):
            continue
        if actual == change.made_against or on_conflict == "mine":
            wanted.append(change)
        elif on_conflict == "error":
            disagreements.append(Disagreement(change, actual))
    return apply_changes(tree, wanted), disagreements
