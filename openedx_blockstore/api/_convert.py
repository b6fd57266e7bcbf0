"""Turns rows and trees into the values of the public API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from openedx_blockstore.api._draft_views import DraftView
from openedx_blockstore.api._lookup import find_targets, read_closure
from openedx_blockstore.api._urls import draft_file_urls, version_file_urls
from openedx_blockstore.data import (
    BundleData,
    BundleFileData,
    BundleLinkData,
    BundleVersionData,
    CollectionData,
    Dependency,
    DraftData,
    DraftFileData,
    DraftLinkData,
    LinkTarget,
)
from openedx_blockstore.models import Bundle, BundleVersion, Collection
from openedx_blockstore.store import Manifest, TreeFile


def collection_data(row: Collection) -> CollectionData:
    """Return the value for a collection's row."""
    return CollectionData(
        uuid=row.uuid,
        title=row.title,
        description=row.description,
        owner=row.owner,
        author=row.author,
        publisher=row.publisher,
        visibility=row.visibility,  # type: ignore[arg-type]
    )


def bundle_data(row: Bundle, *, latest_version: int, drafts: Mapping[str, UUID]) -> BundleData:
    """Return the value for a bundle's row, whose collection is loaded."""
    return BundleData(
        uuid=row.uuid,
        title=row.title,
        description=row.description,
        slug=row.slug,
        drafts=dict(drafts),
        latest_version=latest_version,
        collection_uuid=row.collection.uuid,
        type=row.type,
        origin=row.origin,
        deleted_at=row.deleted_at,
    )


def version_files(
    version: BundleVersion, files: Mapping[str, TreeFile]
) -> dict[str, BundleFileData]:
    """Return the values for files of a version, sorted by path."""
    url = version_file_urls(version.bundle.uuid, version.version_num)
    return {
        path: BundleFileData(path, file.size, url(path), file.digest, file.public)
        for path, file in sorted(files.items())
    }


def version_links(
    version: BundleVersion, links: Mapping[str, LinkTarget]
) -> dict[str, BundleLinkData]:
    """Return the values for links of a version, sorted by alias; at most one statement.

    Raises:
        StorageError: The version's link closure can not be read.
    """
    if not links:
        return {}
    closure = read_closure(version)
    brought = {alias: closure.brought_by(alias) for alias in links}
    dependency = _dependencies(links.values(), closure.dependencies())
    return {
        alias: BundleLinkData(
            name=alias,
            direct=dependency[str(target)],
            indirect=_indirect(target, brought[alias], dependency),
            weak=target.weak,
        )
        for alias, target in sorted(links.items())
    }


def _dependencies(
    targets: Iterable[LinkTarget], closure: Iterable[Dependency]
) -> dict[str, Dependency]:
    """Return dependencies with their digests, by ``uuid@version``."""
    wanted = {LinkTarget(d.bundle_uuid, d.version) for d in closure}
    wanted |= {LinkTarget(target.bundle_uuid, target.version) for target in targets}
    rows = find_targets(wanted)
    return {
        str(target): Dependency(
            target.bundle_uuid,
            target.version,
            rows[target].manifest_digest if target in rows else "",
        )
        for target in wanted
    }


def _indirect(
    target: LinkTarget, brought: Iterable[str], dependency: Mapping[str, Dependency]
) -> list[Dependency]:
    return [dependency[node] for node in sorted(brought) if node != str(target)]


def version_data(version: BundleVersion, manifest: Manifest) -> BundleVersionData:
    """Return the value for a version's row, whose bundle is loaded."""
    tree = manifest.tree()
    return BundleVersionData(
        bundle_uuid=version.bundle.uuid,
        version=version.version_num,
        change_description=version.change_description,
        created_at=version.created,
        files=version_files(version, tree.files),
        links=version_links(version, tree.links),
        manifest_digest=version.manifest_digest,
        change_kind=version.change_kind,  # type: ignore[arg-type]
        author=version.author,
        origin_version=version.origin_version,
    )


def draft_data(view: DraftView) -> DraftData:
    """Return the value for a draft."""
    row = view.state.row
    deleted = sorted(key for key, change in view.staged.items() if change.new is None)
    return DraftData(
        uuid=row.uuid,
        bundle_uuid=row.bundle.uuid,
        name=row.name,
        created_at=row.created,
        updated_at=row.modified,
        files=draft_files(view, view.tree.files),
        links=draft_links(view),
        base_version=view.state.base.version_num if view.state.base is not None else 0,
        deleted_files=[name for is_link, name in deleted if not is_link],
        deleted_links=[name for is_link, name in deleted if is_link],
    )


def draft_files(view: DraftView, files: Mapping[str, TreeFile]) -> dict[str, DraftFileData]:
    """Return the values for files that a draft shows, sorted by path."""
    draft_url = draft_file_urls(view.state.row.uuid)
    base = view.state.base
    bundle_uuid = view.state.row.bundle.uuid
    base_url = version_file_urls(bundle_uuid, base.version_num) if base is not None else draft_url
    return {
        path: DraftFileData(
            path,
            file.size,
            # What the draft does not change has the URL it has in the version, to be cached under.
            draft_url(path) if (False, path) in view.staged else base_url(path),
            file.digest,
            file.public,
            modified=(False, path) in view.staged,
        )
        for path, file in sorted(files.items())
    }


def draft_links(view: DraftView) -> dict[str, DraftLinkData]:
    """Return the values for the links that a draft shows, sorted by alias; one statement.

    Raises:
        StorageError: A lender's link closure can not be read.
    """
    links = view.tree.links
    if not links:
        return {}
    lenders = find_targets(links.values())
    brought = {
        alias: {str(target), *read_closure(lenders[target]).nodes}
        if target in lenders and not target.weak
        else {str(target)}
        for alias, target in links.items()
    }
    return {
        alias: DraftLinkData(
            name=alias,
            direct=Dependency(
                target.bundle_uuid,
                target.version,
                lenders[target].manifest_digest if target in lenders else "",
            ),
            indirect=[_parse(node) for node in sorted(brought[alias]) if node != str(target)],
            weak=target.weak,
            modified=(True, alias) in view.staged,
        )
        for alias, target in sorted(links.items())
    }


def _parse(node: str) -> Dependency:
    bundle_uuid, _, version = node.partition("@")
    return Dependency(bundle_uuid, int(version))
