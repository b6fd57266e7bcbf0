"""What earlier imports of the same course decided, and the next one keeps to."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, frozen

from openedx_blockstore.courses.identity import BlockKey


@frozen
class PreviousImport:
    """The decisions of earlier imports; empty for a course that is new.

    Attributes:
        homes: Block → the key of its bundle's main block, and its path there.
        unnamed: Block → the names that were made up inside it, with the digests of the contents.
    """

    homes: Mapping[BlockKey, tuple[BlockKey, str]] = Factory(dict)
    unnamed: Mapping[BlockKey, Mapping[str, str]] = Factory(dict)
