"""The bundle of the course itself: navigation, policy, layout, and all that belongs to no block."""

from __future__ import annotations

from lxml import etree

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.block_bundles import MAX_TITLE_LENGTH
from openedx_blockstore.courses.blocks import Course, OutlineNode
from openedx_blockstore.courses.documents import (
    LAYOUT_FILE,
    NAVIGATION_FILE,
    OWN_ALIAS,
    POLICY_FILE,
    Layout,
    NavigationChapter,
    NavigationItem,
    chapter_title,
    take_policy,
    write_document,
    write_layout,
    write_navigation,
)
from openedx_blockstore.courses.identity import BlockKey, make_origin, safe_path
from openedx_blockstore.courses.paths import course_path, export_path
from openedx_blockstore.courses.placing import Placement
from openedx_blockstore.courses.plan import ExportFile, PlannedBundle

COURSE_FILE = "course.xml"


def start_course_bundle(course: Course) -> PlannedBundle:
    """Return the course's bundle, still empty."""
    return PlannedBundle(
        key=course.key,
        type=course.kind,
        title=course.title[:MAX_TITLE_LENGTH],
        origin=make_origin(course.org, course.course, course.key),
    )


def add_course_files(
    bundle: PlannedBundle,
    course: Course,
    policy: dict[BlockKey, dict[str, str]],
    places: dict[str, tuple[BlockKey, str]],
) -> None:
    """Add the course element and the policy document.

    Args:
        policy: What was taken from sequences and units; gains that of chapters and the course.
    """
    for node in course.outline:
        if node.is_chapter:
            own = {k: v for k, v in sorted(node.attributes.items()) if k != "display_name"}
            if own:
                policy[BlockKey("chapter", node.name)] = own
    if own := take_policy(course.element):
        policy[course.key] = own
    tidy_children(course.element)
    bundle.add(COURSE_FILE, olx.dump_olx(course.element), original=COURSE_FILE)
    settings = {str(key): policy[key] for key in sorted(policy)}
    document = write_document(POLICY_FILE, {"settings": settings})
    bundle.add(POLICY_FILE, document, original=POLICY_FILE)
    for file in course.consumed:
        is_outline = file.startswith("chapter/")
        places[file] = (bundle.key, NAVIGATION_FILE if is_outline else COURSE_FILE)


def add_other_files(
    bundle: PlannedBundle, paths: list[str], places: dict[str, tuple[BlockKey, str]]
) -> None:
    """Add the files of an export that belong to no block, at their own paths."""
    for path in sorted(paths):
        target = bundle.add(safe_path(course_path(path)), ExportFile(path), original=path)
        places[path] = (bundle.key, target)


def tidy_children(element: etree._Element, *, depth: int = 0) -> None:
    """Put the children of an element on lines of their own, as the platform writes them.

    Args:
        depth: How many elements the element itself stands in.
    """
    children = list(element)
    if not children:
        if not (element.text or "").strip():
            element.text = None
        return
    outer = "\n" + "  " * depth
    element.text = f"{outer}  "
    for child in children:
        child.tail = f"{outer}  "
    children[-1].tail = outer


def link_everything(bundle: PlannedBundle, course: Course, others: list[PlannedBundle]) -> None:
    """Link the course's bundle to every other one."""
    titles = {course_block.key: course.title_of(course_block) for course_block in course.blocks}
    for other in others:
        title = titles.get(other.key) or _alias_base(other)
        bundle.link(title, other.key)


def _alias_base(bundle: PlannedBundle) -> str:
    return f"{bundle.key.name}-{bundle.type}" if bundle.type == "assets" else bundle.key.name


def add_navigation(bundle: PlannedBundle, course: Course, placement: Placement) -> None:
    """Add the navigation document; the links must be there."""
    aliases = {link.target: alias for alias, link in bundle.links.items()}
    chapters: list[NavigationChapter] = []
    for node in course.outline:
        if node.is_chapter:
            title, is_untitled = chapter_title(node)
            shown = course.titles.get(node.key, title) if is_untitled else title
            chapter = NavigationChapter(node.name, shown, is_untitled)
            if node.url_name != node.name:
                chapter.url_name = node.url_name
            chapters.append(chapter)
            children = node.children
        else:
            if not chapters or chapters[-1].id is not None:
                chapters.append(NavigationChapter(None))
            chapter, children = chapters[-1], [node]
        chapter.sequences += [_item(child, course, placement, aliases) for child in children]
    document = write_navigation(course.title, chapters)
    bundle.add(NAVIGATION_FILE, document, original=NAVIGATION_FILE)


def _item(
    node: OutlineNode, course: Course, placement: Placement, aliases: dict[BlockKey, str]
) -> NavigationItem:
    if node.block is None:
        return NavigationItem(node.tag, node.url_name, node.url_name)
    home = placement.homes[node.block]
    return NavigationItem(
        type=node.tag,
        id=node.block.url_name,
        title=course.title_of(node.block) or node.url_name,
        link=aliases[home.bundle],
        file=home.path,
    )


def add_layout(
    bundle: PlannedBundle, course: Course, placement: Placement, others: list[PlannedBundle]
) -> None:
    """Add the layout document: what an export can not tell from the bundles."""
    aliases = {link.target: alias for alias, link in bundle.links.items()}
    aliases[bundle.key] = OWN_ALIAS
    is_pointer = course.kind == "course" and course.course_file != COURSE_FILE
    layout = Layout(
        kind=course.kind,
        org=course.org,
        course=course.course,
        run=course.run,
        root=course.root_attributes if is_pointer else {},
        is_pointer=is_pointer,
        leading=course.leading,
        bundles={alias: key for key, alias in aliases.items()},
        unnamed=_reached_names(course),
    )
    definitions = _add_blocks(layout, placement, aliases)
    sources = {
        (home.bundle, home.path): block.file
        for block, home in placement.homes.items()
        if block.file is not None
    }
    for node in course.outline:
        if node.is_chapter and node.file is None:
            layout.inline.append(node.key)
        if node.is_chapter and node.made_up:
            layout.nameless.append(node.key)
        if node.markup:
            layout.markup[node.key] = node.markup
    for owner in (bundle, *others):
        for path, contents in owner.files.items():
            if isinstance(contents, ExportFile):
                sources[owner.key, path] = contents.path
    for (key, path), file in sources.items():
        if export_path(path, key, definitions.get(key, {})) != file:
            layout.renamed[f"{aliases[key]}:{path}"] = file
    bundle.add(LAYOUT_FILE, write_layout(layout), original=LAYOUT_FILE)


def _add_blocks(
    layout: Layout, placement: Placement, aliases: dict[BlockKey, str]
) -> dict[BlockKey, dict[str, BlockKey]]:
    """Add all blocks to the layout; return the definitions in each bundle."""
    definitions: dict[BlockKey, dict[str, BlockKey]] = {}
    for block, home in placement.homes.items():
        definitions.setdefault(home.bundle, {})[home.path] = block.key
        layout.blocks[block.key] = f"{aliases[home.bundle]}:{home.path}"
        if block.is_inline:
            layout.inline.append(block.key)
        if block.made_up:
            layout.nameless.append(block.key)
    return definitions


def _reached_names(course: Course) -> dict[BlockKey, dict[str, str]]:
    known = {block.key for block in course.blocks} | {node.key for node in course.outline}
    known.add(course.key)
    return {key: names for key, names in course.unnamed.items() if key in known}
