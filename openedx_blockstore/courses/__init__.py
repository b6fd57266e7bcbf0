"""OLX courses: taken apart into bundles on import, put together again on export.

The only part of the core that knows OLX. It stands on :mod:`openedx_blockstore.api` alone.
docs/reference/course-format.rst describes what it makes of a course.
"""

from __future__ import annotations

from openedx_blockstore.courses.data import (
    BundleOutcome,
    CourseExportReport,
    CourseImportReport,
    FilePlace,
)
from openedx_blockstore.courses.exporter import export_course
from openedx_blockstore.courses.importer import import_course
from openedx_blockstore.courses.inspection import InspectedCourse, open_course

__all__ = [
    "BundleOutcome",
    "CourseExportReport",
    "CourseImportReport",
    "FilePlace",
    "InspectedCourse",
    "export_course",
    "import_course",
    "open_course",
]
