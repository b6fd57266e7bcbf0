"""From a usage to what authors have written: by the context's mounts and the bundles' links.

What was parsed is kept by the digest of its bytes for the whole process, since it depends on
nothing else; which bytes are meant is found anew for every runtime.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from attrs import frozen
from cachetools import LRUCache
from xblock.core import XBlock

from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.authored import InlineChild, ParsedBlock, body_path, parse_block
from openedx_blockstore_xblock.block_classes import is_container
from openedx_blockstore_xblock.bundles import BundleStates
from openedx_blockstore_xblock.exceptions import BadOlx, BlockNotFound
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.olx import (
    MAX_BYTES,
    BlockElement,
    Include,
    OlxDocument,
    check_size,
    line_of,
    parse_document,
)

#: Files that are kept parsed in a process, and blocks.
_DOCUMENTS = 256
_BLOCKS = 2_048

#: Files of a container that are fetched from the storage at a time.
_FETCHERS = 8

_documents: LRUCache[object, OlxDocument] = LRUCache(_DOCUMENTS)
_blocks: LRUCache[object, ParsedBlock] = LRUCache(_BLOCKS)
#: What is being made at the moment, by its cache and its key.
_pending: dict[tuple[int, object], Future[Any]] = {}
_lock = threading.RLock()

ValueT = TypeVar("ValueT")


def forget_parsed() -> None:
    """Parse everything anew; for whoever measures."""
    with _lock:
        _documents.clear()
        _blocks.clear()


@frozen(eq=False)
class FoundBlock:
    """A block that is where its usage says.

    Attributes:
        contents: The state of the bundle in which it is.
    """

    usage_key: BlockstoreUsageKey
    contents: BundleContents
    document: OlxDocument
    element: BlockElement


#: A block, and some of what it holds.
Holder = tuple[FoundBlock, Sequence[Include | InlineChild]]


class BlockLoader:
    """Finds blocks, for one runtime: what it has found once it takes for settled."""

    def __init__(self, bundles: BundleStates) -> None:
        self._bundles = bundles
        self._bytes: dict[str, bytes] = {}

    def find(self, usage_key: BlockstoreUsageKey) -> FoundBlock:
        """Return the block of a usage.

        Raises:
            BlockNotFound: It is not there, or nothing leads there any more.
            LearningContextNotFound, MountNotFound: There is nothing to start from.
            BadOlx: The file can not be read.
            StorageError: The storage failed.
        """
        contents = self._bundles.of(usage_key)
        if contents.bundle_uuid != usage_key.bundle_uuid:
            raise BlockNotFound(usage_key, "its route leads to another bundle now")
        if usage_key.path not in contents.files:
            raise BlockNotFound(usage_key, f"its bundle has no file {usage_key.path!r}")
        document = self._document(contents, usage_key.path)
        element = document.find(usage_key.inner_id)
        if element is None:
            raise BlockNotFound(usage_key, f"its file has no block {usage_key.inner_id!r}")
        if not _are_alike(element.block_type, usage_key.block_type):
            raise BadOlx(
                usage_key.path,
                f"there is a {element.block_type!r} in it, and no {usage_key.block_type!r}",
                line=line_of(element.element),
            )
        return FoundBlock(usage_key, contents, document, element)

    def parse(self, found: FoundBlock, block_class: type[XBlock]) -> ParsedBlock:
        """Return what a class makes of a block.

        Raises:
            BadOlx: It can not make anything of it.
            StorageError: The storage failed.
        """
        in_file = body_path(found.element.element, found.usage_key.path, found.contents.files)
        body = self._read(found.contents, in_file) if in_file else None
        key = (
            found.contents.files[found.usage_key.path].digest,
            found.contents.files[in_file].digest if in_file else None,
            found.usage_key.inner_id,
            block_class,
        )

        def parse() -> ParsedBlock:
            text = body.decode("utf-8", "replace") if body is not None else None
            return parse_block(found.document, found.element, block_class, body=text)

        return _cached(_blocks, key, parse)

    def children(self, holders: Sequence[Holder]) -> list[list[BlockstoreUsageKey]]:
        """Return the usages of children of some blocks; their files are fetched at a time.

        A child that is not there has a usage, too, so that it can be said what is missing.
        """
        self._link_up(holders)
        targets = [
            [self._target(found, child) for child in children] for found, children in holders
        ]
        self._fetch(each for some in targets for each in some if isinstance(each, _Target))
        return [
            [
                each if isinstance(each, BlockstoreUsageKey) else self._included(found, each)
                for each in some
            ]
            for (found, _children), some in zip(holders, targets, strict=True)
        ]

    def digests(self, holders: Sequence[Holder]) -> list[list[str | None]]:
        """Return the digests of the files of children; None for what is not there.

        No file is read for this.
        """
        self._link_up(holders)
        return [
            [self._digest(self._target(found, child), found) for child in children]
            for found, children in holders
        ]

    def _link_up(self, holders: Sequence[Holder]) -> None:
        """Find what the sources of includes lead to, all at a time."""
        self._bundles.read_linked(
            found.contents.links[child.source]
            for found, children in holders
            for child in children
            if isinstance(child, Include) and child.source in found.contents.links
        )

    @staticmethod
    def _digest(target: BlockstoreUsageKey | _Target, found: FoundBlock) -> str | None:
        if isinstance(target, _Target):
            return target.contents.files[target.path].digest
        is_inline = found.document.find(target.inner_id) is not None and target.inner_id != ""
        return found.contents.files[found.usage_key.path].digest if is_inline else None

    def mounted(self, usage_key: BlockstoreUsageKey) -> BundleContents | None:
        """Return what is mounted where the route of a usage begins; None if it is not there.

        Raises:
            LearningContextNotFound, MountNotFound: Nothing is mounted so.
            StorageError: The storage failed.
        """
        return self._bundles.mounted(usage_key.context_key, usage_key.route[0])

    def find_static(
        self, found: FoundBlock, paths: Iterable[str]
    ) -> tuple[BundleContents, str] | None:
        """Return the first of some files that is there, through the links if need be.

        Returns:
            The state of a bundle, and a path from there, such as ``links/art/static/cat.png``; or
            None.
        """
        wanted = list(paths)
        for path in wanted:
            if path in found.contents.files:
                return found.contents, path
        in_root = [path for path in wanted if path.startswith("static/")]
        self._bundles.read_linked(found.contents.links.values())
        for alias, target in found.contents.links.items():
            lender = self._bundles.linked_by(target)
            for path in in_root:
                if lender is None or path not in lender.files:
                    continue
                if lender.draft_uuid is not None:
                    return lender, path  # the link itself leads to a version
                return found.contents, f"links/{alias}/{path}"
        return None

    # Files ---------------------------------------------------------------------------------------

    def _read(self, contents: BundleContents, path: str) -> bytes:
        file = contents.files[path]
        if file.digest not in self._bytes:
            check_size(file.size, file=path)
            self._bytes[file.digest] = contents.read(path)
        return self._bytes[file.digest]

    def _document(self, contents: BundleContents, path: str) -> OlxDocument:
        def parse() -> OlxDocument:
            return parse_document(self._read(contents, path), file=path, is_container=is_container)

        return _cached(_documents, (contents.files[path].digest, path), parse)

    def _fetch(self, targets: Iterable[_Target]) -> None:
        """Read the files of children that are not known yet, several at a time."""
        wanted = {
            target.contents.files[target.path].digest: target
            for target in targets
            if (target.contents.files[target.path].digest, target.path) not in _documents
        }
        missing = [
            target
            for digest, target in wanted.items()
            # What is too large is told when it is its turn.
            if digest not in self._bytes and target.contents.files[target.path].size <= MAX_BYTES
        ]
        if len(missing) < 2:  # noqa: PLR2004 - one file needs no help
            return
        with ThreadPoolExecutor(max_workers=_FETCHERS) as pool:
            for target, contents in zip(
                missing,
                pool.map(lambda each: each.contents.read(each.path), missing),
                strict=True,
            ):
                self._bytes[target.contents.files[target.path].digest] = contents

    # Children ------------------------------------------------------------------------------------

    def _target(
        self, found: FoundBlock, child: Include | InlineChild
    ) -> BlockstoreUsageKey | _Target:
        parent = found.usage_key
        if isinstance(child, InlineChild):
            return BlockstoreUsageKey(
                parent.context_key,
                child.block_type,
                parent.bundle_uuid,
                parent.path,
                child.inner_id,
                route=parent.route,
                place=parent.place,
            )
        contents, route = found.contents, parent.route
        if child.source:
            try:
                contents = self._bundles.linked(parent, contents, child.source)
            except BlockNotFound:
                return _missing(parent, child)
            route = (*route, child.source)
        if child.path not in contents.files:
            return _missing(parent, child, contents=contents, route=route)
        return _Target(contents, route, child)

    def _included(self, found: FoundBlock, target: _Target) -> BlockstoreUsageKey:
        try:
            block_type = self._document(target.contents, target.path).root.block_type
            stated = target.include.stated_type
            if stated and not _are_alike(block_type, stated):
                # Whoever asks for it is told.
                block_type = stated
        except BadOlx:
            block_type = target.include.guessed_type
        bundle_uuid = target.contents.bundle_uuid
        if bundle_uuid is None:
            raise AssertionError("What is stored has a bundle.")
        return BlockstoreUsageKey(
            found.usage_key.context_key,
            block_type,
            bundle_uuid,
            target.path,
            route=target.route,
            place=target.include.usage,
        )


@frozen(eq=False)
class _Target:
    """A file that an include leads to."""

    contents: BundleContents
    route: tuple[str, ...]
    include: Include

    @property
    def path(self) -> str:
        return self.include.path


def _missing(
    parent: BlockstoreUsageKey,
    child: Include,
    *,
    contents: BundleContents | None = None,
    route: tuple[str, ...] | None = None,
) -> BlockstoreUsageKey:
    bundle_uuid = contents.bundle_uuid if contents is not None else None
    return BlockstoreUsageKey(
        parent.context_key,
        child.guessed_type,
        bundle_uuid or parent.bundle_uuid,
        child.path,
        route=route or (*parent.route, child.source),
        place=child.usage,
    )


def _cached(cache: LRUCache[object, ValueT], key: object, make: Callable[[], ValueT]) -> ValueT:
    """Return what is kept under a key; of several threads that miss it, the first makes it."""
    with _lock:
        if key in cache:
            return cache[key]
        pending: Future[ValueT] | None = _pending.get((id(cache), key))
        is_first = pending is None
        if pending is None:
            pending = _pending[id(cache), key] = Future()
    if not is_first:
        return pending.result()
    try:
        made = make()
    except BaseException as error:
        pending.set_exception(error)
        raise
    else:
        with _lock:
            cache[key] = made
        pending.set_result(made)
        return made
    finally:
        with _lock:
            del _pending[id(cache), key]


def _are_alike(block_type: str, other: str) -> bool:
    """Tell whether two types are one, by its older or newer name."""
    return block_type == other or {block_type, other} == {"unit", "vertical"}
