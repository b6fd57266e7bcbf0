"""The files of blocks in an export: definitions, and what lies beside them."""

from __future__ import annotations

from lxml import etree

from openedx_blockstore.courses import olx
from openedx_blockstore.courses.assets import ASSETS_POLICY, AssetIndex
from openedx_blockstore.courses.blocks import Attachment, Block
from openedx_blockstore.courses.findings import FindingCollector, quoted
from openedx_blockstore.courses.reader import CourseExport
from openedx_blockstore.courses.references import find_missing_transcripts

_UTF_8 = frozenset({"utf-8", "us-ascii", "ascii"})


def index_assets(export: CourseExport) -> AssetIndex:
    """Index the assets of an export."""
    policy = export.read(ASSETS_POLICY) if ASSETS_POLICY in export.files else b""
    return AssetIndex(export.files, policy)


def read_definition(
    export: CourseExport, file: str, findings: FindingCollector
) -> etree._Element | None:
    """Parse a definition; None, with a finding, for one that can only be kept as bytes."""
    contents = export.read(file)
    try:
        element = olx.parse_olx(contents)
    except olx.OlxError as error:
        findings.error(error.code, file, f"Kept as it is, but not understood: {error}.", error.line)
        return None
    if (encoding := olx.declared_encoding(contents)) not in _UTF_8:
        findings.info("not-utf-8", file, f"It is encoded in {quoted(encoding)}.")
    return element


def find_attachments(
    export: CourseExport, block: Block, assets: AssetIndex, findings: FindingCollector
) -> list[Attachment]:
    """Return the files that belong to a block alone, beside its definition."""
    if block.key.tag == "html":
        page = find_page(export, block.element, block.url_name)
        if page is not None:
            return [Attachment(page.removeprefix("html/"), page)]
        if block.element is not None and (name := block.element.get("filename")):
            findings.warning(
                "missing-page",
                block.source,
                f"Its page {quoted(f'html/{name}.html')} is not there.",
            )
    elif block.key.tag in olx.VIDEO_TAGS and block.element is not None:
        for name in find_missing_transcripts(block.element, assets):
            findings.warning(
                "missing-transcript",
                block.source,
                f"The transcript {quoted(name)} is not in static/.",
                olx.line_of(block.element) if block.is_inline else None,
            )
    elif block.element is not None and (name := block.element.get("filename")):
        file = f"{block.key.tag}/{name}.xml"
        if file in export.files and file != block.file:
            return [Attachment(f"{name}.xml", file)]
    return []


def find_page(export: CourseExport, element: etree._Element | None, name: str = "") -> str | None:
    """Return the file with the contents of an ``html`` block.

    Args:
        element: The block; None where its definition can not be parsed, and has the page that is
            called as it is, if any.
    """
    filename = name if element is None else element.get("filename", "")
    if not filename:
        return None
    plain = filename.replace(":", "/")
    for candidate in (f"html/{filename}.html", f"html/{plain}.html", f"html/{plain}"):
        if candidate in export.files and candidate.endswith((".html", ".htm")):
            return candidate
    return None
