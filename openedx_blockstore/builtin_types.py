"""The types of bundles that Blockstore brings along; other packages may take their places."""

from __future__ import annotations

from openedx_blockstore.plugin_api import BundleType


class Problem(BundleType):
    """One problem, with what belongs to it."""

    title = "Problem"


class Unit(BundleType):
    """Blocks that are shown together, on one page."""

    title = "Unit"


class Sequence(BundleType):
    """Units in an order."""

    title = "Sequence"
    max_files = 500


class Video(BundleType):
    """A video with its transcripts, and often its renditions and segments."""

    title = "Video"
    max_files = 10_000


class Assets(BundleType):
    """Files that other bundles use."""

    title = "Assets"
    max_files = 10_000


class Library(BundleType):
    """Blocks to choose from."""

    title = "Library"
    max_files = 10_000


class Course(BundleType):
    """What holds a course together: its outline, policies and settings."""

    title = "Course"
    max_files = 10_000
