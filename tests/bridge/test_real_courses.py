"""Every block of the real courses is loaded out of the store, and shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openedx_blockstore.courses import import_course
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.pages import mounted, read_outline
from openedx_blockstore_xblock.placeholders import PlaceholderBlock
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("file_storage"), pytest.mark.slow]

#: Course → how many blocks of each type are shown; how many there are of which no package is
#: installed; and how many problems are programs.
EXPECTED: dict[str, tuple[dict[str, int], dict[str, int], int]] = {
    "mitx-grading-library-course": ({"html": 10}, {}, 53),
    "opencraft-blockstore-test-course": (
        {"discussion": 1, "drag-and-drop-v2": 2, "html": 1, "problem": 1, "video": 1},
        {},
        0,
    ),
    "studio-advanced": (
        {
            "discussion": 2,
            "html": 315,
            "poll": 121,
            "problem": 69,
            "survey": 3,
            "video": 17,
            "word_cloud": 1,
        },
        {"openassessment": 1},
        7,
    ),
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

#: Problems that are graded by a program run only where there is a jail for it.
PYTHON = re.compile(r"<script[^>]+type=[\"'](loncapa|text)/python")


def leaves(block: Any) -> Iterator[Any]:
    """Return the blocks inside a block that hold no others."""
    if not block.has_children:
        yield block
        return
    for child in block.get_children():
        yield from leaves(child)


@pytest.mark.parametrize("course", sorted(EXPECTED))
def test_every_block_of_a_course_is_shown_or_its_package_is_not_installed(
    course: str,
    courses: Path,
    make_runtime: Callable[..., BlockstoreRuntime],
    make_user: Callable[[str], BlockUser],
) -> None:
    """Judged by what is in its fragment, since blocks show their failures, too."""
    report = import_course(courses / course)
    learner = make_user("athene")
    alias = str(report.course_bundle_uuid)
    outline = read_outline(GLOBAL_CONTEXT, alias, mounted(GLOBAL_CONTEXT, alias))
    assert outline is not None
    shown: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    with_python = 0
    odd = []
    for sequence in (each for chapter in outline.chapters for each in chapter.sequences):
        runtime = make_runtime(learner)
        assert sequence.usage_key is not None
        # Authors see all groups of experiments, and a learner is shown each block of these.
        everything = make_runtime(learner, author_mode=True).get_block(sequence.usage_key)
        for leaf in leaves(everything):
            block = runtime.get_block(leaf.scope_ids.usage_id, for_parent=everything)
            block_type = block.scope_ids.block_type
            content = runtime.render(block, "student_view", {}).content
            if isinstance(block, PlaceholderBlock):
                missing[block_type] += 1
                assert "No installed package" in block.reason
            elif PYTHON.search(str(getattr(block, "data", ""))):
                with_python += 1
            elif SIGNS[block_type] in content:
                shown[block_type] += 1
            else:
                odd.append((str(block.scope_ids.usage_id), content[:300]))
    assert odd == []
    assert (dict(shown), dict(missing), with_python) == EXPECTED[course]
