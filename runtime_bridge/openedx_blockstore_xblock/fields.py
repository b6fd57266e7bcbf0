"""Types of fields that blocks can be written with."""

from __future__ import annotations

import re
from typing import Any, cast

from xblock.core import XBlock
from xblock.fields import String

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")

#: What an address may begin with that leads somewhere else. Scripts are none.
_SCHEMES = frozenset({"data", "http", "https", "mailto"})

_SPLIT = re.compile(r"([^?#]*)(.*)", re.DOTALL)


class ResourceURL(String):  # type: ignore[misc]
    """The address of a file or a page, as authors write it.

    That is what a block reads and editors show, and what stands in OLX: an address of the web,
    ``/static/cat.png``, ``./cat.png`` or ``links/{alias}/cat.png``. What a browser is to be given
    is asked for by itself::

        picture = ResourceURL(scope=Scope.content)

        def student_view(self, context):
            address = type(self).picture.url(self)
    """

    def url(self, block: XBlock) -> str:
        """Return the field's value as a browser can use it; empty where there is nothing to use.

        In runtimes that know no files of bundles it is what authors have written.
        """
        written = cast(str | None, self.__get__(block, type(block)))
        return resolve(block.runtime, block, written or "")


def resolve(runtime: Any, block: XBlock, written: str) -> str:
    """Return the address that a browser can use for what an author has written in a block.

    Args:
        runtime: The block's.

    Returns:
        Empty where it names a file that is not there, or is the address of a script.
    """
    address = written.strip()
    if scheme := _SCHEME.match(address):
        return address if scheme[1].lower() in _SCHEMES else ""
    find = getattr(runtime, "reference_url", None)
    if find is None or not address or address.startswith(("//", "#", "?")):
        return address
    if address.startswith("/") and not address.startswith("/static/"):
        return address
    split = _SPLIT.fullmatch(address)
    if split is None:
        raise AssertionError("Every text is split.")
    found = cast(str | None, find(block, split[1]))
    return found + split[2] if found is not None else ""


__all__ = ["ResourceURL", "resolve"]
