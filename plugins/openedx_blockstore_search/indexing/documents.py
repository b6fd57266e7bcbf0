"""The documents of a bundle: of itself, of its files and of its parts."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import evolve, frozen

from openedx_blockstore import api
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_api.search_backends import Parent, SearchDocument
from openedx_blockstore_search.indexing.annotations import NO_NOTES, Notes
from openedx_blockstore_search.parts.assembly import languages_of
from openedx_blockstore_search.parts.blocks import FilePart
from openedx_blockstore_search.parts.files import FileFacts
from openedx_blockstore_search.parts.words import tidy

#: Names of other files that one document has; what has more can still be found by its words.
_MAX_REFERENCES = 200
_MAX_TITLE = 500
_SHORT = 32


@frozen
class Origin:
    """What all documents of one bundle have in common.

    Attributes:
        language: That of the course which the bundle is part of.
        notes: Tags and licences.
    """

    bundle_uuid: UUID
    collection_uuid: UUID
    bundle_type: str
    language: str | None = None
    notes: Notes = NO_NOTES


@frozen
class Since:
    """The version that a document's state begins with, and when that was made."""

    version: int
    at: datetime | None = None


def document_id(bundle_uuid: UUID, kind: str, name: str, first_version: int) -> str:
    """Return what identifies a state of a file (``f``) or part (``p``)."""
    return f"{bundle_uuid}:{kind}:{_short(name)}:{first_version}"


def bundle_document_id(bundle_uuid: UUID) -> str:
    """Return what identifies the document of a bundle itself."""
    return f"{bundle_uuid}:b"


def _short(name: str) -> str:
    return api.digest_of(name.encode())[:_SHORT]


def content_digest(document: SearchDocument) -> str:
    """Return a digest of what a document says, which tells two states of one thing apart.

    Where it is, in which versions, and its tags and licence are no part of that.
    """
    content: dict[str, Any] = {
        "path": document.path,
        "key": document.key,
        "block_type": document.block_type,
        "title": document.title,
        "text": document.text,
        "languages": document.languages,
        "traits": {name: list(values) for name, values in document.traits.items()},
        "parents": [[parent.key, parent.type, parent.title] for parent in document.parents],
        "references": document.references,
    }
    return api.digest_of(json.dumps(content, sort_keys=True).encode())


def bundle_document(bundle: Bundle, origin: Origin) -> SearchDocument:
    """Return the document of a bundle itself; it is about all versions."""
    document = SearchDocument(
        id=bundle_document_id(origin.bundle_uuid),
        kind="bundle",
        bundle_uuid=origin.bundle_uuid,
        collection_uuid=origin.collection_uuid,
        first_version=1,
        bundle_type=origin.bundle_type,
        title=tidy(bundle.title, _MAX_TITLE),
        text=tidy(f"{bundle.description} {bundle.slug}"),
        languages=tuple(filter(None, [origin.language])),
        tags=origin.notes.tags(),
        licence=origin.notes.licence(),
        modified_at=bundle.created,
    )
    return evolve(document, digest=content_digest(document))


def file_document(facts: FileFacts, origin: Origin, since: Since, *, shown: bool) -> SearchDocument:
    """Return the document of a file.

    Args:
        shown: It holds the contents of a part, which has its words.
    """
    words = "" if shown else facts.text
    languages = [*facts.languages, *filter(None, [origin.language])] if words else []
    document = SearchDocument(
        id=document_id(origin.bundle_uuid, "f", facts.path, since.version),
        kind="file",
        bundle_uuid=origin.bundle_uuid,
        collection_uuid=origin.collection_uuid,
        first_version=since.version,
        path=facts.path,
        bundle_type=origin.bundle_type,
        title=tidy(posixpath.basename(facts.path), _MAX_TITLE),
        text=words,
        languages=tuple(dict.fromkeys(languages)),
        tags=origin.notes.tags(path=facts.path),
        licence=origin.notes.licence(facts.path),
        references=facts.names[:_MAX_REFERENCES],
        modified_at=since.at,
    )
    return evolve(document, digest=content_digest(document))


def part_document(
    part: FilePart,
    path: str,
    origin: Origin,
    since: Since,
    *,
    parents: Iterable[Parent],
    language: str | None,
) -> SearchDocument:
    """Return the document of a part.

    Args:
        parents: All that is around it, the outermost first.
        language: What is around its file is in that one.
    """
    names = part.names if part.page is None else tuple(sorted({*part.names, part.page}))
    document = SearchDocument(
        id=document_id(origin.bundle_uuid, "p", part.key, since.version),
        kind="part",
        bundle_uuid=origin.bundle_uuid,
        collection_uuid=origin.collection_uuid,
        first_version=since.version,
        path=path,
        key=part.key,
        bundle_type=origin.bundle_type,
        block_type=part.type,
        title=part.title,
        text=part.text,
        languages=languages_of(part, language or origin.language),
        traits=dict(part.traits),
        tags=origin.notes.tags(key=part.key, path=path),
        licence=origin.notes.licence(path),
        parents=tuple(parents),
        references=names[:_MAX_REFERENCES],
        modified_at=since.at,
    )
    return evolve(document, digest=content_digest(document))


def token(document_id: str, first_version: int, last_version: int | None, digest: str) -> int:
    """Return a number for a document; all of a bundle's together, XORed, are its checksum."""
    text = f"{document_id}|{first_version}|{last_version or ''}|{digest}"
    return int(api.digest_of(text.encode())[:16], 16)
