"""Bundle versions: reading them, and making one of files that come from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from openedx_blockstore.api._lookup import (
    find_bundle,
    find_version,
    read_manifest,
    require_version,
)
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._values import check_choice, check_text, opened
from openedx_blockstore.api._version_data import version_data, version_files, version_links
from openedx_blockstore.api._versions import VersionInfo, make_version
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import (
    BundleFileData,
    BundleLinkData,
    BundleVersionData,
    ChangeKind,
    FileSource,
    ImportedVersion,
    LinkTarget,
)
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.models import Bundle
from openedx_blockstore.store import (
    EMPTY_TREE,
    Tree,
    TreeFile,
    normalize_alias,
    normalize_path,
)


def get_bundle_version(
    bundle_uuid: UUID | str, version_number: int | None = None
) -> BundleVersionData | None:
    """Return a version of a bundle: all its files and links.

    Args:
        version_number: None for the latest one.

    Returns:
        None for a bundle without a version, and for version 0.

    Raises:
        BundleNotFound: There is no such bundle; or it was deleted, and nobody uses this version.
        BundleVersionNotFound: It has no such version.
        StorageError: The storage failed.
    """
    version = find_version(bundle_uuid, version_number)
    return version_data(version, read_manifest(version)) if version is not None else None


def get_bundle_version_files(
    bundle_uuid: UUID | str, version_number: int | None
) -> list[BundleFileData]:
    """Return the files of a version, sorted by path; none for version 0.

    Raises:
        The same as :func:`get_bundle_version`.
    """
    version = find_version(bundle_uuid, version_number)
    if version is None:
        return []
    return list(version_files(version, read_manifest(version).tree().files).values())


def get_bundle_version_links(
    bundle_uuid: UUID | str, version_number: int | None
) -> dict[str, BundleLinkData]:
    """Return the links of a version by alias; none for version 0.

    Raises:
        The same as :func:`get_bundle_version`.
    """
    version = find_version(bundle_uuid, version_number)
    return version_links(version, read_manifest(version).tree().links) if version else {}


def describe_bundle_version(
    bundle_uuid: UUID | str, version_number: int, change_description: str
) -> None:
    """Change what is said of the change that a version made. What it holds never changes.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        Invalid: The text can not be stored.
    """
    check_text("change description", change_description)
    version = require_version(bundle_uuid, version_number)
    version.change_description = change_description
    version.save(update_fields=["change_description"])


def import_version(
    bundle_uuid: UUID | str,
    files: Mapping[str, FileSource],
    links: Mapping[str, LinkTarget] | None = None,
    *,
    public: Collection[str] = frozenset(),
    change_description: str = "",
    change_kind: ChangeKind = "content",
    author: str | None = None,
    origin_version: int | None = None,
) -> ImportedVersion:
    """Make a version that holds exactly these files and links, unless the latest one does already.

    Drafts stay as they are. Contents that the latest version has are not written again.

    Args:
        files: The contents by path: text, bytes, a readable binary file, or a function that opens
            one when its turn comes.
        links: The targets by alias.
        public: The paths that anybody may read.
        change_description: What is to be said of the change.
        change_kind: How much it matters to those who use the bundle.
        author: Who made it.
        origin_version: Its number where it is imported from.

    Raises:
        BundleNotFound: There is no such bundle.
        InvalidPath, InvalidLink, LinkCycle, LimitExceeded: There can be no such version.
        Invalid: An argument has a wrong value; or it is a first version without files and links.
        StorageError: The storage failed.
        VersionConflict: Others kept making versions of the bundle.
    """
    check_choice("change_kind", change_kind)
    info = VersionInfo(
        change_description=check_text("change description", change_description),
        change_kind=change_kind,
        author=check_text("author", author, max_length=255) if author is not None else "",
        origin_version=origin_version,
    )
    new_links = {normalize_alias(alias): target for alias, target in (links or {}).items()}
    latest = find_version(bundle_uuid, None)
    bundle = latest.bundle if latest is not None else find_bundle(bundle_uuid)
    old = read_manifest(latest).tree() if latest is not None else EMPTY_TREE
    tree = Tree(_put_all(bundle, old, files, public), new_links)
    made = make_version(bundle, lambda _latest: tree, info, latest=latest)
    if made is None:
        raise Invalid(f"A first version of bundle {bundle.uuid} needs a file or a link.")
    return ImportedVersion(version_data(made.row, made.manifest), made.created)


def _put_all(
    bundle: Bundle, old: Tree, files: Mapping[str, FileSource], public: Collection[str]
) -> dict[str, TreeFile]:
    limit = get_settings().MAX_PATH_LENGTH
    named = {path: normalize_path(path, max_length=limit) for path in files}
    if len(set(named.values())) < len(files):
        raise Invalid("Two of the paths are the same, once both are in Unicode NFC.")
    known = {file.digest for file in old.files.values()}
    stored_files: dict[str, TreeFile] = {}
    for path, source in files.items():
        with opened(source) as contents:
            stored = get_store().put_blob(bundle.uuid, contents, known=known)
        known.add(stored.digest)
        stored_files[named[path]] = TreeFile(stored.digest, stored.size, path in public)
    if known:
        get_store().sync_blobs(bundle.uuid)
    return stored_files
