"""What differs between two trees, as values."""

from __future__ import annotations

from openedx_blockstore.data import FileChange, LinkChange
from openedx_blockstore.store import Tree


def file_changes(old: Tree, new: Tree) -> tuple[FileChange, ...]:
    """Return the paths that differ, sorted."""
    changes = []
    for path in sorted({*old.files, *new.files}):
        before, after = old.files.get(path), new.files.get(path)
        if before is None and after is not None:
            changes.append(FileChange(path, "added", None, after.digest))
        elif before is not None and after is None:
            changes.append(FileChange(path, "removed", before.digest, None))
        elif before is not None and after is not None and before != after:
            changes.append(FileChange(path, "modified", before.digest, after.digest))
    return tuple(changes)


def link_changes(old: Tree, new: Tree) -> tuple[LinkChange, ...]:
    """Return the aliases that differ, sorted."""
    changes = []
    for alias in sorted({*old.links, *new.links}):
        before, after = old.links.get(alias), new.links.get(alias)
        if before is None:
            changes.append(LinkChange(alias, "added", None, after))
        elif after is None:
            changes.append(LinkChange(alias, "removed", before, None))
        elif before != after:
            changes.append(LinkChange(alias, "modified", before, after))
    return tuple(changes)
