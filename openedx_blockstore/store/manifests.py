"""The manifest: one version as canonical JSON, whose digest is the identity of its content.

The format is documented in ``docs/reference/formats.rst``. ``since`` and ``before`` make one
manifest answer what changed in its version, and the history of a path a walk of only the versions
that changed it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.data import LinkTarget
from openedx_blockstore.store.digests import DIGEST_ALGORITHM
from openedx_blockstore.store.trees import EMPTY_TREE, Tree, TreeFile, frozen_mapping

FORMAT_VERSION = 1


@frozen
class FileEntry:
    """A file of a version.

    Attributes:
        since: The version in which this path last changed.
        before: The version of the change before that one, or None.
    """

    digest: str
    size: int
    public: bool
    since: int
    before: int | None


@frozen
class RemovedEntry:
    """A path that once was there and is not now; attributes as in :class:`FileEntry`."""

    since: int
    before: int


@frozen
class LinkEntry:
    """A link of a version.

    Attributes:
        namespace: Reserved for links to other servers; always None.
        since: The version in which this alias last changed.
    """

    target: LinkTarget
    since: int
    namespace: str | None = None


@frozen
class Manifest:
    """All that one version holds.

    Attributes:
        parent: The digest of the manifest of the version before, or None.
        dependencies: The digest of the link closure, or None where no link is passed on.
    """

    bundle_uuid: UUID
    version_num: int
    parent: str | None
    files: Mapping[str, FileEntry] = field(converter=frozen_mapping)
    removed: Mapping[str, RemovedEntry] = field(converter=frozen_mapping)
    links: Mapping[str, LinkEntry] = field(converter=frozen_mapping)
    dependencies: str | None = None

    def tree(self) -> Tree:
        """Return the files and links without their history."""
        return Tree(
            {path: TreeFile(f.digest, f.size, f.public) for path, f in self.files.items()},
            {alias: link.target for alias, link in self.links.items()},
        )


def next_manifest(
    bundle_uuid: UUID,
    parent: tuple[Manifest, str] | None,
    tree: Tree,
    *,
    dependencies: str | None,
) -> Manifest:
    """Return the manifest of the version that follows.

    Args:
        parent: The manifest of the latest version, and its digest.
        dependencies: The digest of the tree's link closure.
    """
    before, parent_digest = parent if parent is not None else (None, None)
    version_num = before.version_num + 1 if before is not None else 1
    return Manifest(
        bundle_uuid=bundle_uuid,
        version_num=version_num,
        parent=parent_digest,
        files={
            path: _file_entry(before, path, file, version_num) for path, file in tree.files.items()
        },
        removed=_removed_entries(before, tree, version_num),
        links={
            alias: _link_entry(before, alias, target, version_num)
            for alias, target in tree.links.items()
        },
        dependencies=dependencies,
    )


def _file_entry(before: Manifest | None, path: str, file: TreeFile, version_num: int) -> FileEntry:
    previous: int | None = None
    if before is not None and (old := before.files.get(path)):
        if TreeFile(old.digest, old.size, old.public) == file:
            return old
        previous = old.since
    elif before is not None and (gone := before.removed.get(path)):
        previous = gone.since
    return FileEntry(file.digest, file.size, file.public, since=version_num, before=previous)


def _removed_entries(
    before: Manifest | None, tree: Tree, version_num: int
) -> dict[str, RemovedEntry]:
    if before is None:
        return {}
    removed = {path: entry for path, entry in before.removed.items() if path not in tree.files}
    for path, old in before.files.items():
        if path not in tree.files:
            removed[path] = RemovedEntry(since=version_num, before=old.since)
    return removed


def _link_entry(
    before: Manifest | None, alias: str, target: LinkTarget, version_num: int
) -> LinkEntry:
    old = before.links.get(alias) if before is not None else None
    return old if old is not None and old.target == target else LinkEntry(target, version_num)


def tree_of(manifest: Manifest | None) -> Tree:
    """Return a manifest's tree; the empty one where there is no version yet."""
    return manifest.tree() if manifest is not None else EMPTY_TREE


def canonical_json(value: Any) -> bytes:
    """Return JSON that is the same for equal values: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def dump_manifest(manifest: Manifest) -> bytes:
    """Return the canonical JSON of a manifest."""
    return canonical_json(
        {
            "_meta": {"version": FORMAT_VERSION, "digest": DIGEST_ALGORITHM},
            "info": {
                "bundle_uuid": str(manifest.bundle_uuid),
                "version_num": manifest.version_num,
                "parent": manifest.parent,
            },
            "files": {path: _dump_file(entry) for path, entry in manifest.files.items()},
            "removed": {
                path: {"since": entry.since, "before": entry.before}
                for path, entry in manifest.removed.items()
            },
            "links": {alias: _dump_link(entry) for alias, entry in manifest.links.items()},
            "dependencies": manifest.dependencies,
        }
    )


def _dump_file(entry: FileEntry) -> dict[str, Any]:
    return {
        "digest": entry.digest,
        "size": entry.size,
        "public": entry.public,
        "since": entry.since,
        "before": entry.before,
    }


def _dump_link(entry: LinkEntry) -> dict[str, Any]:
    return {
        "bundle_uuid": str(entry.target.bundle_uuid),
        "version_num": entry.target.version,
        "weak": entry.target.weak,
        "namespace": entry.namespace,
        "since": entry.since,
    }


def load_manifest(contents: bytes) -> Manifest:
    """Return the manifest that canonical JSON holds.

    Raises:
        ValueError: It is no manifest, or of a format that is not known here.
    """
    try:
        document = json.loads(contents)
        if document["_meta"] != {"version": FORMAT_VERSION, "digest": DIGEST_ALGORITHM}:
            raise ValueError(f"unknown manifest format {document['_meta']}")
        info = document["info"]
        return Manifest(
            bundle_uuid=UUID(info["bundle_uuid"]),
            version_num=info["version_num"],
            parent=info["parent"],
            files={path: FileEntry(**entry) for path, entry in document["files"].items()},
            removed={path: RemovedEntry(**entry) for path, entry in document["removed"].items()},
            links={alias: _load_link(entry) for alias, entry in document["links"].items()},
            dependencies=document["dependencies"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a manifest: {error!r}") from error


def _load_link(entry: dict[str, Any]) -> LinkEntry:
    target = LinkTarget(UUID(entry["bundle_uuid"]), entry["version_num"], entry["weak"])
    return LinkEntry(target, entry["since"], entry["namespace"])
