"""``.blockstore/archive.json``: which trees an archive of many holds.

The format is documented in ``docs/reference/formats.rst``.
"""

from __future__ import annotations

from typing import Literal, cast, get_args

from attrs import frozen

from openedx_blockstore.archives.documents import (
    META,
    dump_dependencies,
    dump_document,
    load_document,
)
from openedx_blockstore.archives.info import CollectionInfo, dump_collection, load_collection
from openedx_blockstore.data import Dependency

#: Whether an archive holds a bundle, or a collection or part of one; with all dependencies.
ContentsKind = Literal["bundle", "collection"]


@frozen
class ArchiveContents:
    """What is said of an archive of many trees.

    Attributes:
        roots: What was asked for; the other trees are its dependencies.
        trees: All trees, lenders before their borrowers.
        collection: The collection that was exported; None for a bundle.
    """

    kind: ContentsKind
    roots: tuple[Dependency, ...]
    trees: tuple[Dependency, ...]
    collection: CollectionInfo | None = None


def dump_contents(contents: ArchiveContents) -> bytes:
    """Return the JSON of an archive's contents; equal contents give equal bytes."""
    return dump_document(
        {
            "_meta": META,
            "kind": contents.kind,
            "collection": dump_collection(contents.collection),
            "roots": dump_dependencies(contents.roots),
            "trees": dump_dependencies(contents.trees),
        }
    )


def load_contents(contents: bytes, *, path: str) -> ArchiveContents:
    """Return what an archive says of its contents.

    Raises:
        InvalidArchive: It is not as the format demands; the error names the place.
    """
    document = load_document(contents, path=path)
    document.expect_keys(required=("_meta", "kind", "roots", "trees"), optional=("collection",))
    kind = document.text("kind")
    if kind not in get_args(ContentsKind):
        raise document.fail("kind", f"must be one of {', '.join(get_args(ContentsKind))}")
    trees = document.dependencies("trees")
    roots = document.dependencies("roots")
    if len(set(trees)) != len(trees):
        raise document.fail("trees", "names a bundle version twice")
    if missing := [str(root) for root in roots if root not in set(trees)]:
        raise document.fail("roots", f"names what is not among the trees: {', '.join(missing)}")
    return ArchiveContents(
        kind=cast(ContentsKind, kind),
        roots=roots,
        trees=trees,
        collection=load_collection(document),
    )
