"""Files that blocks refer to: beside the block, at the bundle's root, then through the links.

Authors write ``/static/cat.png``, ``./cat.png`` or ``links/{alias}/cat.png``; browsers may have
what lies in a folder ``static``, so that is where it is looked for, too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

#: How references to files begin.
STATIC = "/static/"
LINKS = "links/"


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


def candidates(block_path: str, reference: str) -> Iterator[str]:
    """Return the paths at which a file may be, from the bundle of the block that refers to it.

    Args:
        block_path: The path of the block's file.
        reference: What its authors have written, without a query; ``./`` may be left out.
    """
    if reference.startswith(STATIC):
        yield from static_candidates(block_path, reference.removeprefix(STATIC))
        return
    for spelling in dict.fromkeys((reference, unquote(reference))):
        path = spelling.removeprefix("./")
        if any(part in {"", ".", ".."} for part in path.split("/")):
            continue
        if path.startswith(LINKS):
            _links, _slash, rest = path.partition("/")
            alias, _slash, rest = rest.partition("/")
            yield from (path, posixpath.join(LINKS, alias, "static", rest))
            continue
        for folder in dict.fromkeys((posixpath.dirname(block_path), "")):
            yield posixpath.join(folder, path)
            yield posixpath.join(folder, "static", path)


def is_servable(path: str) -> bool:
    """Tell whether a path is one that browsers may have."""
    return "static" in path.split("/")[:-1]
