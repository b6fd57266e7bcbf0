"""The form in which tags travel in exports.

``tags.json`` says which tags there are, by taxonomy; ``taxonomies.json`` has what a store that does
not know those taxonomies needs: their rules, and of their lists the tags in use with those above
them, each as the library's own JSON format has it. Both are the same bytes for the same tags.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

TAGS = "tags.json"
TAXONOMIES = "taxonomies.json"

_VERSION = 1

#: Bytes of a file that is read: 1,000 parts with 100 tags each.
MAX_BYTES = 16 * 2**20


class Unreadable(ValueError):
    """A file is not of this form.

    Attributes:
        file: Its name; empty where it is not there.
    """

    def __init__(self, reason: str, file: str = "") -> None:
        self.file = file
        super().__init__(f"{file} {reason}" if file else reason)


@frozen
class ArchivedTag:
    """A tag as an export has it.

    Attributes:
        id: Its external identifier; None where it has none.
        parent: The value of the tag above it; None at the top.
    """

    value: str
    id: str | None = None
    parent: str | None = None


@frozen
class ArchivedTaxonomy:
    """A taxonomy as an export has it.

    Attributes:
        tags: Those of its list that are in use, with those above them, which come first.
    """

    export_id: str
    name: str
    description: str = ""
    allow_multiple: bool = True
    allow_free_text: bool = False
    system_defined: bool = False
    tags: tuple[ArchivedTag, ...] = ()


#: The tags of something by the ``export_id`` of their taxonomy; no tags: it had some before.
TagsByTaxonomy = Mapping[str, tuple[ArchivedTag, ...]]


@frozen
class Archived:
    """What an export knows of the tags of one thing.

    Attributes:
        tags: Those of the bundle as a whole, or of a collection.
        parts: Those of the parts of a bundle, by their keys.
    """

    tags: TagsByTaxonomy = field(factory=dict)
    parts: Mapping[str, TagsByTaxonomy] = field(factory=dict)
    taxonomies: Mapping[str, ArchivedTaxonomy] = field(factory=dict)

    def used(self, taxonomy: str) -> list[ArchivedTag]:
        """Return the tags of a taxonomy that are on something, each once."""
        somewhere = (self.tags, *self.parts.values())
        return list(dict.fromkeys(tag for tags in somewhere for tag in tags.get(taxonomy, ())))


# Writing -----------------------------------------------------------------------------------------


def write(archived: Archived) -> dict[str, bytes]:
    """Return the files of an export."""
    return {
        TAGS: _json(
            {
                "format": _VERSION,
                "tags": _plain(archived.tags),
                "parts": {part: _plain(tags) for part, tags in archived.parts.items()},
            }
        ),
        TAXONOMIES: _json(
            {
                "format": _VERSION,
                "taxonomies": [
                    _plain_taxonomy(archived.taxonomies[name])
                    for name in sorted(archived.taxonomies)
                ],
            }
        ),
    }


def _plain(tags: TagsByTaxonomy) -> dict[str, Any]:
    return {
        taxonomy: [{"id": tag.id, "value": tag.value} for tag in sorted(some, key=_order)]
        for taxonomy, some in tags.items()
    }


def _plain_taxonomy(taxonomy: ArchivedTaxonomy) -> dict[str, Any]:
    return {
        "export_id": taxonomy.export_id,
        "name": taxonomy.name,
        "description": taxonomy.description,
        "allow_multiple": taxonomy.allow_multiple,
        "allow_free_text": taxonomy.allow_free_text,
        "system_defined": taxonomy.system_defined,
        "tags": [
            {"id": tag.id, "value": tag.value, "parent_value": tag.parent} for tag in taxonomy.tags
        ],
    }


def _order(tag: ArchivedTag) -> tuple[str, str]:
    return tag.value, tag.id or ""


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


# Reading -----------------------------------------------------------------------------------------


def read(files: Mapping[str, bytes]) -> Archived:
    """Return what the files of an export say. They come from strangers.

    Raises:
        Unreadable: They are not of this form.
    """
    tags = _load(files, TAGS)
    taxonomies = _load(files, TAXONOMIES)
    parts = _mapping(tags.get("parts", {}), TAGS)
    read_taxonomies = [
        _taxonomy(value) for value in _list(taxonomies.get("taxonomies"), TAXONOMIES)
    ]
    return Archived(
        tags=_tags(tags.get("tags")),
        parts={part: _tags(value) for part, value in parts.items()},
        taxonomies={taxonomy.export_id: taxonomy for taxonomy in read_taxonomies},
    )


def _load(files: Mapping[str, bytes], name: str) -> Mapping[str, Any]:
    contents = files.get(name)
    if contents is None:
        raise Unreadable(f"there is no {name}")
    if len(contents) > MAX_BYTES:
        raise Unreadable(f"is larger than {MAX_BYTES:,} bytes", name)
    try:
        value = json.loads(contents)
    except (ValueError, RecursionError) as error:
        raise Unreadable("is not JSON", name) from error
    loaded = _mapping(value, name)
    if loaded.get("format") != _VERSION:
        raise Unreadable(f"is of the format {loaded.get('format')!r:.40}, not {_VERSION}", name)
    return loaded


def _tags(value: Any) -> TagsByTaxonomy:
    return {
        taxonomy: tuple(_tag(each) for each in _list(some, TAGS))
        for taxonomy, some in _mapping(value, TAGS).items()
    }


def _tag(value: Any) -> ArchivedTag:
    entry = _mapping(value, TAGS)
    return ArchivedTag(
        value=_text(entry, "value", TAGS),
        id=_optional(entry, "id", TAGS),
        parent=_optional(entry, "parent_value", TAGS),
    )


def _taxonomy(value: Any) -> ArchivedTaxonomy:
    entry = _mapping(value, TAXONOMIES)
    flags = {
        name: entry.get(name, default)
        for name, default in (
            ("allow_multiple", True),
            ("allow_free_text", False),
            ("system_defined", False),
        )
    }
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise Unreadable(f"has a {name!r} that is neither true nor false", TAXONOMIES)
    return ArchivedTaxonomy(
        export_id=_text(entry, "export_id", TAXONOMIES),
        name=_text(entry, "name", TAXONOMIES),
        description=_optional(entry, "description", TAXONOMIES) or "",
        tags=tuple(_tag(each) for each in _list(entry.get("tags", []), TAXONOMIES)),
        **flags,
    )


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable("lacks something that it should map", name)
    return value


def _list(value: Any, name: str) -> Iterable[Any]:
    if not isinstance(value, list):
        raise Unreadable("lacks a list", name)
    return value


def _text(entry: Mapping[str, Any], key: str, name: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise Unreadable(f"lacks the text {key!r}", name)
    return value


def _optional(entry: Mapping[str, Any], key: str, name: str) -> str | None:
    return None if entry.get(key) is None else _text(entry, key, name)
