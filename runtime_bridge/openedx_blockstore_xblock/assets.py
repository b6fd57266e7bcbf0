"""Files that blocks refer to: beside the block, at the bundle's root, then through the links."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote


def static_candidates(block_path: str, name: str) -> Iterator[str]:
    """Return the paths in its own bundle at which a file may be that a block calls ``/static/…``.

    Args:
        block_path: The path of the block's file.
        name: What follows ``/static/``, as it is or percent-encoded.
    """
    beside = posixpath.dirname(block_path)
    for spelling in dict.fromkeys((name, unquote(name))):
        if any(part in {"", ".", ".."} for part in spelling.split("/")):
            continue
        yield from dict.fromkeys(
            (posixpath.join(beside, "static", spelling), posixpath.join("static", spelling))
        )
