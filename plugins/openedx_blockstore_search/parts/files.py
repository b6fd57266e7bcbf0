"""What one file of a bundle tells: its parts, what it includes, what it names, its words."""

from __future__ import annotations

import posixpath
from collections import Counter

from attrs import Factory, define, evolve, frozen

from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore.plugin_tools.olx import CONTAINER_TAGS
from openedx_blockstore_search.parts.blocks import FilePart, Include, find_blocks
from openedx_blockstore_search.parts.languages import languages_in_markup
from openedx_blockstore_search.parts.names import (
    MAX_SCANNED_BYTES,
    SCANNED_SUFFIXES,
    bounded,
    builds_names,
    file_names,
    navigation_names,
    page_names,
)
from openedx_blockstore_search.parts.safe_xml import MAX_OLX_BYTES, ReadXml, read_xml
from openedx_blockstore_search.parts.vocabulary import (
    COURSE_FOLDERS,
    COURSE_TYPES,
    DEFINITION_FILE,
    LEAF_TAGS,
    SAME_TYPES,
)
from openedx_blockstore_search.parts.words import decode, tidy, words_of_html

#: Files whose words are worth finding; others that are scanned are code or data.
_READABLE = (".htm", ".html", ".md", ".sjson", ".srt", ".txt", ".vtt", ".xhtml")
#: Bytes of a page that are read for the words of a part.
_MAX_PAGE = 2**20
#: Parts of one file that have the words of one page.
_MAX_SHOWN = 20
_NAVIGATION_FILE = "navigation.json"
_MARKS_OF_BLOCKS = frozenset({"display_name", "url_name", "xblock-family"})
#: The types of blocks whose files at the top of a bundle are called otherwise.
_MAIN_TYPES = {"sequence": "sequential"}


@frozen
class FileFacts:
    """What one file tells.

    Attributes:
        parts: Its parts, outer ones before those in them.
        includes: The definitions that it takes in.
        names: The files that it names itself, rather than one of its parts.
        text: Its words, for a file that people read.
        flaw: Why it is known in part only; None where it was read in full.
    """

    path: str
    parts: tuple[FilePart, ...] = ()
    includes: tuple[Include, ...] = ()
    names: tuple[str, ...] = ()
    text: str = ""
    languages: tuple[str, ...] = ()
    flaw: str | None = None

    @property
    def pages(self) -> frozenset[str]:
        """The files that hold the contents of its parts."""
        return frozenset(part.page for part in self.parts if part.page is not None)


def is_worth_reading(path: str) -> bool:
    """Tell whether a file may hold parts, names or words, by its name."""
    suffix = posixpath.splitext(path)[1].lower()
    return suffix in SCANNED_SUFFIXES or suffix in _READABLE


def read_facts(contents: BundleContents, path: str) -> FileFacts:
    """Read what one file tells. It bears every kind of bytes.

    Raises:
        BundleFileNotFound: There is no such file.
        StorageError: The storage failed.
    """
    size = contents.files[path].size if path in contents.files else 0
    if not is_worth_reading(path):
        return FileFacts(path)
    if _may_be_definition(contents, path):
        facts = _read_definition(contents, path, size)
        if facts is not None:
            return facts
    if size > MAX_SCANNED_BYTES:
        return FileFacts(path, flaw="too-large")
    return _read_text(contents, path)


def _may_be_definition(contents: BundleContents, path: str) -> bool:
    folders, _, file = path.rpartition("/")
    if not file.endswith(".xml") or "static" in folders.split("/"):
        return False
    if contents.bundle_type in COURSE_TYPES and path.startswith(COURSE_FOLDERS):
        return False
    # What lies beside a definition in its own folder belongs to it.
    beside = f"{folders}/{DEFINITION_FILE}" if folders else DEFINITION_FILE
    return file == DEFINITION_FILE or beside not in contents.files


