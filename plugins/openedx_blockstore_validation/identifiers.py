"""Identifiers of blocks: there, well-formed, and each for one block only.

In a bundle a block is known by its file and, below the root of the file, by its ``url_name``. In an
OLX export it is known by its type and its ``url_name``, wherever it stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from openedx_blockstore_validation.blocks import Block
from openedx_blockstore_validation.places import DEFINITION, Layout, is_unused
from openedx_blockstore_validation.report import Report, quoted

#: What a usage key can hold.
_NAME = re.compile(r"[\w.~:-]{1,255}")


def key_of(block: Block, layout: Layout) -> str:
    """Return the identity of a block with what learners do is kept; empty where it has none."""
    if layout == "bundle":
        if block.is_root:
            return block.path
        return f"{block.path}#{block.tag}/{block.name}" if block.name else ""
    name = _name_in_export(block) if block.is_root else block.name
    return f"{block.tag}/{name}" if name else ""


def _name_in_export(block: Block) -> str:
    """Return the name of a file's block: what points to it calls it by its path."""
    folder, _, file = block.path.partition("/")
    if folder == block.tag and file.endswith(".xml"):
        return file.removesuffix(".xml").removesuffix(f"/{DEFINITION[:-4]}").replace("/", ":")
    return block.name


def check_identifiers(
    blocks: Iterable[Block], layout: Layout, stateful: AbstractSet[str], report: Report
) -> None:
    """Add findings on the identifiers of all blocks of a bundle."""
    named: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for block in blocks:
        if not block.is_root and not block.name:
            _check_nameless(block, stateful, report)
        elif block.name and not _NAME.fullmatch(block.name):
            report.add(
                "malformed-id",
                block.path,
                f"{quoted(block.name)} can not be part of a usage key.",
                block.line,
            )
        # A pointer is no block of its own. In a bundle neither is the name of a root anybody's id.
        is_known_by_name = layout == "export" or not block.is_root
        if not block.is_pointer and is_known_by_name and not is_unused(block.path):
            name = _name_in_export(block) if block.is_root else block.name
            if name:
                named[block.tag, name].append(block)
    for same in named.values():
        _check_same(same, report)
    _check_ambiguous(named.values(), layout, report)


def _check_nameless(block: Block, stateful: AbstractSet[str], report: Report) -> None:
    if block.tag in stateful and not is_unused(block.path):
        report.add("missing-id", block.path, f"A <{block.tag}> without a url_name.", block.line)


def _check_same(blocks: list[Block], report: Report) -> None:
    """Look at the blocks of one type and name: they should be one, or at least the same."""
    first, *others = blocks
    paths = {first.path}
    for other in others:
        is_copy = other.path not in paths and bool(other.digest) and other.digest == first.digest
        paths.add(other.path)
        place = f"{first.path}, line {first.line}"
        if is_copy:
            report.add(
                "repeated-block",
                other.path,
                f"The same {other.label} stands in {quoted(place)}.",
                other.line,
            )
        else:
            report.add(
                "duplicate-id",
                other.path,
                f"Another {other.label} stands in {quoted(place)}.",
                other.line,
            )


def _check_ambiguous(groups: Iterable[list[Block]], layout: Layout, report: Report) -> None:
    """Look for blocks of several types with one name in one file of a bundle."""
    if layout == "export":
        return
    seen: dict[tuple[str, str], Block] = {}
    for block in (block for group in groups for block in group):
        first = seen.setdefault((block.path, block.name), block)
        if first.tag != block.tag:
            report.add(
                "ambiguous-id",
                block.path,
                f"A <{first.tag}> in line {first.line} has the same url_name {quoted(block.name)}.",
                block.line,
            )


def labelled(blocks: Iterable[Block], layout: Layout) -> Iterator[tuple[str, Block]]:
    """Yield the blocks that have an identity, with it."""
    for block in blocks:
        if not block.is_pointer and (key := key_of(block, layout)):
            yield key, block
