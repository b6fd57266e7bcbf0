"""Writing OLX: fields of a block go back into its element, and nothing else in the file changes.

What was not changed keeps its bytes: the other blocks of the file, comments, the order and the
quotes of attributes. What a class does not read (attributes and elements that it does not know) it
can not write either, so it is kept as it is in the file. Whatever is written is read again before
it counts: fields that a class would lose are an error, and never lost.
"""

from openedx_blockstore_xblock.serialising.blocks import WrittenBlock, write_block
from openedx_blockstore_xblock.serialising.spans import (
    block_source,
    in_utf8,
    replace_block,
)

__all__ = ["WrittenBlock", "block_source", "in_utf8", "replace_block", "write_block"]
