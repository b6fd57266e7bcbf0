"""Blocks in one state of their bundle, with the bytes that they are written in."""

from __future__ import annotations

from attrs import frozen
from xblock.core import XBlock

from openedx_blockstore import api
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.authored import ParsedBlock, body_path, parse_block
from openedx_blockstore_xblock.block_classes import find_class, is_container
from openedx_blockstore_xblock.data import BlockOlx
from openedx_blockstore_xblock.exceptions import BadOlx, BlockNotFound
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.olx import BlockElement, OlxDocument, parse_document
from openedx_blockstore_xblock.serialising import block_source, in_utf8


@frozen(eq=False)
class StoredBlock:
    """A block in one state of its bundle.

    Attributes:
        source: Its file, in UTF-8.
        document: What was parsed of it; None where that can not be, which only the root bears.
        body: The text that its element leaves to another file, whose path is ``body_file``.
    """

    usage_key: BlockstoreUsageKey
    contents: BundleContents
    source: bytes
    document: OlxDocument | None
    element: BlockElement | None
    body_file: str | None = None
    body: bytes | None = None

    @property
    def olx(self) -> str:
        """The block's own OLX."""
        own = self.source
        if self.element is not None:
            own = block_source(self.source, self.element)
        return own.decode("utf-8", "replace")

    @property
    def value(self) -> BlockOlx:
        """What callers are given."""
        body = self.body.decode("utf-8", "replace") if self.body is not None else None
        text = self.olx.encode() + (b"\0" + self.body if self.body is not None else b"")
        return BlockOlx(
            self.usage_key, self.olx, api.digest_of(text), self.usage_key.path, body=body
        )

    def parse(self) -> tuple[OlxDocument, BlockElement, type[XBlock], ParsedBlock]:
        """Return what the block's class makes of it.

        Raises:
            BadOlx: There is no such class, or it can not make anything of it.
        """
        path = self.usage_key.path
        if self.document is None or self.element is None:
            # Parsed once more for the error that says what is wrong.
            document = parse_document(self.source, file=path, is_container=is_container)
            raise BadOlx(path, f"it holds no {document.root.block_type!r}")
        block_class = find_class(self.element.block_type)
        if block_class is None:
            raise BadOlx(path, f"no installed package has blocks like {self.element.block_type!r}")
        body = self.value.body
        parsed = parse_block(self.document, self.element, block_class, body=body)
        return self.document, self.element, block_class, parsed


def read_block(usage_key: BlockstoreUsageKey, contents: BundleContents) -> StoredBlock:
    """Return a block of a state of its bundle.

    Raises:
        BlockNotFound: It is not there.
        BadOlx: It stands inside a file that can not be read.
        StorageError: The storage failed.
    """
    path = usage_key.path
    if path not in contents.files:
        raise BlockNotFound(usage_key, f"its bundle has no file {path!r}")
    source = contents.read(path)
    try:
        document = parse_document(source, file=path, is_container=is_container)
        if (in_unicode := in_utf8(source, document.root.element)) != source:
            source = in_unicode
            document = parse_document(source, file=path, is_container=is_container)
    except BadOlx:
        if usage_key.inner_id:
            raise
        # Whoever is to mend the file has to see it.
        return StoredBlock(usage_key, contents, source, None, None)
    element = document.find(usage_key.inner_id)
    if element is None:
        raise BlockNotFound(usage_key, f"its file has no block {usage_key.inner_id!r}")
    body_file = body_path(element.element, path, contents.files)
    body = contents.read(body_file) if body_file is not None else None
    return StoredBlock(usage_key, contents, source, document, element, body_file, body)


def read_draft_block(usage_key: BlockstoreUsageKey, draft: str) -> StoredBlock:
    """Return a block as a draft of its bundle has it; what the draft does not change is the latest.

    It raises what :func:`read_block` raises, and BundleNotFound.
    """
    contents = api.get_bundle_contents(usage_key.bundle_uuid, use_draft=draft)
    return read_block(usage_key, contents)
