"""Addresses in what blocks show: ``/static/…``, ``./…`` and ``links/…`` become where files are."""

from __future__ import annotations

import re
from collections.abc import Callable

from openedx_blockstore_xblock.assets import STATIC

#: A quoted value, in HTML or in text inside it, that begins as references to files do.
_QUOTED = re.compile(
    r"(?P<quote>\\?[\"']|&quot;|&#34;|&#39;)(?P<prefix>/static/|\./|links/)(?P<rest>(?:(?!(?P=quote))[^<>\s])+)(?P=quote)"
)

#: The same in ``url(…)`` of styles, without quotes.
_IN_STYLES = re.compile(r"url\(\s*(?P<prefix>/static/|\./|links/)(?P<rest>[^)\"'\s]+)\s*\)")

#: Resources of block packages; they are no files of bundles.
_PACKAGES = "xblock/"


class ReplaceURLService:
    """Rewrites what blocks show.

    Args:
        find: Is given a reference and returns the address of the file, or None where there is none.
    """

    def __init__(self, find: Callable[[str], str | None]) -> None:
        self._find = find

    def replace_urls(self, text: str, static_replace_only: bool = False) -> str:  # noqa: FBT001, FBT002, ARG002 - the platform's
        """Return a text with the addresses of files; what is not there stays as it is."""
        text = _QUOTED.sub(self._quoted, text)
        return _IN_STYLES.sub(self._in_styles, text)

    def _quoted(self, match: re.Match[str]) -> str:
        url = self._url(match["prefix"], match["rest"])
        return f"{match['quote']}{url}{match['quote']}" if url is not None else match[0]

    def _in_styles(self, match: re.Match[str]) -> str:
        url = self._url(match["prefix"], match["rest"])
        return f"url({url})" if url is not None else match[0]

    def _url(self, prefix: str, rest: str) -> str | None:
        if prefix == STATIC and rest.startswith(_PACKAGES):
            return None
        path, mark, tail = _split(rest)
        url = self._find(f"{prefix}{path}")
        return None if url is None or tail == "raw" else f"{url}{mark}{tail}"


def _split(rest: str) -> tuple[str, str, str]:
    """Split off a query or a fragment."""
    found = re.search(r"[?#]", rest)
    if found is None:
        return rest, "", ""
    return rest[: found.start()], found[0], rest[found.end() :]
