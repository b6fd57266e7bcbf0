"""The two names of an asset, and finding the file that a reference means.

OLX says ``/static/Brain_yellow.png`` where the export holds ``static/Brain yellow.png``: the
platform replaces every character of an asset's name outside ``[A-Za-z0-9_.~-]`` by an underscore,
and ``policies/assets.json`` maps the one name (its key) to the other (``displayname``).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

STATIC_FOLDER = "static/"
ASSETS_POLICY = "policies/assets.json"

_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_.~-]")


def asset_key(name: str) -> str:
    """Return the name by which the platform serves an asset."""
    return _NOT_IN_KEYS.sub("_", name)


class AssetIndex:
    """All assets of an export, to be found by any of their names."""

    def __init__(self, paths: Iterable[str], assets_policy: bytes = b"") -> None:
        """Index assets.

        Args:
            paths: The paths of all files of the export; only those in ``static/`` count.
            assets_policy: The bytes of ``policies/assets.json``, if the export has one.
        """
        self._by_name: dict[str, str] = {}
        self._by_key: dict[str, str] = {}
        for path in sorted(paths):
            if path.startswith(STATIC_FOLDER):
                name = path.removeprefix(STATIC_FOLDER)
                self._by_name.setdefault(unicodedata.normalize("NFC", name), path)
                self._by_key.setdefault(asset_key(name), path)
        for key, name in read_display_names(assets_policy).items():
            found = self._by_name.get(unicodedata.normalize("NFC", name))
            if found is not None:
                self._by_key.setdefault(key, found)

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: str) -> str | None:
        """Return the path in the export of the asset with this name or key, or None."""
        plain = unicodedata.normalize("NFC", name)
        decoded = unicodedata.normalize("NFC", unquote(name))
        keys = (plain, decoded, asset_key(plain), asset_key(decoded))
        found = [self._by_name.get(plain), self._by_name.get(decoded)]
        found += [self._by_key.get(key) for key in keys]
        return next(filter(None, found), None)


def read_display_names(assets_policy: bytes) -> dict[str, str]:
    """Read key → ``displayname`` from the bytes of ``policies/assets.json``; damage is no error."""
    try:
        policy: Any = json.loads(assets_policy or b"{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(policy, dict):
        return {}
    return {
        key: entry["displayname"]
        for key, entry in policy.items()
        if isinstance(entry, dict) and isinstance(entry.get("displayname"), str)
    }
