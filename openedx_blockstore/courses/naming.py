"""The blocks that stand inside one definition, and names for those that have none."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Container, Mapping

from lxml import etree

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.identity import BlockKey, content_digest, name_unnamed

#: Elements below a container that only group blocks.
_GROUPS = frozenset({"show", "group"})

#: Elements below a container that are no blocks.
_NOT_BLOCKS = olx.SETTING_TAGS | _GROUPS | {olx.INCLUDE_TAG}


def is_outline_child(child: etree._Element) -> bool:
    """Tell whether a child of a course or chapter is part of the outline, and no setting."""
    tag = str(child.tag)
    if tag in _NOT_BLOCKS or not olx.is_block_name(tag):
        return False
    return tag in olx.KNOWN_TAGS or child.get("url_name") is not None


def list_blocks(element: etree._Element, files: Container[str]) -> list[etree._Element]:
    """List the blocks below a container that stand in the same definition, outermost first.

    Below a course or chapter only its children are listed; theirs follow when those are loaded.

    Args:
        files: The paths of the export, to tell pointers inside unknown blocks from other elements.
    """
    if element.tag == "course":
        return [child for child in olx.elements(element) if is_outline_child(child)]
    if element.tag == "chapter":  # which has no settings
        return [child for child in olx.elements(element) if olx.is_block_name(str(child.tag))]
    found: list[etree._Element] = []
    pending = [element]
    while pending:
        parent = pending.pop()
        below = []
        for child in olx.elements(parent):
            tag = str(child.tag)
            if tag in _GROUPS:
                below.append(child)
                continue
            if tag in _NOT_BLOCKS or not olx.is_block_name(tag):
                continue
            if parent.tag in olx.CONTAINER_TAGS | _GROUPS or _points_to_file(child, files):
                found.append(child)
            if tag not in olx.LEAF_TAGS and not _has_own_definition(parent, child):
                below.append(child)
        pending.extend(reversed(below))
    return found


def name_blocks(
    children: list[etree._Element], key: BlockKey, before: Mapping[str, str]
) -> tuple[dict[etree._Element, str], dict[str, str]]:
    """Name the blocks inside one definition that have no name.

    Args:
        children: The blocks, in document order.
        key: Of the definition.
        before: The names that the last import made up here, with the digests of their contents.

    Returns:
        The nameless blocks with their names; and these names with the digests of the contents.
    """
    nameless = [child for child in children if not child.get("url_name")]
    taken = {child.get("url_name", "").casefold() for child in children} - {""}
    digests = {child: content_digest(child) for child in nameless}
    free = {name: digest for name, digest in before.items() if name.casefold() not in taken}
    names = _names_from_before(nameless, digests, free)
    taken |= {name.casefold() for name in names.values()}
    numbers: Counter[str] = Counter()
    for child in nameless:
        if child not in names:
            base = name = name_unnamed(child, key)
            while name.casefold() in taken:
                numbers[base] += 1
                name = f"{base}-{numbers[base] + 1}"
            names[child] = name
            taken.add(name.casefold())
    return names, {names[child]: digests[child] for child in nameless}


def _names_from_before(
    nameless: list[etree._Element],
    digests: Mapping[etree._Element, str],
    free: Mapping[str, str],
) -> dict[etree._Element, str]:
    """Find again what the last import named.

    First the blocks that did not change, then, in their order, those that did.
    """
    by_digest: dict[str, deque[str]] = defaultdict(deque)
    for name, digest in free.items():
        by_digest[digest].append(name)
    names: dict[etree._Element, str] = {}
    for child in nameless:
        if same := by_digest.get(digests[child]):
            names[child] = same.popleft()
    used = set(names.values())
    rest = [name for name in free if name not in used]
    tags = {str(child.tag) for child in nameless}
    by_tag = {tag: deque(n for n in rest if n.startswith(f"{tag}-")) for tag in tags}
    for child in nameless:
        like = by_tag[str(child.tag)]
        while child not in names and like:
            name = like.popleft()
            if name not in used:
                names[child] = name
                used.add(name)
    return names


def _points_to_file(child: etree._Element, files: Container[str]) -> bool:
    file = olx.file_of(str(child.tag), child.get("url_name", ""))
    return olx.is_pointer(child) and file in files


def _has_own_definition(parent: etree._Element, child: etree._Element) -> bool:
    """Tell whether an inline child gets a definition of its own, in which its children follow."""
    if parent.getparent() is not None:
        return False
    return parent.tag == "library" or (parent.tag == "sequential" and child.tag == "vertical")
