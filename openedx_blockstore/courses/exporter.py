"""Exporting a course: every step of the import, backwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from lxml import etree

from openedx_blockstore import api
from openedx_blockstore.courses import olx
from openedx_blockstore.courses.block_bundles import default_name, is_unit
from openedx_blockstore.courses.course_bundle import COURSE_FILE, tidy_children
from openedx_blockstore.courses.data import CourseExportReport
from openedx_blockstore.courses.documents import (
    LAYOUT_FILE,
    NAVIGATION_FILE,
    POLICY_FILE,
    NavigationChapter,
    NavigationItem,
    read_navigation,
    read_policy,
)
from openedx_blockstore.courses.findings import FindingCollector, quoted
from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.packing import OutputFile, write_export
from openedx_blockstore.courses.paths import OWN_FILES, export_path
from openedx_blockstore.courses.placing import DEFINITION_FILE
from openedx_blockstore.courses.stored import (
    StoredBundle,
    StoredCourse,
    bytes_file,
    open_stored_course,
)
from openedx_blockstore.exceptions import Invalid

#: Called with how many files are done, how many there are, and what is being done.
Progress = Callable[[int, int, str], None]


def export_course(
    course_bundle_uuid: UUID | str,
    version_number: int | None = None,
    *,
    to: str | os.PathLike[str],
    progress: Progress | None = None,
) -> CourseExportReport:
    """Write a course or library as an OLX export again.

    Args:
        course_bundle_uuid: The bundle of the course, or of the library.
        version_number: Its version; None for the latest. Everything else comes from the versions
            that this one links to.
        to: A folder that is not there yet or empty, or a file that ends in ``.tar.gz`` or
            ``.zip``, which is replaced.
        progress: Called after every file.

    Raises:
        BundleNotFound, BundleVersionNotFound: There is no such bundle or version.
        Invalid: The bundle is not that of a course, a document in it is damaged, or the target
            has something in it.
        StorageError: The storage failed.
    """
    findings = FindingCollector()
    course = open_stored_course(course_bundle_uuid, version_number)
    files = _Assembler(course, findings).assemble()

    def written(number: int) -> None:
        if progress is not None:
            progress(number, len(files), "files")

    write_export(files, Path(to), folder=course.layout.kind, written=written)
    return CourseExportReport(files=len(files), findings=findings.sorted())


class _Assembler:
    """Puts the files of an export together."""

    def __init__(self, course: StoredCourse, findings: FindingCollector) -> None:
        self._course = course
        self._layout = course.layout
        self._findings = findings
        self._inline = set(self._layout.inline)
        self._nameless = set(self._layout.nameless)
        self._embedded: set[BlockKey] = set()
        self._open: list[BlockKey] = []
        self._files: dict[str, OutputFile] = {}
        self._digests: dict[str, str] = {}
        self._policy: dict[BlockKey, dict[str, str]] = {}

    def assemble(self) -> dict[str, OutputFile]:
        own = self._course.own
        if POLICY_FILE in own.version.files:
            self._policy = read_policy(own.read(POLICY_FILE))
        if self._layout.kind == "course":
            self._add_outline()
        for bundle in self._course.bundles.values():
            for path in sorted(bundle.version.files):
                self._add(bundle, path)
        self._add_lost()
        return self._files

    # Files ---------------------------------------------------------------------------------------

    def _add(self, bundle: StoredBundle, path: str) -> None:
        if bundle is self._course.own and path in OWN_FILES and path != "library.xml":
            return
        key = bundle.definitions.get(path)
        if key is not None and key in self._inline:
            return
        place = f"{bundle.alias}:{path}"
        target = self._export_path(bundle, path)
        if target is None:
            self._findings.info(
                "not-exported", place, "An OLX export has no place for it; it stays in its bundle."
            )
        elif key is not None and (restored := self._definition(bundle, path, key)) is not None:
            self._add_bytes(target, restored)
        else:
            self._add_stored(target, bundle, path)

    def _export_path(self, bundle: StoredBundle, path: str) -> str | None:
        renamed = self._layout.renamed.get(f"{bundle.alias}:{path}")
        return renamed or export_path(path, bundle.main, bundle.definitions)

    def _add_stored(self, target: str, bundle: StoredBundle, path: str) -> None:
        stored = bundle.version.files[path]
        self._add_file(
            target, stored.hash_digest, OutputFile(stored.size, partial(bundle.open, path))
        )

    def _add_bytes(self, target: str, contents: bytes) -> None:
        opened = partial(contextlib.closing, bytes_file(contents))
        self._add_file(target, api.digest_of(contents), OutputFile(len(contents), opened))

    def _add_file(self, target: str, digest: str, file: OutputFile) -> None:
        """Add a file that no bundle, or another one too, has for the export."""
        self._files.setdefault(target, file)
        if self._digests.setdefault(target, digest) != digest:
            self._findings.warning(
                "two-contents",
                target,
                "Two bundles have this file with different contents; the first one was taken.",
            )

    def _add_lost(self) -> None:
        """Write the inline definitions that no container includes any more as files."""
        for bundle in self._course.bundles.values():
            for path, key in bundle.definitions.items():
                if key in self._inline and key not in self._embedded:
                    contents = self._definition(bundle, path, key) or bundle.read(path)
                    self._add_bytes(olx.file_of(key.tag, key.name), contents)

    # Definitions ---------------------------------------------------------------------------------

    def _definition(self, bundle: StoredBundle, path: str, key: BlockKey) -> bytes | None:
        """Return the bytes of a definition in which something has to be undone; else None."""
        contents = bundle.read(path)
        changed = (
            is_unit(key, path)
            or key in self._layout.unnamed
            or key in self._policy
            or f"<{olx.INCLUDE_TAG}".encode() in contents
        )
        element = self._restore(bundle, path, key, contents) if changed else None
        return None if element is None else olx.dump_olx(element, contents)

    def _restore(
        self, bundle: StoredBundle, path: str, key: BlockKey, contents: bytes
    ) -> etree._Element | None:
        try:
            element = olx.parse_olx(contents)
        except olx.OlxError:
            return None
        if is_unit(key, path) and element.tag == "unit":
            element.tag = key.tag
        self._add_policy(element, key)
        made_up = self._layout.unnamed.get(key, {})
        for inner in element.iterdescendants():
            if olx.is_element(inner) and inner.get("url_name") in made_up:
                del inner.attrib["url_name"]
        for include in list(element.iter(olx.INCLUDE_TAG)):
            child = self._child(bundle, include)
            if child is not None and include is not element:
                olx.replace_element(include, child)
        return element

    def _add_policy(self, element: etree._Element, key: BlockKey) -> None:
        """Add the attributes of the run; in order, where the others are, as Studio writes them."""
        policy = self._policy.get(key, {})
        names = [name for name in element.attrib if name != "url_name"]
        attributes = olx.attributes_of(element) | policy
        if policy and names == sorted(names):
            element.attrib.clear()
            attributes = dict(sorted(attributes.items()))
        for name, value in attributes.items():
            element.set(name, value)

    def _child(self, bundle: StoredBundle, include: etree._Element) -> etree._Element | None:
        """Return what stands in the place of an include in an export."""
        target = self._target(bundle, include.get("source"))
        definition = include.get("definition", "")
        path = definition if definition.endswith(".xml") else f"{definition}/{DEFINITION_FILE}"
        known = target is not None and (
            path in target.definitions or olx.is_tag(path.split("/")[0])
        )
        if target is None or not known or path not in target.version.files:
            self._findings.warning(
                "dangling-include",
                bundle.alias,
                f"Nothing is where {quoted(definition)} leads; the include was written as it is.",
            )
            return None
        return self._reference(target, path, include.get("usage") or default_name(path))

    def _target(self, bundle: StoredBundle, alias: str | None) -> StoredBundle | None:
        if alias is None:
            return bundle
        link = bundle.version.links.get(alias)
        return None if link is None else self._course.bundles.get(link.direct.bundle_uuid)

    def _reference(self, target: StoredBundle, path: str, name: str) -> etree._Element:
        """Return a definition itself where it stood inline, or a pointer to it."""
        key = target.definitions.get(path, BlockKey(path.split("/", maxsplit=1)[0], name))
        name = name or key.name
        if key in self._inline and key not in self._open:
            self._open.append(key)
            element = self._restore(target, path, key, target.read(path))
            self._open.pop()
            if element is not None:
                self._embedded.add(key)
                if key not in self._nameless:
                    olx.set_first(element, "url_name", name)
                return element
        pointer = etree.Element(key.tag)
        file = self._export_path(target, path)
        if file is not None and file != olx.file_of(key.tag, name):
            # An author may include a block under another name; a pointer can not.
            name = file.removeprefix(f"{key.tag}/").removesuffix(".xml").replace("/", ":")
        pointer.set("url_name", name)
        return pointer

    # Outline -------------------------------------------------------------------------------------

    def _add_outline(self) -> None:
        own = self._course.own
        try:
            element = olx.parse_olx(own.read(COURSE_FILE))
        except olx.OlxError as error:
            raise Invalid(f"The course's {COURSE_FILE} can not be read: {error}.") from error
        self._add_policy(element, own.main)
        children: list[etree._Element] = []
        for chapter in read_navigation(own.read(NAVIGATION_FILE)):
            if chapter.id is None:
                children += [self._item(item) for item in chapter.sequences]
            else:
                children.append(self._chapter(chapter))
        for position, child in enumerate(children, start=self._layout.leading):
            element.insert(position, child)
        tidy_children(element)
        if self._layout.is_pointer:
            self._add_bytes(f"course/{self._layout.run}.xml", olx.dump_olx(element))
            element = etree.Element("course")
            for name, value in self._layout.root.items():
                element.set(name, value)
        self._add_bytes(COURSE_FILE, olx.dump_olx(element))

    def _chapter(self, chapter: NavigationChapter) -> etree._Element:
        assert chapter.id is not None, "those without an id have no element"
        key = BlockKey("chapter", chapter.id)
        element = etree.Element("chapter")
        if not chapter.untitled:
            element.set("display_name", chapter.title)
        self._add_policy(element, key)
        element.extend(self._item(item) for item in chapter.sequences)
        for position, text in reversed(self._layout.markup.get(key, [])):
            element.insert(position, _parse_markup(text))
        url_name = chapter.url_name or chapter.id
        tidy_children(element, depth=1 if key in self._inline else 0)
        if key in self._inline:
            if key not in self._nameless:
                olx.set_first(element, "url_name", url_name)
            return element
        self._add_bytes(olx.file_of("chapter", url_name), olx.dump_olx(element))
        pointer = etree.Element("chapter")
        pointer.set("url_name", url_name)
        return pointer

    def _item(self, item: NavigationItem) -> etree._Element:
        target = None if item.link is None else self._target(self._course.own, item.link)
        if target is None or item.file is None or item.file not in target.version.files:
            if item.link is not None:
                self._findings.warning(
                    "dangling-include",
                    NAVIGATION_FILE,
                    f"Nothing is where the link of {quoted(item.id)} leads.",
                )
            pointer = etree.Element(item.type)
            pointer.set("url_name", item.id)
            return pointer
        return self._reference(target, item.file, item.id)


def _parse_markup(text: str) -> etree._Element:
    """Read a comment or the like of the layout document.

    Raises:
        Invalid: It is no such thing.
    """
    try:
        (node,) = olx.parse_olx(f"<chapter>{text}</chapter>".encode())
    except (olx.OlxError, ValueError) as error:
        raise Invalid(f"{LAYOUT_FILE} has markup that can not be read: {quoted(text)}.") from error
    return node
