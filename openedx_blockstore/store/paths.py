"""Which paths and aliases a version may hold, and how they are spelt.

A path is relative, uses ``/``, and is kept in Unicode NFC, so that the NFD spelling some systems
produce finds the same file. It is compared code point by code point, but two paths of one version
may not be equal but for case, since many file systems could not hold both.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from openedx_blockstore.exceptions import InvalidPath, LimitExceeded

#: Where the contents of links appear; no file can be stored there.
LINKS_FOLDER = "links"
#: Where an export keeps metadata; no file can be stored there.
METADATA_FOLDER = ".blockstore"

_RESERVED = frozenset({LINKS_FOLDER, METADATA_FOLDER})
_MAX_ALIAS_LENGTH = 180


def normalize_path(path: str, *, max_length: int = 500) -> str:
    """Return a file's path as it is stored.

    Args:
        max_length: The characters it may have.

    Raises:
        InvalidPath: It is absolute, empty, or has a part that is empty, ``.``, ``..``, or holds a
            backslash or a control character; or it lies in a reserved folder.
        LimitExceeded: It is too long.
    """
    normalized = _normalize(path)
    if len(normalized) > max_length:
        raise LimitExceeded(
            f"Characters in the path {normalized[:60]}…",
            actual=len(normalized),
            limit=max_length,
            setting="MAX_PATH_LENGTH",
        )
    segments = normalized.split("/")
    for segment in segments:
        _check_segment(path, segment)
    if segments[0].casefold() in _RESERVED:
        raise InvalidPath(path, f"the folder {segments[0]}/ is reserved")
    return normalized


def normalize_alias(alias: str) -> str:
    """Return a link's alias as it is stored.

    Raises:
        InvalidPath: It is not a single path segment, or longer than 180 characters.
    """
    normalized = _normalize(alias)
    if "/" in normalized:
        raise InvalidPath(alias, "an alias is a single path segment, without a slash")
    if len(normalized) > _MAX_ALIAS_LENGTH:
        raise InvalidPath(alias, f"an alias has at most {_MAX_ALIAS_LENGTH} characters")
    _check_segment(alias, normalized)
    return normalized


def split_link_path(path: str) -> tuple[str, str] | None:
    """Split ``links/{alias}/{path}`` into alias and path; None for any other path."""
    folder, _, rest = unicodedata.normalize("NFC", path).partition("/")
    alias, _, path_there = rest.partition("/")
    return (alias, path_there) if folder == LINKS_FOLDER and alias and path_there else None


def link_path(alias: str) -> str:
    """Return the path under which a link's contents appear."""
    return f"{LINKS_FOLDER}/{alias}"


def case_clashes(paths: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of paths that could not stand side by side on every file system.

    These are paths that are equal but for case, and files in the place of another one's folder
    (``a`` and ``a/b``). Pairs are sorted; each path is named as the second of a pair once at most.
    """
    spelling: dict[str, str] = {}
    clashes: list[tuple[str, str]] = []
    ordered = sorted(paths)
    for path in ordered:
        known = spelling.setdefault(_fold(path), path)
        if known != path:
            clashes.append((known, path))
    for path in ordered:
        folders = _fold(path).split("/")[:-1]
        for length in range(1, len(folders) + 1):
            if file := spelling.get("/".join(folders[:length])):
                clashes.append((file, path))
                break
    return clashes


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())


def _normalize(path: str) -> str:
    if not isinstance(path, str):
        raise InvalidPath(path, f"it must be text, not {type(path).__name__}")
    if not path:
        raise InvalidPath(path, "it is empty")
    return unicodedata.normalize("NFC", path)


def _check_segment(path: str, segment: str) -> None:
    if segment == "":
        raise InvalidPath(path, "it is absolute, ends with a slash, or has two slashes in a row")
    if segment in (".", ".."):
        raise InvalidPath(path, "it has a part that is . or ..")
    if "\\" in segment:
        raise InvalidPath(path, "it holds a backslash; parts are separated by /")
    for character in segment:
        # Cc: control characters; Cs: halves of surrogate pairs, which UTF-8 can not hold.
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise InvalidPath(path, f"it holds the control character {character!r}")
