"""How the files of a bundle hang together: definitions, includes, pointers, pages, transcripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from openedx_blockstore_validation.blocks import Block, Include
from openedx_blockstore_validation.olx import Element
from openedx_blockstore_validation.places import DEFINITION, Places, definition_path, is_unused
from openedx_blockstore_validation.report import Report, quoted
from openedx_blockstore_validation.vocabulary import POINTERS

#: Bundle type → the files of which one defines the bundle's block, and the roots that it may have.
_MAIN: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "problem": (("problem.xml",), frozenset({"problem"})),
    "unit": (("unit.xml", "vertical.xml"), frozenset({"unit", "vertical"})),
    "sequence": (("sequence.xml", "sequential.xml"), frozenset({"sequence", "sequential"})),
    "video": (("video.xml",), frozenset({"video", "videoalpha"})),
    "library": (("library.xml",), frozenset({"library"})),
    "course": (("course.xml", "navigation.json"), frozenset({"course"})),
}

#: Folder → the tags that a definition in it may have, where that is not just the folder's name.
_FOLDERS: Mapping[str, frozenset[str]] = {
    "units": frozenset({"unit", "vertical"}),
    "unit": frozenset({"unit", "vertical"}),
    "vertical": frozenset({"unit", "vertical"}),
    "sequence": frozenset({"sequence", "sequential"}),
    "sequential": frozenset({"sequence", "sequential"}),
}


def check_main(places: Places, roots: Mapping[str, Block | None], report: Report) -> None:
    """Look for the file that makes a bundle what its type says."""
    known = _MAIN.get(places.contents.bundle_type)
    if known is None or not places.files or places.layout == "export":
        return
    names, tags = known
    if any(name in places.files for name in names):
        return
    if any(root is not None and root.tag in tags for root in roots.values()):
        return  # of another name, which is as good
    report.add(
        "no-definition",
        "",
        f"A bundle of the type {quoted(places.contents.bundle_type)} has no {names[0]}.",
    )


def check_root(root: Block, places: Places, report: Report) -> None:
    """Compare the root of a file with what its path says."""
    expected = _expected_tags(root.path, places)
    if expected and root.tag not in expected and not is_unused(root.path):
        wanted = " or ".join(f"<{tag}>" for tag in sorted(expected))
        report.add(
            "wrong-definition",
            root.path,
            f"Its root is <{root.tag}>, and not {wanted}.",
            root.line,
        )


def _expected_tags(path: str, places: Places) -> frozenset[str]:
    folder, _, name = path.rpartition("/")
    if not folder:
        for names, tags in _MAIN.values():
            if name in names:
                return tags
        return frozenset()
    if (name == DEFINITION and "/" in folder) or places.layout == "export" or folder == "units":
        kind = folder.split("/")[0]
    else:
        return frozenset()
    if places.layout == "export" and kind not in POINTERS | {"course"}:
        return frozenset()
    return _FOLDERS.get(kind, frozenset({kind}))


def check_includes(includes: Iterable[Include], places: Places, report: Report) -> None:
    """Look for what includes name, and for blocks that would contain themselves."""
    edges: dict[str, list[Include]] = {}
    for include in includes:
        if include.source and include.source not in places.contents.links:
            report.add(
                "broken-link",
                include.path,
                f"There is no link {quoted(include.source)}.",
                include.line,
            )
            continue
        found = places.find_definition(include.definition, include.source)
        if found is None:
            where = f" behind the link {quoted(include.source)}" if include.source else ""
            path = definition_path(include.definition)
            report.add(
                "broken-link" if include.source else "missing-block",
                include.path,
                f"There is no file {quoted(path)}{where}.",
                include.line,
            )
        elif not include.source:
            edges.setdefault(include.path, []).append(include)
    for include in _closing(edges, places):
        report.add(
            "include-cycle",
            include.path,
            f"{quoted(include.definition)} leads back to this file.",
            include.line,
        )


def _closing(edges: Mapping[str, list[Include]], places: Places) -> Iterator[Include]:
    """Yield the includes that close a circle; each file is visited once."""
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        path_set, stack = {start}, [(start, iter(edges[start]))]
        while stack:
            current, rest = stack[-1]
            include = next(rest, None)
            if include is None:
                stack.pop()
                path_set.discard(current)
                done.add(current)
                continue
            target = places.find_definition(include.definition)
            if target in path_set:
                yield include
            elif target is not None and target not in done and target in edges:
                path_set.add(target)
                stack.append((target, iter(edges[target])))


def settle_pointers(blocks: Iterable[Block], places: Places) -> None:
    """Decide which blocks stand for files: some consist of nothing but their name."""
    for block in blocks:
        if block.tag == "course":
            block.is_pointer = block.is_empty and (
                places.find_pointed("course", block.name) not in {None, block.path}
                or (block.is_pointer and places.layout == "export")
            )
        elif block.is_pointer and block.tag not in POINTERS:
            block.is_pointer = places.find_pointed(block.tag, block.name) is not None


def check_pointers(blocks: Iterable[Block], places: Places, report: Report) -> None:
    """Look for the files that elements with nothing but a name stand for."""
    for block in blocks:
        if not block.is_pointer or (block.is_root and block.tag != "course"):
            continue
        if places.find_pointed(block.tag, block.name) is None and not is_unused(block.path):
            file = f"{block.tag}/{block.name.replace(':', '/')}.xml"
            report.add("missing-block", block.path, f"There is no file {quoted(file)}.", block.line)


def check_pages(blocks: Iterable[Block], places: Places, report: Report) -> None:
    """Look for the pages of ``html`` blocks."""
    for block in blocks:
        name = block.settings.get("filename", "")
        is_page = block.tag == "html" and name and block.is_empty and not is_unused(block.path)
        if is_page and not places.find_page(block.path, name):
            page = quoted(f"{name.replace(':', '/')}.html")
            report.add("missing-page", block.path, f"There is no page {page}.", block.line)


def check_transcripts(video: Element, path: str, places: Places, report: Report) -> None:
    """Look for the transcripts of a video."""
    for name in dict.fromkeys(_transcripts(video)):
        if not places.find_static(path, name.removeprefix("/static/")):
            report.add("missing-transcript", path, f"There is no file {quoted(name)}.", video.line)


def _transcripts(video: Element) -> Iterator[str]:
    if sub := video.attributes.get("sub"):
        yield f"subs_{sub}.srt.sjson"
    try:
        given = json.loads(video.attributes.get("transcripts") or "{}")
    except (ValueError, RecursionError):
        given = {}
    for name in given.values() if isinstance(given, dict) else ():
        if isinstance(name, str) and name:
            yield name
    for child in video.children:
        source = child.attributes.get("src", "")
        if child.tag == "transcript" and source and "://" not in source:
            yield source
