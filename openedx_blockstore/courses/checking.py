"""Checking a course for what its author should know: references that lead nowhere, unknown blocks.

The texts of the export itself are searched, so that a finding has the author's file and line.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.assets import STATIC_FOLDER, AssetIndex
from openedx_blockstore.courses.blocks import Course
from openedx_blockstore.courses.definitions import index_assets
from openedx_blockstore.courses.findings import FindingCollector, quoted
from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.naming import list_blocks
from openedx_blockstore.courses.paths import OTHER_FOLDER
from openedx_blockstore.courses.reader import CourseExport
from openedx_blockstore.courses.references import (
    find_asset_references,
    find_block_references,
    hide_secrets,
    is_text,
)

#: What is not searched: other people's scripts, and lists of assets.
_SKIPPED_FOLDERS = (STATIC_FOLDER, "policies/assets.json", "assets/")


def check_course(
    export: CourseExport,
    course: Course,
    places: Mapping[str, tuple[BlockKey, str]],
    findings: FindingCollector,
) -> None:
    """Add findings on references, unknown blocks and files that no block uses."""
    names = _known_names(course)
    assets = index_assets(export)
    for path, file in export.files.items():
        if path.startswith(_SKIPPED_FOLDERS) or not is_text(path, file.stat().st_size):
            continue
        text = hide_secrets(file.read_bytes().decode("utf-8", "replace"))
        _check_assets(path, text, assets, findings)
        _check_blocks(path, text, course, names, findings)
    _check_tags(course, findings)
    _check_unused(course, findings, places)


def _known_names(course: Course) -> set[str]:
    """Return every name that a link can lead to: of blocks, inline ones too, and chapters."""
    names = {course.run}
    for node in course.outline:
        names.add(node.url_name)
    for block in course.blocks:
        names |= {block.url_name, block.key.name}
        if block.element is not None:
            names |= {
                element.get("url_name", "")
                for element in block.element.iter()
                if olx.is_element(element)
            }
    return names


def _check_assets(path: str, text: str, assets: AssetIndex, findings: FindingCollector) -> None:
    for reference in find_asset_references(text, assets):
        if reference.asset is None:
            findings.warning(
                "dangling-asset",
                path,
                f"There is no asset {quoted(reference.name)} in static/.",
                reference.line,
            )


def _check_blocks(
    path: str, text: str, course: Course, names: set[str], findings: FindingCollector
) -> None:
    for reference in find_block_references(text, course.org, course.course):
        if reference.name not in names:
            findings.warning(
                "dangling-link",
                path,
                f"There is no block {quoted(reference.name)} in the course.",
                reference.line,
            )
        elif reference.tag is not None:
            findings.info(
                "usage-key",
                path,
                f"The key of {quoted(reference.name)} holds the course's own name; it is kept as "
                f"it is and holds in this course alone.",
                reference.line,
            )


def _check_tags(course: Course, findings: FindingCollector) -> None:
    for block in course.blocks:
        if block.element is None:
            continue
        for element in [block.element, *list_blocks(block.element, ())]:
            if element.tag not in olx.KNOWN_TAGS:
                findings.info(
                    "unknown-block",
                    block.source,
                    f"<{element.tag}> is no block type that is known here; it is kept as it is.",
                    olx.line_of(element),
                )


def _check_unused(
    course: Course, findings: FindingCollector, places: Mapping[str, tuple[BlockKey, str]]
) -> None:
    for file, (key, path) in places.items():
        if key != course.key:
            continue
        if path.startswith("drafts/"):
            findings.info("draft", file, "An unpublished draft; kept in the course's bundle.")
        elif path.startswith(OTHER_FOLDER):
            folder = posixpath.dirname(file)
            is_block = folder.split("/")[0] in olx.KNOWN_TAGS
            message = (
                "No published block leads to it; kept in the course's bundle."
                if is_block
                else "Not part of the course's content; kept in the course's bundle."
            )
            findings.info("unused-file", file, message)
