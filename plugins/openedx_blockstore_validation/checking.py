"""All checks of one state of a bundle: every file is read once, and its tree forgotten at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from attrs import Factory, define

from openedx_blockstore.data import Finding
from openedx_blockstore.plugin_api import BundleContents, ContentFile
from openedx_blockstore_validation import assets, course_checks, structure, vocabulary
from openedx_blockstore_validation.blocks import Block, Include, find_blocks, find_includes
from openedx_blockstore_validation.conf import ValidationSettings, get_settings
from openedx_blockstore_validation.course_documents import check_documents
from openedx_blockstore_validation.identifiers import check_identifiers, labelled
from openedx_blockstore_validation.olx import Element, ParsedOlx, parse
from openedx_blockstore_validation.places import (
    DEFINITION,
    Layout,
    LenderFiles,
    Places,
    is_static,
    is_unused,
)
from openedx_blockstore_validation.references import TEXT_SUFFIXES, decode, find_references
from openedx_blockstore_validation.report import Report, quoted
from openedx_blockstore_validation.state import check_state

#: Lists of assets, which name all of them whether they are used or not.
_LISTS = ("policies/assets.json", "assets/")

#: Folders of a course with XML that is no block.
_NOT_BLOCKS = ("about/", "assets/", "info/", "policies/", "tabs/")

_CODES = {"static": "dangling-asset", "link": "broken-link", "relative": "dangling-file"}

#: Called with how many files were looked at, how many there are, and the file.
Progress = Callable[[int, int, str], None]


def check_contents(
    contents: BundleContents,
    previous: BundleContents | None = None,
    *,
    layout: Layout | None = None,
    lender_files: LenderFiles | None = None,
    progress: Progress | None = None,
) -> tuple[Finding, ...]:
    """Return what there is to say about one state of a bundle.

    Args:
        previous: The state before; None where there is none.
        layout: How its files lie; None to find out.
        lender_files: Lists the files behind links; None to ask the store.
        progress: Called after every file.

    Raises:
        StorageError: The storage failed.
    """
    return _Checking(contents, previous, Places(contents, layout, lender_files)).run(progress)


@define
class _Seen:
    """What is kept of the files that were looked at."""

    roots: dict[str, Block | None] = Factory(dict)
    includes: list[Include] = Factory(list)

    def blocks(self) -> Iterator[Block]:
        for root in self.roots.values():
            if root is not None:
                yield from root.walk()


class _Checking:
    def __init__(
        self, contents: BundleContents, previous: BundleContents | None, places: Places
    ) -> None:
        self._settings: ValidationSettings = get_settings()
        self._places = places
        self._contents = contents
        self._previous = previous
        self._files = places.files
        self._files_before = previous.files if previous is not None else {}
        self._report = Report(self._settings)
        self._seen = _Seen()
        self._stateful: AbstractSet[str] = vocabulary.STATEFUL | set(
            self._settings.STATEFUL_BLOCK_TYPES
        )
        self._found: dict[tuple[str, str, tuple[str, ...]], bool] = {}

    def run(self, progress: Progress | None) -> tuple[Finding, ...]:
        files = self._files
        for number, (path, file) in enumerate(files.items(), start=1):
            self._look_at(path, file)
            if progress is not None:
                progress(number, len(files), path)
        blocks = list(self._seen.blocks())
        structure.settle_pointers(blocks, self._places)
        structure.check_main(self._places, self._seen.roots, self._report)
        structure.check_includes(self._seen.includes, self._places, self._report)
        structure.check_pointers(blocks, self._places, self._report)
        structure.check_pages(blocks, self._places, self._report)
        self._check_types(blocks)
        check_identifiers(blocks, self._places.layout, self._stateful, self._report)
        self._check_empty(blocks)
        self._check_course()
        if self._previous is not None:
            self._check_previous(self._previous, blocks)
        return self._report.findings()

    # Files ---------------------------------------------------------------------------------------

    def _look_at(self, path: str, file: ContentFile) -> None:
        if is_static(path):
            if assets.is_checked(path):
                self._check_asset(path, file)
            return
        is_olx = path.lower().endswith(".xml")
        if not is_olx and not path.lower().endswith(TEXT_SUFFIXES):
            if assets.is_checked(path):
                self._check_asset(path, file)
            return
        if file.size > self._settings.MAX_OLX_BYTES:
            self._add_too_large(path, file, is_olx=is_olx)
            return
        contents = self._contents.read(path, limit=self._settings.MAX_OLX_BYTES)
        if is_olx:
            self._check_olx(path, contents)
        if not path.startswith(_LISTS):
            self._check_references(path, decode(contents))

    def _add_too_large(self, path: str, file: ContentFile, *, is_olx: bool) -> None:
        limit = self._settings.MAX_OLX_BYTES
        text = f"It has {file.size:,} bytes; {limit:,} are allowed."
        self._report.add("olx-too-large" if is_olx else "not-searched", path, text)

    def _check_asset(self, path: str, file: ContentFile) -> None:
        needed = min(assets.bytes_needed(path), file.size)
        with self._contents.open(path) as opened:
            head = opened.read(needed) if needed else b""
        for fault in assets.check_asset(path, head):
            self._report.add(fault.code, path, fault.text, fault.line)

    def _check_olx(self, path: str, contents: bytes) -> None:
        parsed = parse(contents, self._settings)
        for fault in parsed.faults:
            code = "unused-malformed-xml" if is_unused(path) else fault.code
            self._report.add(code, path, fault.text, fault.line)
        if parsed.root is not None:
            self._keep(path, parsed.root)

    def _keep(self, path: str, root: Element) -> None:
        if path.startswith(_NOT_BLOCKS):
            return
        worded = self._stateful if self._has_changed(path) else frozenset[str]()
        block = find_blocks(root, path, worded=worded)
        self._seen.roots[path] = block
        if block is not None:
            structure.check_root(block, self._places, self._report)
        if is_unused(path):
            return
        self._seen.includes += find_includes(root, path)
        for element in root.walk():
            if element.tag in {"video", "videoalpha"}:
                structure.check_transcripts(element, path, self._places, self._report)

    def _check_references(self, path: str, text: str) -> None:
        folder = path.rpartition("/")[0]
        for reference in find_references(text):
            asked = (folder, reference.kind, reference.names)
            if asked not in self._found:
                find = {
                    "static": self._places.find_static,
                    "link": lambda _path, name: self._places.find_linked(name),
                    "relative": self._places.find_relative,
                }[reference.kind]
                self._found[asked] = any(find(path, name) for name in reference.names)
            if not self._found[asked]:
                shown = {"static": "/static/", "link": "links/", "relative": ""}[reference.kind]
                self._report.add(
                    _CODES[reference.kind],
                    path,
                    f"There is no {quoted(shown + reference.names[-1])}.",
                    reference.line,
                )

    # Everything together -------------------------------------------------------------------------

    def _check_types(self, blocks: list[Block]) -> None:
        """Say once of each type that it is unknown, where it is first used."""
        installed = vocabulary.installed_types()
        known = vocabulary.STRUCTURE | vocabulary.SETTINGS | vocabulary.types_of_apps()
        known |= set(self._settings.KNOWN_BLOCK_TYPES)
        first: dict[str, Block] = {}
        counts: dict[str, int] = {}
        for block in blocks:
            if block.tag in installed or block.tag in known or is_unused(block.path):
                continue
            if block.is_pointer or (block.is_root and not self._is_definition(block)):
                continue
            first.setdefault(block.tag, block)
            counts[block.tag] = counts.get(block.tag, 0) + 1
        for tag, block in first.items():
            package = vocabulary.package_of(tag)
            if package is None:
                text = f"No package that is known brings the type <{tag}>"
                self._report.add(
                    "unknown-block-type", block.path, f"{text} ({counts[tag]} blocks).", block.line
                )
            elif installed:  # else nothing runs here, and every type would be missing
                text = f"The type <{tag}> is not installed here; {package} brings it"
                self._report.add(
                    "block-not-installed", block.path, f"{text} ({counts[tag]} blocks).", block.line
                )

    def _is_definition(self, block: Block) -> bool:
        """Tell whether the root of a file is meant to be a block: not all XML is OLX."""
        return (
            block.path.endswith(f"/{DEFINITION}")
            or block.path == f"{block.tag}.xml"
            or block.path.startswith((f"{block.tag}/", "units/"))
            or bool(block.name or block.children)
        )

    def _check_empty(self, blocks: list[Block]) -> None:
        for block in blocks:
            if (
                block.tag in {"chapter", "sequence", "sequential", "unit", "vertical"}
                and block.is_empty
                and not block.is_pointer
                and not is_unused(block.path)
            ):
                self._report.add(
                    "empty-container", block.path, f"The {block.label} is empty.", block.line
                )

    def _check_course(self) -> None:
        if self._places.layout == "export":
            course_checks.check_export(self._places, self._seen.roots, self._report)
        elif self._contents.bundle_type == "course" or "navigation.json" in self._files:
            chapters = check_documents(self._places, self._report)
            root = self._seen.roots.get("course.xml")
            course_checks.check_bundle(self._places, root, chapters, self._report)

    # The version before --------------------------------------------------------------------------

    def _has_changed(self, path: str) -> bool:
        if self._previous is None:
            return False
        before = self._files_before.get(path)
        return before is None or before.digest != self._files[path].digest

    def _check_previous(self, previous: BundleContents, blocks: list[Block]) -> None:
        """Compare with the version before; of that only files are read that are different now."""
        layout = self._places.layout
        now: dict[str, Block] = {}
        candidates: dict[str, Block] = {}
        for key, block in labelled(blocks, layout):
            if block.tag in self._stateful and not is_unused(block.path):
                now[key] = block
                if self._has_changed(block.path):
                    candidates[key] = block
        before: dict[str, Block] = {}
        places = Places(previous, layout)
        for path, file in self._files_before.items():
            here = self._files.get(path)
            is_same = here is not None and here.digest == file.digest
            # Of a file that can not be parsed now nobody knows what is still in it.
            is_broken = here is not None and path not in self._seen.roots
            if is_same or is_broken or not _is_definition_file(path):
                continue
            root = self._parse_previous(previous, path, file).root
            found = find_blocks(root, path, worded=self._stateful) if root is not None else None
            old = list(found.walk()) if found is not None else []
            structure.settle_pointers(old, places)
            before.update((k, b) for k, b in labelled(old, layout) if b.tag in self._stateful)
        gone = {key: block for key, block in before.items() if key not in now}
        new = {key: block for key, block in candidates.items() if key not in before}
        check_state(gone, new, self._report)

    def _parse_previous(self, previous: BundleContents, path: str, file: ContentFile) -> ParsedOlx:
        if file.size > self._settings.MAX_OLX_BYTES:
            return ParsedOlx(None)
        return parse(previous.read(path, limit=file.size), self._settings)


def _is_definition_file(path: str) -> bool:
    is_olx = path.lower().endswith(".xml") and not is_static(path)
    return is_olx and not is_unused(path) and not path.startswith(_NOT_BLOCKS)
