"""From a usage to what authors have written: by the context's mounts and the bundles' links.

What was parsed is kept by the digest of its bytes for the whole process, since it depends on
nothing else; which bytes are meant is found anew for every runtime.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from xblock.core import XBlock

from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.authored import InlineChild, ParsedBlock, body_path, parse_block
from openedx_blockstore_xblock.bundles import BundleStates
from openedx_blockstore_xblock.exceptions import BadOlx, BlockNotFound
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.olx import BlockElement, Include, OlxDocument, line_of
from openedx_blockstore_xblock.olx_files import OlxFiles, documents
from openedx_blockstore_xblock.shared_cache import SharedCache

#: Blocks that are kept parsed in a process.
_BLOCKS = 2_048

_blocks: SharedCache[ParsedBlock] = SharedCache(_BLOCKS)


def forget_parsed() -> None:
    """Parse everything anew; for whoever measures."""
    documents.clear()
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
    """Finds blocks, for one runtime: what it has found once it takes for settled.

    Attributes:
        files: Reads OLX files, by whatever way they were found.
    """

    def __init__(self, bundles: BundleStates) -> None:
        self._bundles = bundles
        self.files = OlxFiles()

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
        document = self.files.document(contents, usage_key.path)
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
        body = self.files.read(found.contents, in_file) if in_file else None
        key = (
            found.contents.files[found.usage_key.path].digest,
            found.contents.files[in_file].digest if in_file else None,
            found.usage_key.inner_id,
            block_class,
        )

        def parse() -> ParsedBlock:
            text = body.decode("utf-8", "replace") if body is not None else None
            return parse_block(found.document, found.element, block_class, body=text)

        return _blocks.get(key, parse)

    def children(self, holders: Sequence[Holder]) -> list[list[BlockstoreUsageKey]]:
        """Return the usages of children of some blocks; their files are fetched at a time.

        A child that is not there has a usage, too, so that it can be said what is missing.
        """
        self._link_up(holders)
        targets = [
            [self._target(found, child) for child in children] for found, children in holders
        ]
        self.files.fetch(
            (each.contents, each.path)
            for some in targets
            for each in some
            if isinstance(each, _Target)
        )
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

    def states(self, usage_key: BlockstoreUsageKey) -> list[BundleContents]:
        """Return the states of all bundles through which one gets to a usage, its own the last.

        Raises:
            BlockNotFound: Nothing leads there any more.
            LearningContextNotFound, MountNotFound: There is nothing to start from.
            StorageError: The storage failed.
        """
        return self._bundles.along(usage_key)

    def mounted(self, usage_key: BlockstoreUsageKey) -> BundleContents | None:
        """Return what is mounted where the route of a usage begins; None if it is not there.

        Raises:
            LearningContextNotFound, MountNotFound: Nothing is mounted so.
            StorageError: The storage failed.
        """
        return self._bundles.mounted(usage_key.context_key, usage_key.route[0])

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
            block_type = self.files.document(target.contents, target.path).root.block_type
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


def _are_alike(block_type: str, other: str) -> bool:
    """Tell whether two types are one, by its older or newer name."""
    return block_type == other or {block_type, other} == {"unit", "vertical"}
