"""Where the files of bundles lie in an export: the rules that hold unless the layout says else."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.documents import LAYOUT_FILE, NAVIGATION_FILE, POLICY_FILE
from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.placing import DEFINITION_FILE

#: Folders of an export that keep their place in the course's bundle.
COURSE_FOLDERS = ("about/", "assets/", "drafts/", "info/", "policies/", "static/", "tabs/")

#: The folder of the course's bundle for files that no rule knows, at their own paths.
OTHER_FOLDER = "other/"

#: The files of the course's bundle that are no files of an export.
OWN_FILES = frozenset({NAVIGATION_FILE, POLICY_FILE, LAYOUT_FILE, "course.xml", "library.xml"})

#: Main blocks whose files beside them belong to nothing in an export.
_NO_ATTACHMENTS = frozenset({"sequential", "vertical", "assets"})


def course_path(path: str) -> str:
    """Return the path in the course's bundle of an export file that belongs to no block."""
    return path if path.startswith(COURSE_FOLDERS) else f"{OTHER_FOLDER}{path}"


def export_path(path: str, main: BlockKey, definitions: Mapping[str, BlockKey]) -> str | None:
    """Return the path in an export of a file of a bundle, or None if there is no rule for it.

    Args:
        main: The key of the bundle's main block.
        definitions: The definitions in that bundle: path → block.
    """
    if path in definitions:
        return olx.file_of(definitions[path].tag, definitions[path].name)
    if path.startswith("static/"):
        return path
    folder = posixpath.dirname(path)
    while folder:
        if (key := definitions.get(f"{folder}/{DEFINITION_FILE}")) is not None:
            return f"{key.tag}/{path.removeprefix(f'{folder}/')}"
        folder = posixpath.dirname(folder)
    if main.tag in {"course", "library"}:
        return _path_of_course_file(path)
    return None if main.tag in _NO_ATTACHMENTS else f"{main.tag}/{path}"


def _path_of_course_file(path: str) -> str | None:
    if path.startswith(OTHER_FOLDER):
        return path.removeprefix(OTHER_FOLDER)
    return path if path.startswith(COURSE_FOLDERS) else None
