"""What blocks inherit: settings of the containers around them, and of their course.

A deadline is written once, at a sequence, a chapter or the course, and counts for all that is
inside, as in the platform. What is around a block follows from its usage alone, so that a handler,
a page of the block by itself, and a page of the whole sequence agree.
"""

from openedx_blockstore_xblock.inheritance.ancestry import Ancestry
from openedx_blockstore_xblock.inheritance.courses import CourseSettings, course_settings
from openedx_blockstore_xblock.inheritance.settings import SettingsAround

__all__ = ["Ancestry", "CourseSettings", "SettingsAround", "course_settings"]
