"""What there is to choose from: the blocks of a container, and those of libraries it draws from.

Nothing of a pool is read but its OLX, and that of the libraries: what is chosen is read afterwards.
"""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Collection, Iterator, Sequence

from attrs import evolve, frozen
from cachetools import LRUCache

from openedx_blockstore.exceptions import BlockstoreError
from openedx_blockstore_xblock.authored import InlineChild, ParsedBlock
from openedx_blockstore_xblock.blocks.containers import LibraryBlock
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.loading import BlockLoader, FoundBlock
from openedx_blockstore_xblock.olx import Include
from openedx_blockstore_xblock.plugin_api import ChoiceOption

#: The file of a library's bundle that includes all of its blocks.
_LIBRARY_FILE = "library.xml"

#: Libraries inside one another.
_MAX_DEPTH = 5

#: By the digest of a file, and a block's id in it: how its problem is answered. It is small.
_response_types: LRUCache[tuple[str, str], frozenset[str]] = LRUCache(20_000)
_lock = threading.Lock()


@frozen(eq=False)
class PoolBlock:
    """A block that may be chosen.

    Attributes:
        holder: In whose file it stands, or is included: the container, or a library.
    """

    option: ChoiceOption
    holder: FoundBlock
    child: Include | InlineChild

    @property
    def key(self) -> str:
        """What it is called in choices."""
        return self.option.key


@frozen(eq=False)
class Pool:
    """Blocks to choose from, each once, in the authors' order."""

    blocks: tuple[PoolBlock, ...]

    def __len__(self) -> int:
        return len(self.blocks)

    def find(self, key: str) -> PoolBlock | None:
        """Return a block by its key; None where it is not in the pool."""
        return next((each for each in self.blocks if each.key == key), None)

    def select(self, keys: Collection[str]) -> tuple[PoolBlock, ...]:
        """Return blocks by their keys, in the order of these."""
        known = {each.key: each for each in self.blocks}
        return tuple(known[key] for key in keys if key in known)

    def without(self, blocks: Sequence[PoolBlock]) -> Pool:
        """Return the same without some blocks."""
        gone = {each.key for each in blocks}
        return evolve(self, blocks=tuple(each for each in self.blocks if each.key not in gone))


def gather(loader: BlockLoader, found: FoundBlock, parsed: ParsedBlock) -> Pool:
    """Return what a container has to choose from.

    An include of a library stands for all of its blocks.
    """
    blocks: dict[str, PoolBlock] = {}
    for block in _gather(loader, found, parsed, depth=0):
        blocks.setdefault(block.key, block)
    return Pool(tuple(blocks.values()))


def _gather(
    loader: BlockLoader, found: FoundBlock, parsed: ParsedBlock, *, depth: int
) -> Iterator[PoolBlock]:
    for child in parsed.children:
        if not _is_library(child) or depth == _MAX_DEPTH:
            yield PoolBlock(_option(found, child), found, child)
            continue
        try:
            ((usage_key,),) = loader.children([(found, [child])])
            library = loader.find(usage_key)
            inside = loader.parse(library, LibraryBlock)
        except BlockstoreError:
            # It is drawn from no more than other blocks that are not there; authors are told.
            yield PoolBlock(_option(found, child), found, child)
            continue
        yield from _gather(loader, library, inside, depth=depth + 1)


def _is_library(child: Include | InlineChild) -> bool:
    return isinstance(child, Include) and posixpath.basename(child.path) == _LIBRARY_FILE


def _option(found: FoundBlock, child: Include | InlineChild) -> ChoiceOption:
    holder = found.usage_key
    if isinstance(child, InlineChild):
        block_type, uuid, path, inner = child.block_type, holder.bundle_uuid, holder.path, None
        inner = child.inner_id
    else:
        target = found.contents.links.get(child.source)
        uuid = target.bundle_uuid if target is not None else holder.bundle_uuid
        block_type, path, inner = child.guessed_type, child.path, ""
    usage_key = BlockstoreUsageKey(
        holder.context_key, block_type, uuid, path, inner, route=holder.route
    )
    return ChoiceOption(usage_key.block_digest, block_type, uuid, path)


def answered_by(loader: BlockLoader, pool: Pool, response_type: str) -> Pool:
    """Return those blocks of a pool that are problems which are answered in a way.

    Args:
        response_type: A tag of OLX, such as ``multiplechoiceresponse``.
    """
    digests = [
        digest
        for (digest,) in loader.digests([(each.holder, [each.child]) for each in pool.blocks])
    ]
    names = [
        (digest, each.child.inner_id if isinstance(each.child, InlineChild) else "")
        for digest, each in zip(digests, pool.blocks, strict=True)
        if digest is not None
    ]
    there = [each for digest, each in zip(digests, pool.blocks, strict=True) if digest is not None]
    with _lock:
        known = {name: _response_types[name] for name in names if name in _response_types}
    unknown = [(name, each) for name, each in zip(names, there, strict=True) if name not in known]
    usages = loader.children([(each.holder, [each.child]) for _name, each in unknown])
    for (name, _each), (usage_key,) in zip(unknown, usages, strict=True):
        known[name] = _read_response_types(loader, usage_key)
    with _lock:
        _response_types.update(known)
    return Pool(
        tuple(each for name, each in zip(names, there, strict=True) if response_type in known[name])
    )


def _read_response_types(loader: BlockLoader, usage_key: BlockstoreUsageKey) -> frozenset[str]:
    try:
        element = loader.find(usage_key).element.element
    except BlockstoreError:
        return frozenset()
    if element.tag != "problem":
        return frozenset()
    return frozenset(str(each.tag) for each in element.iter() if str(each.tag).endswith("response"))
