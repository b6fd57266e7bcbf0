"""Small exports, made of texts, and what tests ask of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from lxml import etree

from openedx_blockstore.courses.findings import FindingCollector
from openedx_blockstore.courses.identity import BlockKey
from openedx_blockstore.courses.olx import elements
from openedx_blockstore.courses.placing import PlacingLimits
from openedx_blockstore.courses.plan import CoursePlan, ExportFile, PlannedBundle
from openedx_blockstore.courses.planning import plan_import
from openedx_blockstore.courses.previous import PreviousImport
from openedx_blockstore.courses.reader import open_export
from openedx_blockstore.data import Finding

LIMITS = PlacingLimits(
    max_files={"": 100, "sequence": 500, "library": 1000, "video": 1000, "course": 1000,
               "assets": 1000},
    max_bundles=2000,
)  # fmt: skip

#: A course with one unit; tests put their own files beside it or in its place.
COURSE: dict[str, str | bytes] = {
    "course.xml": '<course url_name="run" org="Org" course="C1"/>',
    "course/run.xml": '<course display_name="A course"><chapter url_name="ch"/></course>',
    "chapter/ch.xml": '<chapter display_name="A chapter"><sequential url_name="s1"/></chapter>',
    "sequential/s1.xml": '<sequential display_name="One"><vertical url_name="v1"/></sequential>',
    "vertical/v1.xml": '<vertical display_name="Unit"><html url_name="h1"/></vertical>',
    "html/h1.xml": '<html filename="h1" display_name="Text"/>',
    "html/h1.html": "<p>Hello",
}

#: The same with a second sequential.
TWO_SEQUENTIALS: dict[str, str | bytes] = {
    **COURSE,
    "chapter/ch.xml": ('<chapter><sequential url_name="s1"/><sequential url_name="s2"/></chapter>'),
    "sequential/s2.xml": '<sequential display_name="Two"><vertical url_name="v2"/></sequential>',
    "vertical/v2.xml": '<vertical><html url_name="h2"/></vertical>',
    "html/h2.xml": '<html filename="h2"/>',
    "html/h2.html": "<p>Second",
}


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for path, contents in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    return folder


def read_files(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@frozen
class Planned:
    """A plan, its findings, and the contents of the files of the export."""

    plan: CoursePlan
    findings: tuple[Finding, ...]
    export: Mapping[str, bytes]

    @property
    def codes(self) -> Counter[str]:
        """How many findings there are of each code."""
        return Counter(finding.code for finding in self.findings)

    @property
    def keys(self) -> list[str]:
        """The keys of the bundles, lenders first."""
        return [str(bundle.key) for bundle in self.plan.bundles]

    def bundle(self, key: str) -> PlannedBundle:
        """Find a bundle by ``tag/name``."""
        (found,) = [bundle for bundle in self.plan.bundles if bundle.key == BlockKey.parse(key)]
        return found

    def read(self, key: str, path: str) -> str:
        """Return the contents of a file of a bundle."""
        contents = self.bundle(key).files[path]
        data = self.export[contents.path] if isinstance(contents, ExportFile) else contents
        return data.decode()

    def links(self, key: str) -> dict[str, str]:
        """Return alias → key of the lender."""
        return {alias: str(link.target) for alias, link in self.bundle(key).links.items()}

    def place(self, file: str) -> str:
        """Return where a file of the export went, as ``tag/name: path``."""
        key, path = self.plan.places[file]
        return f"{key}: {path}"


def plan_files(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    previous: PreviousImport | None = None,
    **limits: Any,
) -> Planned:
    """Write an export and plan its import."""
    write_files(folder, files)
    findings = FindingCollector()
    with open_export(folder, findings) as export:
        contents = {path: export.read(path) for path in export.files}
        plan = plan_import(export, previous or PreviousImport(), evolve(LIMITS, **limits), findings)
        assert set(plan.places) == set(export.files), "every file has a place"
    return Planned(plan, findings.sorted(), contents)


def read_blocks(folder: Path) -> list[Any]:
    """Read the blocks of an export as the platform would; white space between them is ignored."""
    for name in ("course.xml", "library.xml"):
        if (folder / name).exists():
            return _block(folder, etree.parse(folder / name).getroot(), ())
    raise AssertionError("no course here")


def _block(folder: Path, element: etree._Element, above: tuple[str, ...]) -> list[Any]:
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    name = attributes.get("url_name", "")
    file = folder / str(element.tag) / f"{name.replace(':', '/')}.xml"
    is_pointer = len(element) == 0 and set(attributes) <= {"url_name", "org", "course"}
    if is_pointer and name and file.exists() and str(file) not in above:
        try:
            inner = etree.parse(file).getroot()
        except etree.XMLSyntaxError:
            return [element.tag, name, file.read_bytes()]
        return [element.tag, attributes, *_block(folder, inner, (*above, str(file)))]
    page = folder / "html" / f"{attributes.get('filename', '').replace(':', '/')}.html"
    contents = page.read_bytes() if element.tag == "html" and page.is_file() else None
    children = [_block(folder, child, above) for child in elements(element)]
    texts = [(element.text or "").strip(), *((child.tail or "").strip() for child in element)]
    return [element.tag, attributes, contents, [text for text in texts if text], children]
