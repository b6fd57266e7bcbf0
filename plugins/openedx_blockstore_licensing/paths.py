"""Paths and patterns that licences are given to."""

from __future__ import annotations

import re
import unicodedata

from openedx_blockstore_licensing.exceptions import InvalidLicensePath

_MAX_LENGTH = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def normalize_path(path: object) -> str:
    """Return a path or pattern in its one spelling; empty for the whole bundle.

    Raises:
        InvalidLicensePath: No file can be at it.
    """
    if not isinstance(path, str):
        raise InvalidLicensePath(path, f"it must be text, not {type(path).__name__}")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InvalidLicensePath(path, "it holds half of a surrogate pair") from error
    normal = unicodedata.normalize("NFC", path)
    if len(normal) > _MAX_LENGTH:
        raise InvalidLicensePath(path, f"it has more than {_MAX_LENGTH} characters")
    if _CONTROL.search(normal):
        raise InvalidLicensePath(path, "it holds a control character or a backslash")
    parts = normal.removesuffix("/").split("/") if normal else []
    if any(part in {"", ".", ".."} for part in parts):
        raise InvalidLicensePath(path, "it must be relative, without empty parts, . and ..")
    if parts and parts[0].casefold() in {"links", ".blockstore"}:
        raise InvalidLicensePath(path, f"{parts[0]}/ holds nothing of the bundle's own")
    return normal
