"""What the bundle of a course sets for its blocks: the policy of its run (docs/course-format)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.exceptions import BadOlx
from openedx_blockstore_xblock.olx import parse_olx
from openedx_blockstore_xblock.shared_cache import SharedCache

#: The files of a course's bundle that say something of it.
NAVIGATION, COURSE_FILE = "navigation.json", "course.xml"
_POLICY_FILE, _LAYOUT_FILE = "policy.json", "olx-layout.json"
_FILES = (NAVIGATION, COURSE_FILE, _POLICY_FILE, _LAYOUT_FILE)

#: Settings of courses by the digests of the files in which they are.
_known: SharedCache[CourseSettings] = SharedCache(256)

#: Settings by the names of blocks, such as ``sequential/night``; as OLX or as JSON has them.
_Settings = Mapping[str, Mapping[str, Any]]


@frozen(eq=False)
class CourseSettings:
    """What a course sets, for itself and for its blocks.

    Attributes:
        sequences: What stands in the course, by the alias of the link to its bundle and its file:
            its name, and that of its chapter, which is empty where there is none.
    """

    sequences: Mapping[tuple[str, str], tuple[str, str]] = field(factory=dict)
    _course: Mapping[str, Any] = field(factory=dict)
    _blocks: _Settings = field(factory=dict)

    @property
    def of_course(self) -> Mapping[str, Any]:
        """What is set for all of the course."""
        return self._course

    def of_block(self, name: str) -> Mapping[str, Any]:
        """Return what is set for a block, which is called ``type/url_name``."""
        return self._blocks.get(name, {})


def course_settings(contents: BundleContents | None) -> CourseSettings | None:
    """Return what a course sets; None for a bundle that is not one of a course.

    Whatever makes no sense in it sets nothing.

    Raises:
        StorageError: The storage failed.
    """
    if contents is None or not {NAVIGATION, COURSE_FILE} & contents.files.keys():
        return None
    digests = tuple(
        (path, file.digest)
        for path, file in contents.files.items()
        if path in _FILES or path.startswith("policies/")
    )
    return _known.get(digests, lambda: _read(contents))


def _read(contents: BundleContents) -> CourseSettings:
    own = _blocks(_mapping(_json(contents, _POLICY_FILE).get("settings")))
    run = _json(contents, _LAYOUT_FILE).get("run")
    policy: _Settings = {}
    for path in (f"policies/{run}/policy.json", f"policies/{run}.json"):
        if path in contents.files:
            policy = _blocks(_json(contents, path))
            break
    of_course = [settings for name, settings in own.items() if name.startswith("course/")]
    course = _merged([_course_attributes(contents), *of_course, policy.get(f"course/{run}", {})])
    blocks = {
        name: _merged([own.get(name, {}), policy.get(name, {})])
        for name in own.keys() | policy.keys()
        if not name.startswith("course/")
    }
    return CourseSettings(_sequences(contents), course, blocks)


def _sequences(contents: BundleContents) -> Mapping[tuple[str, str], tuple[str, str]]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    chapters = _json(contents, NAVIGATION).get("chapters")
    for chapter in map(_mapping, chapters if isinstance(chapters, list) else ()):
        chapter_name = chapter.get("url_name") or chapter.get("id")
        sequences = chapter.get("sequences")
        for each in map(_mapping, sequences if isinstance(sequences, list) else ()):
            name = f"{each.get('type') or 'sequential'}/{each.get('id')}"
            place = (str(each.get("link")), str(each.get("file")))
            # Where a sequence stands twice, the first place counts.
            found.setdefault(place, (name, f"chapter/{chapter_name}" if chapter_name else ""))
    return found


def _course_attributes(contents: BundleContents) -> Mapping[str, str]:
    try:
        element = parse_olx(contents.read(COURSE_FILE), file=COURSE_FILE)
    except (BundleFileNotFound, BadOlx, ValueError):
        return {}
    return {str(name): str(value) for name, value in element.attrib.items()}


def _json(contents: BundleContents, path: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(contents.read(path)))
    except (BundleFileNotFound, ValueError, RecursionError):
        return {}


def _blocks(document: Mapping[str, Any]) -> _Settings:
    return {str(name): _mapping(settings) for name, settings in document.items()}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _merged(settings: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return settings, of which the later ones count."""
    return {name: value for each in settings for name, value in each.items()}
