"""Imports ask here whether blocks load: each is read by its class, as the runtime would read it."""

from __future__ import annotations

from collections.abc import Iterable

from xblock.core import XBlock

from openedx_blockstore.data import Finding, Severity
from openedx_blockstore.plugin_api import BundleContents, ImportValidator
from openedx_blockstore.plugin_tools import plugins_of
from openedx_blockstore_xblock.authored import body_path, parse_block
from openedx_blockstore_xblock.block_classes import find_class, is_container
from openedx_blockstore_xblock.conf import get_settings
from openedx_blockstore_xblock.exceptions import BadOlx, MalformedOlx
from openedx_blockstore_xblock.olx import (
    BlockElement,
    OlxDocument,
    check_size,
    parse_olx,
    read_document,
)

#: The code of all findings but the last one of too many.
CODE = "does-not-load"

#: Blocks of one bundle that are read, and findings that are made.
MAX_BLOCKS = 50_000
MAX_FINDINGS = 1_000

#: Characters of what a class says of a block that it refuses.
_MAX_REASON = 400

_MEND = "Correct it as the message says; the documentation of this type says what blocks may have."

#: Folders of a course with XML that is no block, or that no block uses.
_NOT_BLOCKS = ("about/", "assets/", "drafts/", "info/", "other/", "policies/", "tabs/")

#: The validator that says better what is wrong with XML, if it is on.
_OLX_VALIDATOR = "olx"


class RuntimeValidator(ImportValidator):
    """Reads the blocks of bundles of all types, since each may hold OLX.

    Nothing is said of types of which no package is installed: they say nothing of the content.
    """

    def validate(
        self,
        contents: BundleContents,
        previous: BundleContents | None,  # noqa: ARG002 - nothing loads because it is older
    ) -> Iterable[Finding]:
        """Return an error for each block that does not load, and each file that can not be read."""
        return _Loading(contents).findings() if get_settings().CHECK_IMPORTS else ()


class _Loading:
    """Reads all blocks of a bundle; one file is held in memory at a time."""

    def __init__(self, contents: BundleContents) -> None:
        self._contents = contents
        self._blocks = 0
        self._found: list[Finding] = []

    def findings(self) -> tuple[Finding, ...]:
        """Return what does not load, by file and line."""
        for path in filter(_is_definition, self._contents.files):
            if self._is_over():
                self._found.append(_rest(path))
                break
            try:
                self._read_file(path)
            except MalformedOlx as error:
                if _OLX_VALIDATOR not in plugins_of(ImportValidator):
                    self._add(error)
            except BadOlx as error:
                self._add(error)
        return tuple(self._found)

    def _is_over(self) -> bool:
        return self._blocks >= MAX_BLOCKS or len(self._found) >= MAX_FINDINGS

    def _add(self, error: BadOlx) -> None:
        reason = " ".join(error.reason.split()).rstrip(".")
        if len(reason) > _MAX_REASON:
            reason = f"{reason[:_MAX_REASON]}…"
        message = f"The runtime can not load it: {reason}."
        self._found.append(Finding(Severity.ERROR, CODE, error.file, error.line, message, _MEND))

    def _read_file(self, path: str) -> None:
        root = parse_olx(self._bytes(path), file=path)
        if find_class(str(root.tag)) is None:
            return  # there is XML that is no OLX, and there are blocks that run elsewhere
        document = read_document(root, file=path, is_container=is_container)
        for block in document:
            block_class = find_class(block.block_type)
            if block_class is None:
                continue
            if self._is_over():
                return
            self._blocks += 1
            try:
                self._read_block(document, block, block_class)
            except BadOlx as error:
                self._add(error)

    def _read_block(
        self, document: OlxDocument, block: BlockElement, block_class: type[XBlock]
    ) -> None:
        body = None
        in_file = body_path(block.element, document.file, self._contents.files)
        if in_file is not None:
            body = self._bytes(in_file).decode("utf-8", "replace")
        parse_block(document, block, block_class, body=body)

    def _bytes(self, path: str) -> bytes:
        check_size(self._contents.files[path].size, file=path)
        return self._contents.read(path)


def _is_definition(path: str) -> bool:
    folders = path.split("/")[:-1]
    is_olx = path.lower().endswith(".xml") and "static" not in folders
    return is_olx and not path.startswith(_NOT_BLOCKS)


def _rest(path: str) -> Finding:
    return Finding(
        Severity.INFO,
        "not-all-loaded",
        path,
        None,
        f"Whether blocks load was not looked at from this file on: there are more than "
        f"{MAX_BLOCKS:,} blocks, or {MAX_FINDINGS:,} findings.",
    )
