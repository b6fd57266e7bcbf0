"""Finds the bundle versions in an archive that was scanned, and holds them against their metadata.

Three kinds of archive are known: of one tree, with its ``.blockstore/info.json``; of many trees,
with a ``.blockstore/archive.json``; and of plain files that somebody packed by hand. Each may stand
in a single folder of its own, as one gets by packing a folder rather than what is in it.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from attrs import evolve, field, frozen

from openedx_blockstore.archives.contents import load_contents
from openedx_blockstore.archives.info import TreeInfo, load_info
from openedx_blockstore.archives.ordering import lenders_first
from openedx_blockstore.archives.scanning import CONTENTS_PATH, INFO_PATH, Scan, ScannedFile
from openedx_blockstore.archives.tree_files import Entries, Parts, check_files, is_junk
from openedx_blockstore.data import Dependency, SkippedEntry
from openedx_blockstore.exceptions import InvalidArchive
from openedx_blockstore.store import LINKS_FOLDER, METADATA_FOLDER, TreeFile

# Folders that mean something by their names, and do not just hold everything: browsers get the
# files below static/, and the others are reserved.
_MEANINGFUL_FOLDERS = frozenset({"static", LINKS_FOLDER, METADATA_FOLDER})

#: Is given digests of contents that are not in an archive, by the bundles of the archive that list
#: them, and returns those that need not be.
KnownContents = Callable[[Mapping[uuid.UUID, set[str]]], Mapping[str, ScannedFile]]

_DEFAULT_TITLE = "Imported bundle"
# What a bundle takes. Folding the case of a title can make it longer.
_MAX_SLUG = 180


@frozen(eq=False)
class ArchiveTree:
    """One bundle version in an archive.

    Attributes:
        info: What is said of it; without its dependencies, which follow from the links.
        files: By path.
        state: Whether the files are those that were ``exported``; or were ``edited`` since, and
            are taken as found; or the whole tree was made by ``hand`` and has no identity yet.
        skipped: What will not be imported.
        parts: What plugins said of it where it was exported.
    """

    info: TreeInfo
    files: Mapping[str, TreeFile]
    state: Literal["exported", "edited", "hand"]
    skipped: tuple[SkippedEntry, ...] = ()
    parts: Parts = field(factory=dict)

    @property
    def key(self) -> Dependency:
        """The bundle version, as it is called in the archive."""
        return Dependency(self.info.uuid, self.info.version)


@frozen(eq=False)
class ArchiveTrees:
    """All bundle versions in an archive.

    Attributes:
        trees: Lenders before their borrowers.
        roots: What the archive was made for.
        skipped: What belongs to none of the trees and will not be imported.
        parts: What plugins said of the collection that was exported.
    """

    trees: tuple[ArchiveTree, ...]
    roots: tuple[Dependency, ...]
    skipped: tuple[SkippedEntry, ...] = field(default=())
    parts: Parts = field(factory=dict)


def find_trees(
    scan: Scan, *, max_path_length: int = 500, known: KnownContents | None = None
) -> ArchiveTrees:
    """Return the bundle versions in an archive.

    Args:
        known: Asked once for the contents that an archive of many trees lists, but does not hold.

    Raises:
        InvalidArchive: The archive does not hold what it says.
        LimitExceeded: A path is too long.
    """
    names = [*scan.files, *scan.symlinks]
    prefix = _prefix([name for name in names if not is_junk(name)])
    inside = Entries.of(scan, prefix)
    outside = _outside(names, prefix)
    if prefix + CONTENTS_PATH in scan.files:
        return _many_trees(
            scan, prefix, inside, outside, max_path_length=max_path_length, known=known
        )
    if prefix + INFO_PATH in scan.files:
        info = _tree_info(scan, prefix, max_path_length)
        tree = _exported_tree(info, inside, scan.by_digest, max_path_length)
    else:
        tree = _hand_made_tree(scan, prefix, inside, max_path_length)
    tree = evolve(tree, skipped=(*outside, *tree.skipped))
    return ArchiveTrees((tree,), (tree.key,))


def _prefix(names: Iterable[str]) -> str:
    """Return what stands before every path: a folder's name and a slash, or nothing."""
    names = set(names)
    if not names:
        raise InvalidArchive("it holds no files")
    if INFO_PATH in names or CONTENTS_PATH in names:
        if INFO_PATH in names and CONTENTS_PATH in names:
            raise InvalidArchive(
                f"it has both {INFO_PATH} and {CONTENTS_PATH}, so it is unclear whether it holds "
                f"one bundle or many"
            )
        return ""
    folders = {name.partition("/")[0] if "/" in name else "" for name in names}
    bundles = sorted(
        folder
        for folder in folders
        if f"{folder}/{INFO_PATH}" in names or f"{folder}/{CONTENTS_PATH}" in names
    )
    if bundles and len(folders) > 1:
        raise InvalidArchive(
            f"it holds exported bundles in folders ({', '.join(bundles)}) beside other things; "
            f"pack and import each of them by itself"
        )
    folder = folders.pop() if len(folders) == 1 else ""
    if not folder or (not bundles and folder.casefold() in _MEANINGFUL_FOLDERS):
        return ""
    return f"{folder}/"


