"""The blocks that stand inside one definition, and names for those that have none."""

from __future__ import annotations

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
    names: dict[etree._Element, str] = {}
    # First the ones that did not change, then, in their order, the ones that did.
    for is_exact in (True, False):
        for child in nameless:
            if child in names:
                continue
            for name, digest in free.items():
                is_like = name.startswith(f"{child.tag}-")
                if (digest == digests[child]) if is_exact else is_like:
                    names[child] = name
                    del free[name]
                    break
    taken |= {name.casefold() for name in names.values()}
    for child in nameless:
        if child not in names:
            names[child] = name_unnamed(child, key, taken)
            taken.add(names[child].casefold())
    return names, {names[child]: digests[child] for child in nameless}


def _points_to_file(child: etree._Element, files: Container[str]) -> bool:
    file = olx.file_of(str(child.tag), child.get("url_name", ""))
    return olx.is_pointer(child) and file in files


def _has_own_definition(parent: etree._Element, child: etree._Element) -> bool:
    """Tell whether an inline child gets a definition of its own, in which its children follow."""
    if parent.getparent() is not None:
        return False
    return parent.tag == "library" or (parent.tag == "sequential" and child.tag == "vertical")
