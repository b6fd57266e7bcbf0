"""The sample course shows a newcomer everything, and comes out as it went in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from openedx_blockstore.courses import export_course, import_course
from tests.courses.helpers import read_files

SAMPLE = Path(__file__).resolve().parent.parent.parent / "sample_course"


@pytest.mark.django_db
@pytest.mark.usefixtures("file_storage")
def test_the_sample_course_comes_out_byte_by_byte(tmp_path: Path) -> None:
    report = import_course(SAMPLE)
    assert Counter(outcome.type for outcome in report.created) == {
        "assets": 2,
        "sequence": 4,
        "video": 1,
        "course": 1,
    }
    assert {finding.file for finding in report.findings} == {"LICENSE.txt", "README.md"}
    assert report.course_bundle_uuid is not None
    export_course(report.course_bundle_uuid, to=tmp_path / "out")
    assert read_files(tmp_path / "out") == read_files(SAMPLE)
