"""Reading OLX: files become documents, and documents know their blocks.

Nothing here knows XBlock classes, learning contexts or where files are stored.
"""

from openedx_blockstore_xblock.olx.documents import (
    OPTION_NAMESPACE,
    BlockElement,
    OlxDocument,
    is_child,
    parse_document,
    read_document,
)
from openedx_blockstore_xblock.olx.includes import INCLUDE_TAG, Include, parse_include
from openedx_blockstore_xblock.olx.parsing import MAX_BYTES, check_size, line_of, parse_olx

__all__ = [
    "INCLUDE_TAG",
    "MAX_BYTES",
    "OPTION_NAMESPACE",
    "BlockElement",
    "Include",
    "OlxDocument",
    "check_size",
    "is_child",
    "line_of",
    "parse_document",
    "parse_include",
    "parse_olx",
    "read_document",
]
