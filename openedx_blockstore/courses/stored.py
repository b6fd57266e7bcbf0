"""A stored course, as an export reads it: its bundle and all that this links to, at their pins."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, cast
from uuid import UUID

from attrs import define, field

from openedx_blockstore import api
from openedx_blockstore.courses import olx
from openedx_blockstore.courses.documents import LAYOUT_FILE, OWN_ALIAS, Layout, read_layout
from openedx_blockstore.courses.identity import BlockKey, read_origin
from openedx_blockstore.courses.placing import DEFINITION_FILE, MAIN_FILES
from openedx_blockstore.data import BundleVersionData
from openedx_blockstore.exceptions import BundleVersionNotFound, Invalid

_TAGS_OF_MAIN_FILES = {file: tag for tag, file in MAIN_FILES.items()}


@define(eq=False)
class StoredBundle:
    """One version of one bundle, under the alias that the course knows it by.

    Attributes:
        main: The key of its main block.
        definitions: The definitions in it: path → block.
    """

    alias: str
    version: BundleVersionData
    main: BlockKey
    definitions: dict[str, BlockKey] = field(factory=dict)

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open one of its files."""
        return api.open_version_file(self.version, path)

    def read(self, path: str) -> bytes:
        """Return the contents of one of its files."""
        with self.open(path) as file:
            return file.read()


@define(eq=False)
class StoredCourse:
    """A course and its bundles.

    Attributes:
        own: The bundle of the course or library.
        bundles: All bundles by UUID, the course's own first.
    """

    own: StoredBundle
    layout: Layout
    bundles: dict[UUID, StoredBundle]


def open_stored_course(course_bundle_uuid: UUID | str, version_number: int | None) -> StoredCourse:
    """Find a course and everything it links to.

    Raises:
        BundleNotFound, BundleVersionNotFound: There is no such bundle or version.
        Invalid: The bundle is not that of a course or library.
    """
    version = api.get_bundle_version(course_bundle_uuid, version_number)
    if version is None:
        raise BundleVersionNotFound(course_bundle_uuid, version_number or 0)
    kinds = [kind for kind in ("library", "course") if f"{kind}.xml" in version.files]
    if not kinds or LAYOUT_FILE not in version.files:
        raise Invalid(
            f"Bundle {course_bundle_uuid} (version {version.version}) is not that of a course: it "
            f"has no course.xml or library.xml with an {LAYOUT_FILE}. Give the course's own bundle."
        )
    own = StoredBundle(OWN_ALIAS, version, BlockKey(kinds[0], ""))
    layout = read_layout(own.read(LAYOUT_FILE))
    own.main = BlockKey(layout.kind, layout.run)
    course = StoredCourse(own, layout, {version.bundle_uuid: own})
    linked = dict(_linked(version))
    borrowed = [
        bundle.bundle_uuid for alias, bundle in linked.items() if alias not in layout.bundles
    ]
    origins = {bundle.uuid: bundle.origin for bundle in api.get_bundles(borrowed)}
    for alias, bundle in linked.items():
        main = layout.bundles.get(alias) or _main_of(
            alias, bundle, read_origin(origins.get(bundle.bundle_uuid))
        )
        course.bundles[bundle.bundle_uuid] = StoredBundle(alias, bundle, main)
    _find_definitions(course)
    return course


def _linked(version: BundleVersionData) -> Iterator[tuple[str, BundleVersionData]]:
    """Yield all that a version links to, first directly, then through others."""
    seen = {version.bundle_uuid}
    pending = [version]
    while pending:
        current = pending.pop(0)
        for alias, link in sorted(current.links.items()):
            if link.direct.bundle_uuid not in seen:
                seen.add(link.direct.bundle_uuid)
                found = api.get_bundle_version(link.direct.bundle_uuid, link.direct.version)
                assert found is not None, "links lead to versions"
                name = alias if current is version else f"{alias}-{link.direct.bundle_uuid}"
                yield name, found
                pending.append(found)


def _main_of(alias: str, version: BundleVersionData, origin: BlockKey | None) -> BlockKey:
    """Return the main block of a bundle that did not come with the course."""
    for path in sorted(version.files):
        if "/" not in path and path.endswith(".xml"):
            tag = _TAGS_OF_MAIN_FILES.get(path, path.removesuffix(".xml"))
            return origin if origin is not None and origin.tag == tag else BlockKey(tag, alias)
    return BlockKey("assets", alias)


def _find_definitions(course: StoredCourse) -> None:
    """Name the block of every definition: by the layout, or, for what is new, by its path."""
    placed = {place: key for key, place in course.layout.blocks.items()}
    for bundle in course.bundles.values():
        for path in bundle.version.files:
            key = placed.get(f"{bundle.alias}:{path}") or _default_key(bundle, path)
            if key is not None:
                bundle.definitions[path] = key


def _default_key(bundle: StoredBundle, path: str) -> BlockKey | None:
    parts = path.split("/")
    if bundle.main.tag == "course" or parts[0] == "static":
        return None
    if len(parts) == 1:
        is_main = path == MAIN_FILES.get(bundle.main.tag, f"{bundle.main.tag}.xml")
        return bundle.main if is_main else None
    if parts[0] == "units" and path.endswith(".xml"):
        return BlockKey("vertical", ":".join(parts[1:]).removesuffix(".xml"))
    tag, *name, file = parts
    is_definition = name and file == DEFINITION_FILE and olx.is_tag(tag)
    return BlockKey(tag, ":".join(name)) if is_definition else None


def bytes_file(contents: bytes) -> BinaryIO:
    """Return bytes as a file that can be closed."""
    return cast(BinaryIO, io.BytesIO(contents))
