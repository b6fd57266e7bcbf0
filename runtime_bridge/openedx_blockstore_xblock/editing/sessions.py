"""What an author does with blocks in one page: each save begins where the last one ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore_xblock.authored import ParsedBlock
from openedx_blockstore_xblock.editing.blocks import read_block
from openedx_blockstore_xblock.editing.changes import change_block, written_change
from openedx_blockstore_xblock.keys import BlockstoreUsageKey


class EditSession:
    """Saves the authored fields of blocks into drafts.

    Args:
        draft: The name of the drafts, one in each bundle.
        bases: The digests of the OLX that the author has before them, by usage. Of other blocks it
            is what they were loaded from.
    """

    def __init__(self, draft: str, bases: Mapping[BlockstoreUsageKey, str] | None = None) -> None:
        self.draft = draft
        self._bases = dict(bases or {})

    def base(self, usage_key: BlockstoreUsageKey) -> str | None:
        """Return what the author has before them of a block; None where it is not known."""
        return self._bases.get(usage_key)

    def save(
        self, usage_key: BlockstoreUsageKey, loaded: BundleContents, wanted: Mapping[str, Any]
    ) -> ParsedBlock:
        """Write the fields of a block, and return what is there now.

        Args:
            loaded: The state of the bundle from which the block was loaded.
            wanted: All of its authored fields that are set, as JSON has them.

        Raises:
            EditConflict, DraftConflict: Others have changed the block since the author began.
            UnwritableField: OLX can not hold a value.
            BadOlx, BlockNotFound, StorageError: There is nothing to write into.
        """
        base = self._bases.get(usage_key) or read_block(usage_key, loaded).value.digest
        written = change_block(usage_key, written_change(wanted), draft=self.draft, base=base)
        self._bases[usage_key] = written.value.digest
        _document, _element, _class, parsed = written.parse()
        return parsed
