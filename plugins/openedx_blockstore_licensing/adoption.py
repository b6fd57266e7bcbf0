"""Takes over the licences that OLX states: of a course, and of single blocks such as videos.

They hold where nobody has said anything here, see :mod:`.stored`. A course's licence is that of its
bundle, and of all bundles in the same collection that it links to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote
from uuid import UUID

from django.db.models import Q

from openedx_blockstore import api as blockstore
from openedx_blockstore.data import BundleData, BundleVersionData, EventTarget
from openedx_blockstore.exceptions import BundleVersionNotFound
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_tools import (
    annotations_covering,
    clear_annotation,
    set_annotation,
)
from openedx_blockstore_licensing._writing import writing
from openedx_blockstore_licensing.exceptions import InvalidLicense
from openedx_blockstore_licensing.licensing import notify
from openedx_blockstore_licensing.models import BundleLicense
from openedx_blockstore_licensing.olx import (
    HEAD_BYTES,
    parse_olx_license,
    read_policy_license,
    read_root_license,
)
from openedx_blockstore_licensing.stored import Key, batches

_COURSE = "course"
_COURSE_FILES = ("course.xml",)
_MAX_POLICY = 4 * 2**20


def adopt_course_licenses(course_bundle_uuid: UUID | str) -> int:
    """Take over what the OLX of a course says of licences, for the versions that there are now.

    New versions are looked at as they are made; this is for those from before the plugin was there.

    Returns:
        How many bundles are under other licences now.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no version.
        StorageError: The storage failed.
    """
    course = blockstore.get_bundle(course_bundle_uuid)
    latest = blockstore.get_bundle_version(course.uuid)
    if latest is None:
        raise BundleVersionNotFound(course.uuid, 0)
    changed = set()
    for uuid, number in [(course.uuid, latest.version), *_own_links(course, latest)]:
        version = latest if uuid == course.uuid else blockstore.get_bundle_version(uuid, number)
        if version is not None and adopt_file_licenses(version, version.files):
            changed.add(uuid)
    changed |= _adopt_course(course, latest)
    return len(changed)


def adopt_version(bundle_uuid: UUID, number: int, changed: Iterable[str]) -> None:
    """Take over what some files of a new version say of licences.

    Args:
        changed: The paths that are not as in the version before.
    """
    version = blockstore.get_bundle_version(bundle_uuid, number)
    if version is None:
        return
    paths = list(changed)
    adopt_file_licenses(version, paths)
    bundle = blockstore.get_bundle(bundle_uuid)
    if bundle.type == _COURSE:
        _adopt_course(bundle, version)


# Files -------------------------------------------------------------------------------------------


def adopt_file_licenses(version: BundleVersionData, paths: Iterable[str]) -> bool:
    """Take over the licences of the blocks that have files of their own.

    Returns:
        Whether anything has changed.
    """
    key = (version.bundle_uuid, version.version)
    rows = annotations_covering(BundleLicense.objects.filter(layer="olx"), [key]).get(key, [])
    known = {row.path: row.expression for row in rows if row.path}
    wanted = {}
    for path in paths:
        # The attribute of a course is that of the course, and not of this file.
        if path.endswith(".xml") and path not in _COURSE_FILES:
            wanted[path] = _meant(_read_license(version, path)) if path in version.files else ""
    new = {path: license_ for path, license_ in wanted.items() if known.get(path, "") != license_}
    if not new:
        return False
    with writing():
        for path, license_ in sorted(new.items()):
            _say(version.bundle_uuid, path, license_, first_version=version.version)
        notify(EventTarget("bundle", version.bundle_uuid))
    return True


def _read_license(version: BundleVersionData, path: str) -> str:
    with blockstore.open_version_file(version, path) as file:
        return read_root_license(file.read(HEAD_BYTES))


def _meant(text: str) -> str:
    try:
        return parse_olx_license(text)
    except InvalidLicense:
        return ""  # whoever validates OLX tells its author


def _say(bundle: Bundle | UUID, path: str, license_: str, *, first_version: int) -> bool:
    key = {"path": path, "layer": "olx"}
    if not license_:
        return clear_annotation(BundleLicense, bundle, key, first_version=first_version)
    values = {"expression": license_, "source": "olx"}
    return set_annotation(BundleLicense, bundle, key, values, first_version=first_version)


# Courses -----------------------------------------------------------------------------------------


def _adopt_course(course: BundleData, version: BundleVersionData) -> set[UUID]:
    license_ = _meant(_course_license(course, version))
    places = dict([(course.uuid, version.version), *_own_links(course, version)])
    known = _known(places)
    changed = set()
    for uuid, number in sorted(places.items()):
        if known.get(uuid, "") != license_:
            with writing():
                if _say(uuid, "", license_, first_version=number):
                    notify(EventTarget("bundle", uuid))
                    changed.add(uuid)
    return changed


def _known(places: Mapping[UUID, int]) -> dict[UUID, str]:
    rows = BundleLicense.objects.filter(layer="olx", path="")
    found = annotations_covering(rows, places.items())
    return {uuid: covering[0].expression for (uuid, _number), covering in found.items()}


def _course_license(course: BundleData, version: BundleVersionData) -> str:
    """Return the attribute of a course; that of its policy counts first, as in the platform."""
    run = unquote((course.origin or "").rpartition("/")[2])
    for path in (f"policies/{run}/policy.json", "policies/course/policy.json"):
        file = version.files.get(path)
        if file is not None and file.size <= _MAX_POLICY:
            with blockstore.open_version_file(version, path) as policy:
                if found := read_policy_license(policy.read()):
                    return found
    for path in _COURSE_FILES:
        if path in version.files and (found := _read_license(version, path)):
            return found
    return ""


def _own_links(course: BundleData, version: BundleVersionData) -> list[Key]:
    """Return the versions in the course's own collection that it links to."""
    linked = {
        link.direct.bundle_uuid: link.direct.version
        for link in version.links.values()
        if not link.weak
    }
    own: set[UUID] = set()
    for some in batches(sorted(linked)):
        rows = Bundle.objects.filter(Q(collection__uuid=course.collection_uuid), uuid__in=some)
        own.update(rows.values_list("uuid", flat=True))
    return sorted((uuid, number) for uuid, number in linked.items() if uuid in own)
