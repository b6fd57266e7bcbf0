"""What the server says, as values. Whatever it sends is checked before it becomes one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.cli.digests import is_digest
from openedx_blockstore.cli.errors import ServerError


@frozen(order=True)
class VersionKey:
    """A version of a bundle."""

    bundle_uuid: str
    version: int

    def __str__(self) -> str:
        return f"{self.bundle_uuid}@{self.version}"


@frozen
class FileEntry:
    """A file, as a version has it."""

    digest: str
    size: int
    public: bool = False


@frozen
class LinkEntry:
    """Where a link leads."""

    target: VersionKey
    weak: bool = False


@frozen
class Collection:
    """A collection."""

    uuid: str
    title: str
    description: str
    visibility: str


@frozen
class Bundle:
    """What is said of a bundle."""

    uuid: str
    title: str
    slug: str
    description: str
    type: str
    origin: str | None
    collection_uuid: str
    latest_version: int


@frozen
class VersionSummary:
    """What is said of a version."""

    key: VersionKey
    change_description: str
    change_kind: str
    author: str
    created_at: str
    manifest_digest: str


@frozen
class Version:
    """A version, and what it holds.

    Attributes:
        dependencies: All that its links bring along.
    """

    summary: VersionSummary
    files: Mapping[str, FileEntry]
    links: Mapping[str, LinkEntry]
    dependencies: tuple[VersionKey, ...] = ()

    @property
    def key(self) -> VersionKey:
        """Which one it is."""
        return self.summary.key


@frozen
class Draft:
    """A draft, and what it shows."""

    uuid: str
    name: str
    bundle_uuid: str
    base_version: int
    files: Mapping[str, FileEntry]
    links: Mapping[str, LinkEntry]
    changed: frozenset[str] = field(default=frozenset())


@frozen
class Job:
    """Something that the server does for a while."""

    uuid: str
    state: str
    done: int
    total: int | None
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    has_file: bool

    @property
    def ended(self) -> bool:
        """Whether it is over, either way."""
        return self.state in {"succeeded", "failed"}


# Reading -----------------------------------------------------------------------------------------


def read_collection(values: Mapping[str, Any]) -> Collection:
    """Return a collection as the server sends it."""
    with_text = {name: str(values.get(name) or "") for name in ("title", "description")}
    return Collection(
        uuid=_uuid(values["uuid"]), visibility=str(values.get("visibility", "")), **with_text
    )


def read_bundle(values: Mapping[str, Any]) -> Bundle:
    """Return a bundle as the server sends it."""
    origin = values.get("origin")
    return Bundle(
        uuid=_uuid(values["uuid"]),
        title=str(values.get("title") or ""),
        slug=str(values.get("slug") or ""),
        description=str(values.get("description") or ""),
        type=str(values.get("type") or ""),
        origin=str(origin) if origin is not None else None,
        collection_uuid=_uuid(values["collection_uuid"]),
        latest_version=int(values.get("latest_version") or 0),
    )


def read_summary(values: Mapping[str, Any]) -> VersionSummary:
    """Return what is said of a version as the server sends it."""
    return VersionSummary(
        key=VersionKey(_uuid(values["bundle_uuid"]), int(values["version_num"])),
        change_description=str(values.get("change_description") or ""),
        change_kind=str(values.get("change_kind") or "content"),
        author=str(values.get("author") or ""),
        created_at=str(values.get("created_at") or ""),
        manifest_digest=str(values.get("hash_digest") or ""),
    )


def read_version(values: Mapping[str, Any]) -> Version:
    """Return a version as the server sends it."""
    snapshot = values["snapshot"]
    links: dict[str, LinkEntry] = {}
    dependencies: set[VersionKey] = set()
    for alias, link in snapshot["links"].items():
        entry = LinkEntry(_key(link["direct"]), bool(link.get("weak")))
        links[checked_path(alias, segments=1)] = entry
        if not entry.weak:
            dependencies |= {entry.target, *(_key(each) for each in link["indirect"])}
    return Version(
        summary=read_summary(values),
        files=_files(snapshot),
        links=links,
        dependencies=tuple(sorted(dependencies)),
    )


def read_draft(values: Mapping[str, Any]) -> Draft:
    """Return a draft as the server sends it."""
    staged = values["staged_draft"]
    changed = {path for path, file in staged["files"].items() if file.get("modified")}
    changed |= set(staged["deleted_files"])
    changed |= {f"links/{alias}" for alias, link in staged["links"].items() if link["modified"]}
    changed |= {f"links/{alias}" for alias in staged["deleted_links"]}
    return Draft(
        uuid=_uuid(values["uuid"]),
        name=str(values["name"]),
        bundle_uuid=_uuid(values["bundle_uuid"]),
        base_version=int(staged["base_version"]),
        files=_files(staged),
        links={
            alias: LinkEntry(_key(link["direct"]), bool(link.get("weak")))
            for alias, link in staged["links"].items()
        },
        changed=frozenset(changed),
    )


def read_advice(values: Mapping[str, Any] | None) -> list[str]:
    """Return what plugins say to what was done, if anything: a line for each."""
    lines = []
    for advice in (values or {}).get("advice") or ():
        place = f"{advice['file']}: " if advice.get("file") else ""
        lines.append(f"{place}{advice['message']} {advice.get('mend', '')}".strip())
    return lines


def read_job(values: Mapping[str, Any]) -> Job:
    """Return a job as the server sends it."""
    total = values.get("total")
    return Job(
        uuid=_uuid(values["uuid"]),
        state=str(values["state"]),
        done=int(values.get("done") or 0),
        total=int(total) if total is not None else None,
        result=values.get("result"),
        error=values.get("error"),
        has_file=bool(values.get("file")),
    )


def _files(snapshot: Mapping[str, Any]) -> dict[str, FileEntry]:
    public = set(snapshot.get("public") or ())
    files: dict[str, FileEntry] = {}
    for path, file in snapshot["files"].items():
        digest = file["hash_digest"]
        if not is_digest(digest):
            raise ServerError(f"The server gives {path!r} the digest {digest!r}, which is none.")
        files[checked_path(path)] = FileEntry(digest, int(file["size"]), path in public)
    return files


def _key(values: Mapping[str, Any]) -> VersionKey:
    return VersionKey(_uuid(values["bundle_uuid"]), int(values["version"]))


def _uuid(value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError as error:
        raise ServerError(f"The server sends {value!r} in the place of a UUID.") from error


def checked_path(path: str, *, segments: int = 0) -> str:
    """Return a path if it can lead nowhere but into the folder it is used in.

    Raises:
        ServerError: It could; no Blockstore sends such a path.
    """
    parts = path.split("/")
    if (
        not path
        or "\\" in path
        or any(part in {"", ".", ".."} for part in parts)
        or any(unicodedata.category(character) in {"Cc", "Cs"} for character in path)
        or (segments and len(parts) != segments)
        or (not segments and parts[0].casefold() in {"links", ".blockstore"})
    ):
        raise ServerError(f"The server sends the path {path!r}, which is not allowed.")
    return path
