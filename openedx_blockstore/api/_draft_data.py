"""Turns drafts into values of the public API."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_blockstore.api._draft_views import DraftView
from openedx_blockstore.api._lookup import find_targets, read_closure
from openedx_blockstore.api._urls import draft_file_urls, version_file_urls
from openedx_blockstore.data import Dependency, DraftData, DraftFileData, DraftLinkData
from openedx_blockstore.store import TreeFile, parse_node


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
        base_digest=view.state.base.manifest_digest if view.state.base is not None else "",
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
            indirect=[parse_node(node) for node in sorted(brought[alias]) if node != str(target)],
            weak=target.weak,
            modified=(True, alias) in view.staged,
        )
        for alias, target in sorted(links.items())
    }