def _outside(names: Iterable[str], prefix: str) -> list[SkippedEntry]:
    # What is not below the prefix is junk: the prefix was chosen so.
    return [
        SkippedEntry(name, "the operating system's, not the author's")
        for name in names
        if not name.startswith(prefix)
    ]


def _tree_info(scan: Scan, prefix: str, max_path_length: int) -> TreeInfo:
    path = prefix + INFO_PATH
    if path not in scan.documents:
        raise InvalidArchive("it is missing or far too large", entry=path)
    info = load_info(scan.documents[path], path=path, max_path_length=max_path_length)
    # The dependencies of two thousand trees are much to keep, and follow from the links.
    return evolve(info, dependencies=())


def _exported_tree(
    info: TreeInfo, entries: Entries, digests: Mapping[str, ScannedFile], max_path_length: int
) -> ArchiveTree:
    files, skipped = check_files(entries, info, digests=digests, max_path_length=max_path_length)
    listed = info.files is not None and all(file.digest for file in info.files.values())
    state: Literal["exported", "edited"] = "exported" if listed else "edited"
    return ArchiveTree(info, files, state, tuple(skipped), entries.parts)


def _hand_made_tree(scan: Scan, prefix: str, entries: Entries, max_path_length: int) -> ArchiveTree:
    name = unicodedata.normalize("NFC", scan.name or prefix.rstrip("/")) or _DEFAULT_TITLE
    title = "".join(character for character in name if character.isprintable())[:180].strip()
    info = TreeInfo(uuid.uuid4(), 1, title or _DEFAULT_TITLE, slug=_slug(title))
    files, skipped = check_files(
        entries, info, digests={}, max_path_length=max_path_length, identified=False
    )
    if not files:
        raise InvalidArchive("it holds no files")
    return ArchiveTree(info, files, "hand", tuple(skipped))


def _slug(title: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in title.casefold()).split()
    return "-".join(words)[:_MAX_SLUG]


def _many_trees(
    scan: Scan,
    prefix: str,
    entries: Entries,
    outside: list[SkippedEntry],
    *,
    max_path_length: int,
    known: KnownContents | None,
) -> ArchiveTrees:
    path = prefix + CONTENTS_PATH
    if path not in scan.documents:
        raise InvalidArchive("it is far too large", entry=path)
    contents = load_contents(scan.documents[path], path=path)
    by_folder, skipped = entries.split({_folder(tree) for tree in contents.trees})
    infos = {
        key: _tree_info(scan, prefix + _folder(key), max_path_length) for key in contents.trees
    }
    digests = _with_known(scan, infos.values(), known)
    trees: dict[Dependency, ArchiveTree] = {}
    for key, info in infos.items():
        folder = _folder(key)
        tree = _exported_tree(info, by_folder[folder], digests, max_path_length)
        if tree.key != key:
            raise InvalidArchive(
                f"it says that it is {tree.key}, but stands in the folder of {key}",
                entry=prefix + folder + INFO_PATH,
            )
        trees[key] = tree
    order = lenders_first(
        {
            key: [Dependency(link.bundle_uuid, link.version) for link in tree.info.links.values()]
            for key, tree in trees.items()
        }
    )
    return ArchiveTrees(
        tuple(trees[key] for key in order), contents.roots, (*outside, *skipped), entries.parts
    )


def _with_known(
    scan: Scan, infos: Iterable[TreeInfo], known: KnownContents | None
) -> Mapping[str, ScannedFile]:
    """Return the contents of an archive, and those that need not be in it."""
    if known is None:
        return scan.by_digest
    missing: dict[uuid.UUID, set[str]] = {}
    for info in infos:
        listed = {file.digest for file in (info.files or {}).values() if file.digest is not None}
        if elsewhere := listed - scan.by_digest.keys():
            missing.setdefault(info.uuid, set()).update(elsewhere)
    return ChainMap({**known(missing)}, {**scan.by_digest}) if missing else scan.by_digest


def _folder(key: Dependency) -> str:
    return f"{key.bundle_uuid}/{key.version}/"
