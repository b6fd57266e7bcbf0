"""What is kept of a file's facts, so that the next version's can be compared with it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from openedx_blockstore.plugin_api.search_backends import Parent
from openedx_blockstore_search.indexing.known import Kind, KnownFile, KnownPart, Name
from openedx_blockstore_search.parts.files import FileFacts


def parts_of(facts: FileFacts, old: KnownFile) -> dict[str, KnownPart]:
    """Return the parts of a file, those that are new without a document; and old ones."""
    parts = dict(old.parts)
    for part in facts.parts:
        known = old.parts.get(part.key)
        parts[part.key] = KnownPart(
            part.key,
            part.type,
            part.title,
            part.language or "",
            part.around,
            known.first_version if known is not None else 0,
            known.digest if known is not None else "",
        )
    return parts


def names_of(facts: FileFacts) -> frozenset[Name]:
    """Return what a file and its parts refer to, by name."""
    found = {Name("", Kind.NAME.value, name) for name in _inside(facts.path, facts.names)}
    for part in facts.parts:
        found |= {Name(part.key, Kind.NAME.value, name) for name in _inside(facts.path, part.names)}
        if part.page is not None:
            found.add(Name(part.key, Kind.PAGE.value, part.page))
    found |= {Name(include.parent, Kind.INCLUDE.value, include.path) for include in facts.includes}
    return frozenset(found)


def _inside(path: str, names: Iterable[str]) -> Iterator[str]:
    """Yield names without two dots: those that lead up from a file are paths in its bundle."""
    for name in names:
        inner = name
        if name.startswith("../"):
            inner = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if not inner.startswith(".."):
            yield inner


def places_of(file: KnownFile, outside: Sequence[Parent]) -> set[tuple[str, tuple[str, ...]]]:
    """Return what a file includes, and what is around that: keys, types, titles, languages."""
    above = [text for each in outside for text in (each.key, each.type, each.title)]
    places = set()
    for name in file.names:
        if name.kind == Kind.INCLUDE and name.part in file.parts:
            part = file.parts[name.part]
            inner = [file.parts[key] for key in (*part.around, part.key) if key in file.parts]
            around = [
                text for each in inner for text in (each.key, each.type, each.title, each.language)
            ]
            places.add((name.name, (*above, *around)))
    return places
