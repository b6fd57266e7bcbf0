"""Planning: from an export to the bundles that are to be. Nothing is stored here."""

from __future__ import annotations

from openedx_blockstore.courses.asset_bundles import AssetPlanner
from openedx_blockstore.courses.assets import STATIC_FOLDER
from openedx_blockstore.courses.block_bundles import plan_block_bundles
from openedx_blockstore.courses.blocks import Course
from openedx_blockstore.courses.checking import check_course
from openedx_blockstore.courses.course_bundle import (
    add_course_files,
    add_layout,
    add_navigation,
    add_other_files,
    link_everything,
    start_course_bundle,
)
from openedx_blockstore.courses.definitions import index_assets
from openedx_blockstore.courses.findings import FindingCollector
from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.loader import load_course
from openedx_blockstore.courses.placing import PlacingLimits, place_blocks
from openedx_blockstore.courses.plan import CoursePlan, PlannedBundle
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.courses.reader import CourseExport


def plan_import(
    export: CourseExport,
    previous: PreviousImport,
    limits: PlacingLimits,
    findings: FindingCollector,
) -> CoursePlan:
    """Plan the import of a course or library.

    Args:
        previous: What earlier imports of the course decided.
        findings: Gains what an author should know.

    Raises:
        InvalidArchive: The course can not be read.
    """
    course = load_course(export, findings, previous)
    assets = index_assets(export)
    placement = place_blocks(course, assets, previous, limits, findings)
    made = plan_block_bundles(export, course, placement)
    places = made.places
    own = made.bundles.get(course.key) or start_course_bundle(course)
    if course.library is None:
        add_course_files(own, course, made.policy, places)
    else:
        own.title = start_course_bundle(course).title
    made.bundles[course.key] = own
    rest = [
        path for path in export.files if path not in places and not path.startswith(STATIC_FOLDER)
    ]
    add_other_files(own, rest, places)
    planner = AssetPlanner(export, course, assets, limits, findings)
    asset_bundles = planner.plan(made.bundles, placement, places)
    others = [bundle for key, bundle in made.bundles.items() if key != course.key]
    link_everything(own, course, [*others, *asset_bundles])
    if course.library is None:
        add_navigation(own, course, placement)
    add_layout(own, course, placement, [*others, *asset_bundles])
    check_course(export, course, places, findings)
    return CoursePlan(
        title=course.title,
        bundles=_lenders_first([*asset_bundles, *others, own], course),
        places=places,
    )


def _lenders_first(bundles: list[PlannedBundle], course: Course) -> tuple[PlannedBundle, ...]:
    """Sort bundles so that each comes after all it links to, and the course's last."""
    by_key = {bundle.key: bundle for bundle in bundles}
    done: dict[BlockKey, PlannedBundle] = {}
    for start in [*by_key, course.key]:
        stack = [(start, False)]
        while stack:
            key, is_exit = stack.pop()
            if key in done:
                continue
            if is_exit:
                done[key] = by_key[key]
            else:
                stack.append((key, True))
                stack.extend((link.target, False) for link in by_key[key].links.values())
    return tuple(done.values())
