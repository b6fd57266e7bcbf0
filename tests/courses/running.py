"""A reader of imported courses by nothing but the rules for runtimes, and what it can resolve.

A definition is any OLX file; ``type/id`` is ``type/id/definition.xml``, a path that ends in
``.xml`` is itself; ``source`` is a link. ``/static/x`` is looked for beside the block, then at the
root of its bundle, then through the links. Like the platform, it tries the name as it is, then
percent-decoded.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

from attrs import Factory, define, frozen
from lxml import etree

from openedx_blockstore import api
from openedx_blockstore.courses.assets import AssetIndex
from openedx_blockstore.courses.olx import elements
from openedx_blockstore.courses.references import (
    ASSET_ATTRIBUTES,
    find_asset_references,
    find_relative_assets,
    find_video_assets,
)
from openedx_blockstore.data import BundleVersionData
from tests.courses.helpers import read_files


@define
class Resolved:
    """What was compared.

    Attributes:
        elements: How many elements the course has, once per place where they are used.
        before: How many references to assets resolve in the export.
        lost: Those that do not lead to the same bytes in the bundles.
    """

    elements: int = 0
    before: int = 0
    lost: list[str] = Factory(list)


@frozen
class Place:
    """A definition that is being read: its bundle, version and folder."""

    bundle_uuid: UUID
    version: int
    folder: str


class _Export:
    """The export, as the platform reads it."""

    def __init__(self, folder: Path) -> None:
        self.files = read_files(folder)
        self.assets = AssetIndex(self.files, self.files.get("policies/assets.json", b""))

    def enter(self, element: etree._Element) -> etree._Element:
        """Return what a pointer stands for, or else the element itself."""
        name = element.get("url_name", "").replace(":", "/")
        contents = self.files.get(f"{element.tag}/{name}.xml")
        is_pointer = not len(element) and set(element.attrib) <= {"url_name", "org", "course"}
        return etree.fromstring(contents) if contents is not None and is_pointer else element

    def page(self, element: etree._Element) -> str:
        name = element.get("filename", "").replace(":", "/")
        for file in (f"html/{name}.html", f"html/{name}"):
            if element.tag == "html" and name and file in self.files:
                return self.files[file].decode("utf-8", "replace")
        return ""

    def names(self, element: etree._Element) -> Iterator[tuple[str, str]]:
        """Yield the assets that an element and its page name: the name, and the file."""
        texts = [*element.attrib.values(), element.text or "", self.page(element)]
        texts += [child.tail or "" for child in element]
        for text in texts:
            for reference in find_asset_references(str(text), self.assets):
                if reference.asset is not None:
                    yield reference.name, reference.asset
        for name in ASSET_ATTRIBUTES:
            value = element.get(name, "")
            if asset := self.assets.find(value):
                yield value, asset
        if element.tag == "video":
            for name, asset in find_video_assets(element, self.assets).items():
                yield name, asset


def compare(folder: Path, course_bundle_uuid: UUID) -> Resolved:
    """Read an export and what it became side by side, and compare what their references lead to."""
    resolved = Resolved()
    export = _Export(folder)
    version = api.get_bundle_version(course_bundle_uuid)
    assert version is not None
    place = Place(course_bundle_uuid, version.version, "")
    root = export.enter(etree.fromstring(export.files["course.xml"]))
    outline = json.loads(_read(place, "navigation.json"))["chapters"]
    items = [item for chapter in outline for item in chapter["sequences"]]
    _compare_names(export, root, place, resolved)
    for child in elements(root):
        if child.tag == "chapter":
            for inner in elements(export.enter(child)):
                _compare_item(export, inner, place, items.pop(0), resolved)
        elif child.tag in {"wiki", "textbook"}:
            _compare_names(export, child, place, resolved)
        else:
            _compare_item(export, child, place, items.pop(0), resolved)
    assert items == []
    return resolved


def _compare_item(
    export: _Export, child: etree._Element, place: Place, item: dict[str, str], resolved: Resolved
) -> None:
    include = etree.Element("xblock-include", definition=item["file"], source=item["link"])
    _compare(export, child, include, place, resolved)


def _compare(
    export: _Export,
    before: etree._Element,
    after: etree._Element,
    place: Place,
    resolved: Resolved,
) -> None:
    """Compare two elements, and all below them."""
    pending = [(before, after, place)]
    while pending:
        before, after, place = pending.pop()
        before = export.enter(before)
        if after.tag == "xblock-include":
            after, place = _enter(after, place)
        assert before.tag == {"unit": "vertical"}.get(str(after.tag), after.tag)
        resolved.elements += 1
        _compare_names(export, before, place, resolved)
        if page := export.page(before):
            name = before.get("filename", "").replace(":", "/")
            name = name if name.endswith(".html") else f"{name}.html"
            assert _read(place, f"{place.folder}/{name}".lstrip("/")) == page.encode()
        inside = list(zip(elements(before), elements(after), strict=True))
        pending += [(one, other, place) for one, other in inside]


def _enter(include: etree._Element, place: Place) -> tuple[etree._Element, Place]:
    definition = include.get("definition", "")
    path = definition if definition.endswith(".xml") else f"{definition}/definition.xml"
    if source := include.get("source"):
        place = _links(place)[source]
    folder = path.rpartition("/")[0]
    place = Place(place.bundle_uuid, place.version, folder)
    return etree.fromstring(_read(place, path)), place


def _compare_names(
    export: _Export, element: etree._Element, place: Place, resolved: Resolved
) -> None:
    for name, asset in set(export.names(element)):
        resolved.before += 1
        found = _find(place, name)
        if found is None or _read(*found) != export.files[asset]:
            resolved.lost.append(f"{place.folder}: {name}")
            continue
        text = export.files[asset].decode("utf-8", "replace")
        if asset.endswith((".html", ".css")):
            _compare_neighbours(export, asset, text, found, resolved)


def _compare_neighbours(
    export: _Export, asset: str, text: str, found: tuple[Place, str], resolved: Resolved
) -> None:
    """A page that is served finds what it names by relative path."""
    where, path = found
    for other in find_relative_assets(asset, text, export.assets):
        resolved.before += 1
        neighbour = path.removesuffix(asset.removeprefix("static/"))
        neighbour += other.removeprefix("static/")
        if not _has(where, neighbour):
            resolved.lost.append(f"{asset}: {other}")


def _find(place: Place, name: str) -> tuple[Place, str] | None:
    for candidate in dict.fromkeys((name, unquote(name))):
        path = unicodedata.normalize("NFC", f"static/{candidate}")
        if _has(place, f"{place.folder}/{path}"):
            return place, f"{place.folder}/{path}"
        for where in (place, *_links(place).values()):
            if _has(where, path):
                return where, path
    return None


@lru_cache(maxsize=10_000)
def _version(uuid: UUID, version: int) -> BundleVersionData:
    found = api.get_bundle_version(uuid, version)
    assert found is not None
    return found


def _links(place: Place) -> dict[str, Place]:
    links = _version(place.bundle_uuid, place.version).links
    return {
        alias: Place(link.direct.bundle_uuid, link.direct.version, "")
        for alias, link in sorted(links.items())
    }


def _has(place: Place, path: str) -> bool:
    return path in _version(place.bundle_uuid, place.version).files


def _read(place: Place, path: str) -> bytes:
    with api.open_bundle_file(place.bundle_uuid, path, version_number=place.version) as file:
        return file.read()
