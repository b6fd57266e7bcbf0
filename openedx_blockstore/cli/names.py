"""What files are called on this machine.

Paths on the server may hold whatever Unicode has but control characters and backslashes. Windows
knows reserved names and characters, and most file systems have names of at most 255 bytes. What
can not be called as on the server gets another name here, which the folder's state remembers, so
that it finds its way back. Nothing is left out, and no two files become one.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from openedx_blockstore.cli.digests import Digester

NameStyle = Literal["native", "portable"]

_MAX_BYTES = 240
_FORBIDDEN = frozenset('<>:"|?*%')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{name}{digit}" for name in ("com", "lpt") for digit in "0123456789¹²³"}
)
_PROBE = "probe:?|"


def local_names(paths: Iterable[str], *, style: NameStyle) -> dict[str, str]:
    """Return, by path, where files are kept here, for those that can not be kept as they are.

    Args:
        style: ``portable`` for names that Windows can have, too.
    """
    ordered = sorted(paths)
    taken = {fold(path) for path in ordered}
    seen: set[str] = set()
    names: dict[str, str] = {}
    for path in ordered:
        name = "/".join(_local(segment, style) for segment in path.split("/"))
        first = fold(path) not in seen
        seen.add(fold(path))
        if name == path and first:
            continue
        if fold(name) in taken:
            # Another one is called like that, or would be where case does not count.
            folder, slash, last = name.rpartition("/")
            name = f"{folder}{slash}{_shortened(last, path)}"
        taken.add(fold(name))
        names[path] = name
    return names


def _local(segment: str, style: NameStyle) -> str:
    name = _portable(segment) if style == "portable" else segment
    return name if len(name.encode()) <= _MAX_BYTES else _shortened(name, segment)


def _portable(segment: str) -> str:
    stem, dot, rest = segment.partition(".")
    if stem.rstrip(" ").casefold() in _DEVICES:
        stem = f"{stem[:-1]}{_escaped(stem[-1])}"
    name = stem + dot + rest
    name = "".join(_escaped(c) if c in _FORBIDDEN and c != "%" else c for c in name)
    if name[-1] in ". ":
        name = name[:-1] + _escaped(name[-1])
    return name


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _shortened(name: str, path: str) -> str:
    """Return a name that is short enough, and no other file's."""
    digester = Digester()
    digester.feed(path.encode())
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > 20:  # noqa: PLR2004
        stem, dot, suffix = name, "", ""
    kept = stem.encode()[: _MAX_BYTES // 2].decode(errors="ignore")
    return f"{kept}~{digester.digest[:12]}{dot}{suffix}"


def fold(path: str) -> str:
    """Return the same for names that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def stored_path(local: str, names: Mapping[str, str]) -> str:
    """Return the path on the server of a file that is here.

    Args:
        local: Its path here, with slashes.
        names: See :func:`local_names`.
    """
    normalized = unicodedata.normalize("NFC", local)
    for path, name in names.items():
        if unicodedata.normalize("NFC", name) == normalized:
            return path
    return normalized


def style_of(folder: Path) -> NameStyle:
    """Return which names the file system of a folder can have."""
    if os.name == "nt":
        return "portable"
    probe = folder / _PROBE
    try:
        probe.touch()
        found = _PROBE in os.listdir(folder)  # noqa: PTH208
        probe.unlink()
    except OSError:
        return "portable"
    return "native" if found else "portable"
