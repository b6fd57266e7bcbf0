"""Every block of the real courses is loaded out of the store, and shown."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openedx_blockstore.courses import import_course
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.exceptions import BlockNotFound
from openedx_blockstore_xblock.pages import read_outline, states_for
from openedx_blockstore_xblock.placeholders import PlaceholderBlock
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage"), pytest.mark.slow]

#: Course → type → how many blocks there are of it, and what has become of them. Of the first course
#: the archive of modules that its programs import was left out (its SOURCE.txt says so).
EXPECTED: dict[str, dict[str, dict[str, int]]] = {
    "mitx-grading-library-course": {
        "html": {"shown": 10},
        "problem": {"program, no sandbox": 53},
    },
    "opencraft-blockstore-test-course": {
        "discussion": {"shown": 1},
        "drag-and-drop-v2": {"shown": 2},
        "html": {"shown": 1},
        "problem": {"shown": 1},
        "video": {"shown": 1},
    },
    "studio-advanced": {
        "discussion": {"shown": 2},
        "html": {"shown": 301, "only for staff": 14},
        "openassessment": {"no package": 1},
        "poll": {"shown": 113, "only for staff": 8},
        "problem": {"shown": 68, "program, no sandbox": 7, "only for staff": 1},
        "split_test": {"shown": 28, "only for staff": 2},
        "survey": {"shown": 3},
        "video": {"shown": 17},
        "word_cloud": {"shown": 1},
    },
}

#: What becomes of all problems where there is a sandbox. Modules that programs import were left out
#: of the courses with the archive that has them, or are of no jail's; and one program is Python 2.
WITH_SANDBOX: dict[str, dict[str, int]] = {
    "mitx-grading-library-course": {"program fails: ModuleNotFoundError": 53},
    "opencraft-blockstore-test-course": {"shown": 1},
    "studio-advanced": {
        "shown": 70,
        "only for staff": 1,
        "program fails: ModuleNotFoundError": 4,
        "program fails: SyntaxError": 1,
    },
}

#: What is in the fragment of a block that is shown as it should be.
SIGNS = {
    "discussion": "discussion",
    "drag-and-drop-v2": "xblock--drag-and-drop",
    "html": "",
    "poll": "poll-block",
    "problem": "problems-wrapper",
    "survey": "survey-table",
    "video": "data-metadata=",
    "word_cloud": "word_cloud",
}


def leaves(block: Any) -> Iterator[Any]:
    """Return the blocks inside a block that hold no others."""
    if not block.has_children:
        yield block
        return
    for child in block.get_children():
        yield from leaves(child)


def what_became_of(runtime: BlockstoreRuntime, block: Any, caplog: pytest.LogCaptureFixture) -> str:
    """Say what a learner is shown of a block, judged by what is in its fragment."""
    if isinstance(block, PlaceholderBlock):
        if "not there for this user" in block.reason:
            return "only for staff"
        return "no package" if "No installed package" in block.reason else block.reason
    caplog.clear()
    content = runtime.render(block, "student_view", {}).content
    if block.scope_ids.block_type == "problem" and "blockstore-placeholder" in content:
        return "program, no sandbox"
    if "Could not format HTML for problem" in content:
        # The problem says why in the log alone.
        failed = re.findall(r"n([A-Z]\w+Error): ", caplog.text)
        names = [name for name in failed if name != "LoncapaProblemError"]
        return f"program fails: {names[-1] if names else 'unknown'}"
    if SIGNS[block.scope_ids.block_type] not in content:
        return f"not as it should be: {content[:300]}"
    return "shown"


def report_of(
    course: Path,
    learner: BlockUser,
    make_runtime: Callable[..., BlockstoreRuntime],
    caplog: pytest.LogCaptureFixture,
) -> dict[str, dict[str, int]]:
    """Import a course, and return what becomes of its blocks: by type, and by what it is."""
    imported = import_course(course)
    alias = str(imported.course_bundle_uuid)
    outline = read_outline(states_for(), GLOBAL_CONTEXT, alias)
    assert outline is not None
    found: dict[str, Counter[str]] = {}
    for sequence in (each for chapter in outline.chapters for each in chapter.sequences):
        assert sequence.usage_key is not None
        runtime = make_runtime(learner)
        # Authors see all groups of experiments; a learner is shown each of the blocks in them.
        everything = make_runtime(learner, author_mode=True).get_block(sequence.usage_key)
        for block in leaves(everything):
            shown = runtime.get_block(block.scope_ids.usage_id, for_parent=everything)
            counts = found.setdefault(shown.scope_ids.block_type, Counter())
            counts[what_became_of(runtime, shown, caplog)] += 1
        for choice in choices(everything):
            counts = found.setdefault(choice.scope_ids.block_type, Counter())
            try:
                shown = runtime.get_block(choice.scope_ids.usage_id)
            except BlockNotFound:
                counts["only for staff"] += 1
                continue
            content = runtime.render(shown, "student_view", {}).content
            is_right = len(shown.children) == 1 and "blockstore-vertical" in content
            counts["shown" if is_right else f"not as it should be: {content[:300]}"] += 1
    return {block_type: dict(counts) for block_type, counts in sorted(found.items())}


def choices(block: Any) -> Iterator[Any]:
    """Return the blocks inside a block that show a part of themselves."""
    if block.scope_ids.block_type in {"library_content", "split_test"}:
        yield block
    if block.has_children:
        for child in block.get_children():
            yield from choices(child)


def show(course: str, report: dict[str, dict[str, int]]) -> None:
    """Print a report."""
    for block_type, counts in report.items():
        for what, count in sorted(counts.items()):
            sys.stdout.write(f"{course:34} {block_type:18} {count:5} {what}\n")


@pytest.mark.parametrize("course", sorted(EXPECTED))
def test_every_block_of_a_course_is_shown_or_it_is_known_why_not(
    course: str,
    courses: Path,
    make_runtime: Callable[..., BlockstoreRuntime],
    make_user: Callable[[str], BlockUser],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Judged by what is in its fragment, since blocks show their failures, too."""
    report = report_of(courses / course, make_user("athene"), make_runtime, caplog)
    show(course, report)
    assert report == EXPECTED[course]


@pytest.mark.usefixtures("jailed")
@pytest.mark.parametrize("course", sorted(WITH_SANDBOX))
def test_programs_of_a_course_run_where_there_is_a_sandbox(
    course: str,
    courses: Path,
    make_runtime: Callable[..., BlockstoreRuntime],
    make_user: Callable[[str], BlockUser],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Those whose modules came with the course."""
    report = report_of(courses / course, make_user("athene"), make_runtime, caplog)
    show(course, report)
    assert report["problem"] == WITH_SANDBOX[course]
