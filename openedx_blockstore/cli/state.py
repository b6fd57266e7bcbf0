"""What a pulled folder remembers of itself, in its folder ``.blockstore/``.

``info.json`` says what the version holds, as in an archive; authors may change the links and the
public files in it. ``client.json`` is the client's own: what the folder was pulled from, and how
far a pull or a push has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from openedx_blockstore.cli.errors import LocalError
from openedx_blockstore.cli.files import canonical_json, read_json, readable_json, write_whole
from openedx_blockstore.cli.values import (
    Bundle,
    Collection,
    FileEntry,
    LinkEntry,
    Version,
    VersionKey,
)

FOLDER = ".blockstore"
INFO = "info.json"
CLIENT = "client.json"
_FORMAT = 1
_META = {"version": 1, "digest": "sha256"}


@frozen
class TreeState:
    """What the client knows of a pulled folder.

    Attributes:
        root: The address of the server's API.
        version: What the folder was pulled from; 0 before the first pull is complete.
        pulling: The version that is being pulled, or None.
        files: What was pulled, by path.
        skipped: What the version has, but was not asked for.
        links: By alias.
        names: By path, what is called otherwise here.
        only: The patterns that were asked for.
        draft: The draft that the last push went into, or None.
        staged: What that push has sent, or was about to: by path, the digest, or None for what it
            deleted. A link is ``links/{alias}``, with where it leads.
        uploads: By path, the digest and the UUID of a direct upload that was begun.
    """

    root: str
    bundle_uuid: str
    version: int = 0
    pulling: int | None = None
    files: Mapping[str, FileEntry] = field(factory=dict)
    skipped: Mapping[str, FileEntry] = field(factory=dict)
    links: Mapping[str, LinkEntry] = field(factory=dict)
    names: Mapping[str, str] = field(factory=dict)
    only: tuple[str, ...] = ()
    draft: str | None = None
    staged: Mapping[str, str | None] = field(factory=dict)
    uploads: Mapping[str, tuple[str, str]] = field(factory=dict)

    @property
    def key(self) -> VersionKey:
        """What the folder was pulled from."""
        return VersionKey(self.bundle_uuid, self.version)

    def forget_push(self) -> TreeState:
        """Return the state after what was pushed became a version."""
        return evolve(self, draft=None, staged={}, uploads={})


def client_path(folder: Path) -> Path:
    """Return where the state of a pulled folder is."""
    return folder / FOLDER / CLIENT


def info_path(folder: Path) -> Path:
    """Return where the description of a pulled folder is."""
    return folder / FOLDER / INFO


def load_state(folder: Path) -> TreeState | None:
    """Return the state of a pulled folder; None if it is none.

    Raises:
        LocalError: It can not be read.
    """
    document = read_json(client_path(folder))
    if document is None:
        return None
    try:
        if document["format"] != _FORMAT:
            raise LocalError(
                f"{folder} was pulled by a newer client (format {document['format']}).",
                "Update the client: pip install -U openedx-blockstore[cli]",
            )
        pulling = document["pulling"]
        return TreeState(
            root=str(document["server"]),
            bundle_uuid=str(document["bundle_uuid"]),
            version=int(document["version"]),
            pulling=int(pulling) if pulling is not None else None,
            files=_load_files(document["files"]),
            skipped=_load_files(document["skipped"]),
            links=load_links(document["links"]),
            names={str(path): str(name) for path, name in document["names"].items()},
            only=tuple(document["only"]),
            draft=document["draft"],
            staged=dict(document["staged"]),
            uploads={path: (str(d), str(u)) for path, (d, u) in document["uploads"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LocalError(
            f"{client_path(folder)} is damaged ({error!r}).",
            "Move your changes aside, remove the folder, and pull it again.",
        ) from error


def save_state(folder: Path, state: TreeState) -> None:
    """Write the state of a pulled folder."""
    document = {
        "format": _FORMAT,
        "server": state.root,
        "bundle_uuid": state.bundle_uuid,
        "version": state.version,
        "pulling": state.pulling,
        "files": dump_files(state.files),
        "skipped": dump_files(state.skipped),
        "links": dump_links(state.links),
        "names": dict(state.names),
        "only": list(state.only),
        "draft": state.draft,
        "staged": dict(state.staged),
        "uploads": {path: list(upload) for path, upload in state.uploads.items()},
    }
    write_whole(client_path(folder), canonical_json(document))


def dump_files(files: Mapping[str, FileEntry]) -> dict[str, Any]:
    """Return files as JSON has them."""
    return {
        path: {"digest": file.digest, "size": file.size, "public": file.public}
        for path, file in sorted(files.items())
    }


def dump_links(links: Mapping[str, LinkEntry]) -> dict[str, Any]:
    """Return links as JSON has them."""
    return {
        alias: {
            "bundle_uuid": link.target.bundle_uuid,
            "version": link.target.version,
            "weak": link.weak,
        }
        for alias, link in sorted(links.items())
    }


def load_links(values: Mapping[str, Any]) -> dict[str, LinkEntry]:
    """Return links as JSON has them.

    Raises:
        KeyError, TypeError, ValueError: They are none.
    """
    return {
        str(alias): LinkEntry(
            VersionKey(str(link["bundle_uuid"]), int(link["version"])), bool(link.get("weak"))
        )
        for alias, link in values.items()
    }


def _load_files(values: Mapping[str, Any]) -> dict[str, FileEntry]:
    return {
        str(path): FileEntry(str(file["digest"]), int(file["size"]), bool(file["public"]))
        for path, file in values.items()
    }


# info.json ---------------------------------------------------------------------------------------


def dump_info(version: Version, bundle: Bundle | None, collection: Collection | None) -> bytes:
    """Return ``info.json`` for a version, as an export would have it.

    Args:
        bundle: None for one that was deleted, but is still linked to.
    """
    summary = version.summary
    created = summary.created_at
    described = None
    if collection is not None:
        described = {"uuid": collection.uuid, "title": collection.title, "description": ""}
    return readable_json(
        {
            "_meta": _META,
            "uuid": version.key.bundle_uuid,
            "version": version.key.version,
            "title": bundle.title if bundle is not None else "",
            "slug": bundle.slug if bundle is not None else "",
            "description": bundle.description if bundle is not None else "",
            "type": bundle.type if bundle is not None else "",
            "origin": bundle.origin if bundle is not None else None,
            "collection": described,
            "manifest_digest": summary.manifest_digest,
            "change_description": summary.change_description,
            "change_kind": summary.change_kind,
            "author": summary.author,
            "created_at": created[:-1] + "+00:00" if created.endswith("Z") else created or None,
            "links": dump_links(version.links),
            "dependencies": [
                {"bundle_uuid": key.bundle_uuid, "version": key.version}
                for key in version.dependencies
            ],
            "files": dump_files(version.files),
        }
    )


@frozen
class EditedInfo:
    """What an author may have changed in ``info.json``."""

    links: Mapping[str, LinkEntry]
    public: Mapping[str, bool]


def load_edited(folder: Path) -> EditedInfo:
    """Return what ``info.json`` says of links and public files.

    Raises:
        LocalError: It can not be read, or makes no sense.
    """
    path = info_path(folder)
    document = read_json(path)
    if document is None:
        raise LocalError(f"{path} is missing.", "Pull the bundle again; nothing will be lost.")
    try:
        links = load_links(document.get("links") or {})
        files = document.get("files") or {}
        public = {str(name): bool(file.get("public", False)) for name, file in files.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LocalError(
            f"{path} makes no sense ({error!r}).",
            'A link is {"alias": {"bundle_uuid": "…", "version": 3}}.',
        ) from error
    return EditedInfo(links, public)
