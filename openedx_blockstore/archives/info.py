"""``.blockstore/info.json``: what an archive says of one bundle version, beside its files.

The format is documented in ``docs/reference/formats.rst``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast, get_args
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.archives.documents import (
    META,
    Document,
    dump_dependencies,
    dump_document,
    load_document,
)
from openedx_blockstore.data import ChangeKind, Dependency, LinkTarget
from openedx_blockstore.exceptions import InvalidPath
from openedx_blockstore.store import is_digest, normalize_alias, normalize_path

_REQUIRED = ("_meta", "uuid", "version", "title")
_OPTIONAL = (
    "slug",
    "description",
    "type",
    "origin",
    "collection",
    "manifest_digest",
    "change_description",
    "change_kind",
    "author",
    "created_at",
    "links",
    "dependencies",
    "derived",
    "files",
)


@frozen
class FileInfo:
    """What is said of a file.

    Attributes:
        digest: None where the file is to be taken as it is found.
        size: In bytes; None likewise.
    """

    digest: str | None = None
    size: int | None = None
    public: bool = False


@frozen
class CollectionInfo:
    """The collection that a bundle was exported from."""

    uuid: UUID
    title: str
    description: str = ""


@frozen
class DerivedInfo:
    """What a tree was made from that is not what its author made.

    Attributes:
        by: The names of the plugins that changed it, in this order.
        uuid: The bundle that it was made from.
        version: The number of the version.
        manifest_digest: Identifies that version.
    """

    by: tuple[str, ...]
    uuid: UUID
    version: int
    manifest_digest: str = ""


@frozen
class TreeInfo:
    """What is said of a bundle version.

    Attributes:
        origin: Where the bundle was once imported from, or None.
        collection: Where it was exported from.
        manifest_digest: Identifies the version where it was exported.
        created_at: When the version was made (aware), or None.
        links: The aliases, and the versions they lead to, as numbered where it was exported.
        dependencies: All versions that those links bring along.
        derived: What it was made from; None for what its author made.
        files: By path; None where the files are to be taken as they are found.
    """

    uuid: UUID
    version: int
    title: str
    slug: str = ""
    description: str = ""
    type: str = ""
    origin: str | None = None
    collection: CollectionInfo | None = None
    manifest_digest: str = ""
    change_description: str = ""
    change_kind: ChangeKind = "content"
    author: str = ""
    created_at: datetime | None = None
    links: Mapping[str, LinkTarget] = field(factory=dict)
    dependencies: tuple[Dependency, ...] = ()
    derived: DerivedInfo | None = None
    files: Mapping[str, FileInfo] | None = None


def dump_info(info: TreeInfo) -> bytes:
    """Return the JSON of an info file; equal infos give equal bytes."""
    document: dict[str, Any] = {
        "_meta": META,
        "uuid": str(info.uuid),
        "version": info.version,
        "title": info.title,
        "slug": info.slug,
        "description": info.description,
        "type": info.type,
        "origin": info.origin,
        "collection": dump_collection(info.collection),
        "manifest_digest": info.manifest_digest,
        "change_description": info.change_description,
        "change_kind": info.change_kind,
        "author": info.author,
        "created_at": info.created_at.isoformat() if info.created_at is not None else None,
        "links": {alias: _dump_link(target) for alias, target in sorted(info.links.items())},
        "dependencies": dump_dependencies(info.dependencies),
    }
    if info.derived is not None:
        document["derived"] = {
            "by": list(info.derived.by),
            "uuid": str(info.derived.uuid),
            "version": info.derived.version,
            "manifest_digest": info.derived.manifest_digest,
        }
    if info.files is not None:
        document["files"] = {path: _dump_file(file) for path, file in sorted(info.files.items())}
    return dump_document(document)


def dump_collection(collection: CollectionInfo | None) -> dict[str, Any] | None:
    """Return a collection as JSON has it."""
    if collection is None:
        return None
    return {
        "uuid": str(collection.uuid),
        "title": collection.title,
        "description": collection.description,
    }


def _dump_link(target: LinkTarget) -> dict[str, Any]:
    return {
        "bundle_uuid": str(target.bundle_uuid),
        "version": target.version,
        "weak": target.weak,
    }


def _dump_file(file: FileInfo) -> dict[str, Any]:
    if file.digest is None:
        return {"public": file.public}
    return {"digest": file.digest, "size": file.size, "public": file.public}


def load_info(contents: bytes, *, path: str, max_path_length: int = 500) -> TreeInfo:
    """Return what an info file says.

    Args:
        path: Its path in the archive, for messages.
        max_path_length: Characters in the path of a file.

    Raises:
        InvalidArchive: It is not as the format demands; the error names the place.
        LimitExceeded: The path of a file is too long.
    """
    document = load_document(contents, path=path)
    document.expect_keys(required=_REQUIRED, optional=_OPTIONAL)
    return TreeInfo(
        uuid=document.uuid("uuid"),
        version=document.version(),
        title=document.text("title"),
        slug=document.text("slug"),
        description=document.text("description"),
        type=document.text("type"),
        origin=document.optional_text("origin"),
        collection=load_collection(document),
        manifest_digest=document.text("manifest_digest"),
        change_description=document.text("change_description"),
        change_kind=_load_change_kind(document),
        author=document.text("author"),
        created_at=_load_time(document),
        links=_load_links(document),
        dependencies=document.dependencies("dependencies"),
        derived=_load_derived(document),
        files=_load_files(document, max_path_length),
    )


def load_collection(document: Document) -> CollectionInfo | None:
    """Return the collection that a document names, or None."""
    if document.values.get("collection") is None:
        return None
    value = document.child("collection")
    value.expect_keys(required=("uuid", "title"), optional=("description",))
    return CollectionInfo(value.uuid("uuid"), value.text("title"), value.text("description"))


def _load_change_kind(document: Document) -> ChangeKind:
    kind = document.text("change_kind", "content")
    if kind not in get_args(ChangeKind):
        raise document.fail("change_kind", f"must be one of {', '.join(get_args(ChangeKind))}")
    return cast(ChangeKind, kind)


def _load_time(document: Document) -> datetime | None:
    text = document.optional_text("created_at")
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise document.fail("created_at", f"must be a time in ISO 8601, not {text!r}") from error
    if time.tzinfo is None:
        raise document.fail("created_at", f"must say its offset from UTC, unlike {text!r}")
    return time


def _load_derived(document: Document) -> DerivedInfo | None:
    if document.values.get("derived") is None:
        return None
    value = document.child("derived")
    value.expect_keys(required=("by", "uuid", "version"), optional=("manifest_digest",))
    return DerivedInfo(
        value.texts("by"), value.uuid("uuid"), value.version(), value.text("manifest_digest")
    )


def _load_links(document: Document) -> dict[str, LinkTarget]:
    links: dict[str, LinkTarget] = {}
    if "links" not in document.values:
        return links
    for alias, value in document.children("links"):
        value.expect_keys(required=("bundle_uuid", "version"), optional=("weak",))
        try:
            normalized = normalize_alias(alias)
        except InvalidPath as error:
            raise document.fail(f"links.{alias}", f"is no alias: {error.reason}") from error
        if normalized in links:
            raise document.fail(f"links.{alias}", "occurs twice")
        links[normalized] = LinkTarget(
            value.uuid("bundle_uuid"), value.version(), value.flag("weak")
        )
    return links


def _load_files(document: Document, max_path_length: int) -> dict[str, FileInfo] | None:
    if "files" not in document.values:
        return None
    files: dict[str, FileInfo] = {}
    for path, value in document.children("files"):
        value.expect_keys(required=(), optional=("digest", "size", "public"))
        try:
            normalized = normalize_path(path, max_length=max_path_length)
        except InvalidPath as error:
            raise document.fail(f"files.{path}", f"is no path: {error.reason}") from error
        if normalized in files:
            raise document.fail(f"files.{path}", "occurs twice")
        files[normalized] = _load_file(value)
    return files


def _load_file(value: Document) -> FileInfo:
    digest = value.optional_text("digest")
    if digest is None:
        return FileInfo(public=value.flag("public"))
    if not is_digest(digest):
        raise value.fail("digest", f"must be a SHA-256 in lower-case hexadecimal, not {digest!r}")
    size = value.size() if value.values.get("size") is not None else None
    return FileInfo(digest, size, value.flag("public"))