def _read_definition(contents: BundleContents, path: str, size: int) -> FileFacts | None:
    """Return what a definition tells; None for XML that is none."""
    if size > MAX_OLX_BYTES:
        return _only_text(path, "", "too-large")
    raw = contents.read(path)
    read = read_xml(raw)
    if read.root is None:
        return _only_text(path, decode(raw), read.flaw or "unreadable")
    if not _is_block(path, read):
        return None
    found = find_blocks(path, read.root)
    flaw = read.flaw or ("too-many-blocks" if found.too_many else None)
    pages = _Pages(contents)
    parts = [pages.fill(part) for part in found.parts]
    names: tuple[str, ...] = ()
    if flaw is not None:
        # What a recovering reader has dropped may still be words, and name files.
        names, _too_many = bounded(page_names(decode(raw)))
        if len(parts) == 1:
            words = words_of_html(decode(raw))
            parts = [evolve(parts[0], text=max(parts[0].text, words, key=len))]
    return FileFacts(path, tuple(parts), tuple(found.includes), names, flaw=flaw)


def _is_block(path: str, read: ReadXml) -> bool:
    assert read.root is not None
    tag = str(read.root.tag)
    if tag.startswith("{"):
        return False
    return (
        tag in CONTAINER_TAGS
        or tag in LEAF_TAGS
        or posixpath.basename(path) == DEFINITION_FILE
        or not _MARKS_OF_BLOCKS.isdisjoint(map(str, read.root.attrib))
    )


def _only_text(path: str, text: str, flaw: str) -> FileFacts:
    """Return a part that is nothing but text, for a definition that can not be read as XML."""
    names, _too_many = bounded(page_names(text))
    part = FilePart(key=path, type=_type_by_path(path), text=words_of_html(text), names=names)
    return FileFacts(path, (part,), flaw=flaw)


def _type_by_path(path: str) -> str:
    folders, _, file = path.rpartition("/")
    first = folders.partition("/")[0]
    if file != DEFINITION_FILE and first == "units":
        return "unit"
    name = first if first and file == DEFINITION_FILE else file.removesuffix(".xml")
    name = _MAIN_TYPES.get(name, name)
    return SAME_TYPES.get(name, name)[:60]


@define
class _Pages:
    """The pages that hold the contents of parts of one file."""

    _contents: BundleContents
    _read: dict[str, tuple[str, tuple[str, ...]]] = Factory(dict)
    _shown: Counter[str] = Factory(Counter)

    def fill(self, part: FilePart) -> FilePart:
        """Return a part with the words of its page."""
        page = part.page
        if page is None:
            return part
        if page not in self._contents.files:
            return evolve(part, page=None, names=(*part.names, page))
        self._shown[page] += 1
        if self._shown[page] > _MAX_SHOWN:
            return part
        words, languages = self._words(page)
        others = dict.fromkeys((*part.languages, *languages))
        return evolve(
            part,
            text=tidy(f"{part.text} {words}"),
            languages=tuple(each for each in others if each != part.language),
        )

    def _words(self, page: str) -> tuple[str, tuple[str, ...]]:
        if page not in self._read:
            with self._contents.open(page) as file:
                text = decode(file.read(_MAX_PAGE))
            self._read[page] = (words_of_html(text), languages_in_markup(text))
        return self._read[page]


def _read_text(contents: BundleContents, path: str) -> FileFacts:
    text = decode(contents.read(path, limit=MAX_SCANNED_BYTES))
    is_course = contents.bundle_type in COURSE_TYPES
    if is_course and path == _NAVIGATION_FILE:
        names, too_many = bounded(navigation_names(text))
    elif is_course and path in {"olx-layout.json", "policies/assets.json", "assets/assets.xml"}:
        return FileFacts(path)  # lists of all there is, used or not
    else:
        names, too_many = bounded(file_names(path, text))
    flaw = "too-many-names" if too_many else None
    if flaw is None and path.endswith((".js", ".mjs", ".html", ".htm")) and builds_names(text):
        flaw = "builds-names"
    readable = path.lower().endswith(_READABLE)
    return FileFacts(
        path,
        names=names,
        text=words_of_html(text) if readable else "",
        languages=languages_in_markup(text) if readable else (),
        flaw=flaw,
    )
