"""The names under which the library knows collections, bundles and parts.

They are made of the UUID, but do not tell it: the library's pages and lists show such names
(docs/decisions/0028).
"""

from __future__ import annotations

from uuid import UUID, uuid5

#: Every name of ours begins with it.
PREFIX = "blockstore:"


def bundle_object_id(bundle_uuid: UUID, part: str = "") -> str:
    """Return the library's ``object_id`` of a bundle, or of a part of one.

    Under it are the tags that hold for the latest version.
    """
    return f"{PREFIX}bundle:{uuid5(bundle_uuid, part)}"


def collection_object_id(collection_uuid: UUID) -> str:
    """Return the library's ``object_id`` of a collection."""
    return f"{PREFIX}collection:{uuid5(collection_uuid, '')}"


def past_object_id(object_id: str, key: int) -> str:
    """Return the ``object_id`` of a tag that held for earlier versions only.

    Args:
        object_id: That under which it would be if it held for the latest.
        key: The primary key of its ``ObjectTag``: no two may be taken for the same, which databases
            that ignore accents would do.
    """
    return f"{object_id}:past:{key}"
