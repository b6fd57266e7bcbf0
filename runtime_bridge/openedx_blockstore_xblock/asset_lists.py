"""The static files that a block may show, and those to which it refers."""

from __future__ import annotations

import json
import posixpath
import re
from urllib.parse import unquote

from attrs import frozen
from xblock.core import XBlock
from xblock.fields import Scope

#: As far as a name in a text goes: it may be quoted in HTML, in JSON, or in styles.
_REFERENCE = re.compile(r"/static/([^\s\"'<>()\\&?#]+)")


@frozen
class Asset:
    """A file that a block calls ``/static/{name}``.

    Attributes:
        path: Where it is in the block's bundle; empty where it is behind a link.
        size: In bytes; None where it is behind a link.
        is_used: What the block's authors have written names it.
    """

    name: str
    path: str
    size: int | None
    digest: str
    is_used: bool


def list_assets(block: XBlock) -> list[Asset]:
    """Return the files that a block finds, by name.

    Those beside its own file come before those of the same name at the root of its bundle. Of what
    is behind links there are those to which the block refers.
    """
    used = references(block)
    contents = block.runtime.contents_of(block)
    if contents is None:
        return []
    beside = posixpath.join(posixpath.dirname(block.scope_ids.usage_id.path), "static/")
    found: dict[str, Asset] = {}
    for folder in dict.fromkeys((beside, "static/")):
        for path, file in contents.files.items():
            name = path.removeprefix(folder)
            if path.startswith(folder) and name not in found:
                found[name] = Asset(name, path, file.size, file.digest, name in used)
    for name in used - found.keys():
        if block.runtime.asset_url(block, name) is not None:
            found[name] = Asset(name, "", None, "", is_used=True)
    return [found[name] for name in sorted(found)]


def references(block: XBlock) -> set[str]:
    """Return the names of static files that stand in what authors have written of a block."""
    texts = [
        json.dumps(field.to_json(field.read_from(block)), ensure_ascii=False, default=str)
        for field in block.fields.values()
        if field.scope in {Scope.content, Scope.settings} and field.is_set_on(block)
    ]
    names = {name for text in texts for name in _REFERENCE.findall(text)}
    return names | {unquote(name) for name in names}
