"""The files of the bundles of blocks: definitions, pages, and includes in place of children."""

from __future__ import annotations

import posixpath

from attrs import define

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.blocks import Block, Course, Slot
from openedx_blockstore.courses.documents import take_policy
from openedx_blockstore.courses.identity import (
    BlockKey,
    make_origin,
    safe_path,
)
from openedx_blockstore.courses.placing import DEFINITION_FILE, UNITS_FOLDER, Home, Placement
from openedx_blockstore.courses.plan import Contents, ExportFile, PlannedBundle
from openedx_blockstore.courses.reader import CourseExport

#: Titles of bundles are cut to this many characters.
MAX_TITLE_LENGTH = 180

#: Blocks that can have attributes of a course's run.
_WITH_POLICY = frozenset({"sequential", "vertical"})


@define
class BlockBundles:
    """What came of the blocks.

    Attributes:
        bundles: Key → bundle, in the order of the course.
        policy: Block → the attributes that belong to the run.
        places: Export file → bundle and path.
    """

    bundles: dict[BlockKey, PlannedBundle]
    policy: dict[BlockKey, dict[str, str]]
    places: dict[str, tuple[BlockKey, str]]


def plan_block_bundles(export: CourseExport, course: Course, placement: Placement) -> BlockBundles:
    """Write the definitions of all blocks into their bundles."""
    made = BlockBundles({}, {}, {})
    by_key = {block.key: block for block in course.blocks}
    for key, bundle_type in placement.types.items():
        made.bundles[key] = PlannedBundle(
            key=key,
            type=bundle_type,
            title=_title(course, by_key.get(key), key),
            origin=make_origin(course.org, course.course, key),
        )
    for block in course.blocks:
        home = placement.homes[block]
        bundle = made.bundles[home.bundle]
        for slot in block.children:
            target = by_key.get(placement.homes[slot.child].bundle, slot.child)
            _fill_include(slot, bundle, home, placement, course.title_of(target))
        bundle.add(home.path, _definition(export, course, block, home, made), original=block.source)
        if block.file is not None:
            made.places.setdefault(block.file, (home.bundle, home.path))
        folder = posixpath.dirname(home.path)
        if folder == UNITS_FOLDER:
            folder = ""
        for attachment in block.attachments:
            path = posixpath.join(folder, safe_path(attachment.name, folder=folder))
            contents = ExportFile(attachment.file)
            path = bundle.add(path, contents, original=attachment.file)
            made.places.setdefault(attachment.file, (home.bundle, path))
    return made


def default_name(path: str) -> str:
    """Return the name of a block that follows from the path of its definition; may be empty."""
    folder, file = posixpath.split(path)
    if file == DEFINITION_FILE:
        return folder.partition("/")[2]
    return file.removesuffix(".xml") if folder == UNITS_FOLDER else ""


def _fill_include(
    slot: Slot,
    bundle: PlannedBundle,
    home: Home,
    placement: Placement,
    title: str,
) -> None:
    target = placement.homes[slot.child]
    folder, file = posixpath.split(target.path)
    short = file == DEFINITION_FILE and folder.count("/") == 1
    slot.include.attrib.clear()
    slot.include.set("definition", folder if short else target.path)
    if target.bundle != home.bundle:
        slot.include.set("source", bundle.link(title, target.bundle))
    if default_name(target.path) != slot.child.url_name:
        slot.include.set("usage", slot.child.url_name)


def _definition(
    export: CourseExport, course: Course, block: Block, home: Home, made: BlockBundles
) -> Contents:
    """Return the contents of a definition: the file as it is, wherever nothing had to change."""
    element = block.element
    if element is None:
        assert block.file is not None, "only files can be unreadable"
        return ExportFile(block.file)
    is_changed = block.is_inline or bool(block.children) or block.key in course.unnamed
    has_policy = block.key.tag in _WITH_POLICY and course.kind == "course"
    if has_policy and (policy := take_policy(element)):
        made.policy[block.key] = policy
        is_changed = True
    if is_unit(block.key, home.path):
        element.tag = "unit"
        is_changed = True
    if block.file is None:
        return olx.dump_olx(element)
    return olx.dump_olx(element, export.read(block.file)) if is_changed else ExportFile(block.file)


def is_unit(key: BlockKey, path: str) -> bool:
    """Tell whether a definition is a unit of a sequence, or one that stands for itself."""
    is_place = path == "unit.xml" or posixpath.dirname(path).split("/")[0] == UNITS_FOLDER
    return key.tag == "vertical" and is_place


def _title(course: Course, main: Block | None, key: BlockKey) -> str:
    title = "" if main is None else course.title_of(main)
    return (title or key.name)[:MAX_TITLE_LENGTH]
