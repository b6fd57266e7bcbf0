"""What authors have written of a block: its fields and children, read out of OLX."""

from openedx_blockstore_xblock.authored.bodies import body_path
from openedx_blockstore_xblock.authored.field_data import AuthoredFieldData, GivenSettings
from openedx_blockstore_xblock.authored.parsed import (
    InlineChild,
    ParsedBlock,
    bare_block,
    is_authored,
    parse_block,
)

__all__ = [
    "AuthoredFieldData",
    "GivenSettings",
    "InlineChild",
    "ParsedBlock",
    "bare_block",
    "body_path",
    "is_authored",
    "parse_block",
]
