"""Documents as bytes and back, for engines that store them as such."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import evolve

from openedx_blockstore.plugin_api.search_backends import (
    Parent,
    SearchDocument,
    StoredDocument,
)
from openedx_blockstore_search.backends.texts import clean, clean_text


def to_facts(document: SearchDocument) -> dict[str, Any]:
    """Return what a document holds, as JSON has it, but for its text."""
    return {
        "id": document.id,
        "kind": document.kind,
        "bundle_uuid": str(document.bundle_uuid),
        "collection_uuid": str(document.collection_uuid),
        "first_version": document.first_version,
        "last_version": document.last_version,
        "path": document.path,
        "key": document.key,
        "bundle_type": document.bundle_type,
        "block_type": document.block_type,
        "title": clean(document.title),
        "languages": list(document.languages),
        "traits": {name: list(values) for name, values in document.traits.items()},
        "tags": list(document.tags),
        "licence": document.licence,
        "parents": [[each.key, each.type, each.title] for each in document.parents],
        "references": list(document.references),
        "digest": document.digest,
        "modified_at": document.modified_at and document.modified_at.isoformat(),
    }


def from_facts(facts: Mapping[str, Any]) -> SearchDocument:
    """Return the document that :func:`to_facts` was given, with an empty text."""
    modified_at = facts["modified_at"]
    return SearchDocument(
        **{
            **facts,
            "bundle_uuid": UUID(facts["bundle_uuid"]),
            "collection_uuid": UUID(facts["collection_uuid"]),
            "languages": tuple(facts["languages"]),
            "traits": {name: tuple(values) for name, values in facts["traits"].items()},
            "tags": tuple(facts["tags"]),
            "parents": tuple(Parent(*each) for each in facts["parents"]),
            "references": tuple(facts["references"]),
            "modified_at": datetime.fromisoformat(modified_at) if modified_at else None,
        }
    )


def to_json(value: Any) -> str:
    """Return JSON; halves of characters, which are no text, become question marks."""
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return written if written.isascii() else written.encode(errors="replace").decode()


def pack(document: SearchDocument) -> bytes:
    """Return a document as bytes: the same ones for the same document."""
    written = to_json([to_facts(document), clean_text(document.text)])
    return zlib.compress(written.encode(), level=3)


def unpack(body: bytes) -> SearchDocument:
    """Return the document that :func:`pack` was given, with its text."""
    facts, text = json.loads(zlib.decompress(body))
    return evolve(from_facts(facts), text=text)


def to_time(moment: datetime | None) -> float:
    """Return a moment as seconds, to sort by; nothing known is as old as can be."""
    if moment is None:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def as_stored(document: SearchDocument) -> StoredDocument:
    """Return what a look through a generation tells of a document."""
    return StoredDocument(
        id=document.id,
        bundle_uuid=document.bundle_uuid,
        collection_uuid=document.collection_uuid,
        first_version=document.first_version,
        last_version=document.last_version,
        bundle_type=document.bundle_type,
        tags=document.tags,
        licence=document.licence,
        digest=document.digest,
    )
