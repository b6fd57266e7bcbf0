"""Reads the numbers of versions in addresses."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from openedx_blockstore.exceptions import BundleVersionNotFound


def parse_number(bundle_uuid: UUID, text: str) -> int:
    """Return the number of a version.

    Raises:
        BundleVersionNotFound: No version can have it.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) < 2**31):  # noqa: PLR2004
        unknown: Any = text
        raise BundleVersionNotFound(bundle_uuid, unknown)
    return int(text)
