"""Blocks that keep what learners do: which of the version before are gone, and where they went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from openedx_blockstore_validation.blocks import Block, likeness
from openedx_blockstore_validation.report import Report, quoted

#: How much of two blocks must be the same for one to be the other under a new id.
LIKENESS = 0.7

#: Pairs of blocks that are compared word by word at most, so that a version in which everything is
#: new takes no longer than its size says.
_MAX_COMPARED = 20_000


def check_state(gone: Mapping[str, Block], new: Mapping[str, Block], report: Report) -> None:
    """Add findings on blocks that learners have worked with and that are not there any more.

    Args:
        gone: Identity → block that keeps state, and is in the previous version alone.
        new: Those that are in this version alone.
    """
    if not gone:
        return
    successors = _find_successors(gone, new)
    for key, block in gone.items():
        if key in successors:
            new_key, successor = successors[key]
            report.add(
                "state-block-renamed",
                successor.path,
                f"The {successor.tag} {quoted(new_key)} was {quoted(key)} in the previous version.",
                successor.line,
            )
        else:
            report.add(
                "state-block-removed",
                block.path,
                f"The {block.tag} {quoted(key)} of the previous version is gone.",
            )


def _find_successors(
    gone: Mapping[str, Block], new: Mapping[str, Block]
) -> dict[str, tuple[str, Block]]:
    """Find the blocks that say what those that are gone said: first exactly, then nearly."""
    successors = _find_equal(gone, new)
    taken = {key for key, _block in successors.values()}
    rest: dict[str, list[tuple[str, Block]]] = defaultdict(list)
    for key, block in new.items():
        if key not in taken:
            rest[block.tag].append((key, block))
    compared = 0
    for key, block in gone.items():
        if key in successors:
            continue
        like = rest[block.tag]
        compared += len(like)
        if compared > _MAX_COMPARED:
            break
        best = _most_alike(block, like)
        if best is not None:
            successors[key] = best
            like.remove(best)
    return successors


def _find_equal(
    gone: Mapping[str, Block], new: Mapping[str, Block]
) -> dict[str, tuple[str, Block]]:
    equal: dict[tuple[str, str], list[tuple[str, Block]]] = defaultdict(list)
    for key, block in reversed(list(new.items())):
        if block.digest:
            equal[block.tag, block.digest].append((key, block))
    found = {}
    for key, block in gone.items():
        if candidates := equal.get((block.tag, block.digest)):
            found[key] = candidates.pop()
    return found


def _most_alike(block: Block, candidates: Iterable[tuple[str, Block]]) -> tuple[str, Block] | None:
    rated = [(likeness(block.words, other.words), key, other) for key, other in candidates]
    best = max(rated, key=lambda each: each[0], default=None)
    return (best[1], best[2]) if best is not None and best[0] >= LIKENESS else None
