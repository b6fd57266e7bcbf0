"""All parts of a version, each with what is around it, in whichever file that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from openedx_blockstore.plugin_api import BundleContents, Part
from openedx_blockstore_search.parts.blocks import FilePart
from openedx_blockstore_search.parts.files import FileFacts, read_facts

#: Files in files in files: more is no course, and no circle.
MAX_NESTING = 20


def extract_parts(contents: BundleContents) -> Iterator[Part]:
    """Yield the parts of a version, those around others first.

    It bears every kind of bytes: what can not be read as OLX is a part that is nothing but text.

    Raises:
        StorageError: The storage failed.
    """
    facts = {
        path: found
        for path in contents.files
        if path.endswith(".xml") and (found := read_facts(contents, path)).parts
    }
    places = find_places(facts.values())
    languages = {part.key: part.language for file in facts.values() for part in file.parts}
    for path in in_order(facts, places):
        around = place_of(path, places, facts)
        language = next(filter(None, (languages.get(key) for key in reversed(around))), None)
        for part in facts[path].parts:
            yield as_part(part, path, around, language)


def languages_of(part: FilePart, language: str | None) -> tuple[str, ...]:
    """Return all languages of a part, the main one first.

    Args:
        language: What something around its file is in.
    """
    main = part.language or language
    return tuple(dict.fromkeys([*filter(None, [main]), *part.languages]))


def as_part(
    part: FilePart, path: str, around: tuple[str, ...], language: str | None = None
) -> Part:
    """Return a part as plugins know it.

    Args:
        around: The keys of what is around its file.
        language: What something of that is in.
    """
    return Part(
        key=part.key,
        type=part.type,
        path=path,
        title=part.title,
        text=part.text,
        parents=(*around, *part.around),
        languages=languages_of(part, language),
        traits=dict(part.traits),
        references=part.names if part.page is None else tuple(sorted({*part.names, part.page})),
    )


#: Where a file is included: the file that does it, and the key of the part there.
Place = tuple[str, str]


def find_places(facts: Iterable[FileFacts]) -> dict[str, list[Place]]:
    """Return where each definition is included, sorted."""
    places: dict[str, set[Place]] = defaultdict(set)
    for file in facts:
        for include in file.includes:
            places[include.path].add((file.path, include.parent))
    return {path: sorted(found) for path, found in places.items()}


def place_of(
    path: str, places: Mapping[str, list[Place]], facts: Mapping[str, FileFacts]
) -> tuple[str, ...]:
    """Return the keys of what is around a file, the outermost first.

    A file that is included in several places counts where it is included first.
    """
    around: list[str] = []
    seen = {path}
    while len(seen) <= MAX_NESTING:
        place = next((each for each in places.get(path, ()) if each[0] not in seen), None)
        if place is None:
            break
        path, key = place
        seen.add(path)
        inner = next((part.around for part in facts[path].parts if part.key == key), ())
        around[:0] = [*inner, key]
    return tuple(around)


def in_order(facts: Mapping[str, FileFacts], places: Mapping[str, list[Place]]) -> Iterator[str]:
    """Yield the files with those around others first, and otherwise sorted."""
    done: set[str] = set()
    for top in [*(path for path in sorted(facts) if not places.get(path)), *sorted(facts)]:
        pending = [top]
        while pending:
            path = pending.pop()
            if path in done or path not in facts:
                continue
            done.add(path)
            yield path
            pending += [include.path for include in reversed(facts[path].includes)]
