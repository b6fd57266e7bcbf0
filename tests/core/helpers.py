"""Short ways to what most tests need: bundles, versions, and a store without warm caches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, storages

from openedx_blockstore import api
from openedx_blockstore.api._store import get_store
from openedx_blockstore.data import BundleVersionData, FileContents, LinkTarget

#: The draft in which :func:`make_version` works.
HELPER_DRAFT = "helper"


def make_version(
    bundle_uuid: UUID,
    files: Mapping[str, FileContents | None] | None = None,
    links: Mapping[str, LinkTarget | None] | None = None,
    **commit: Any,
) -> BundleVersionData:
    """Make a version with some changes, through a draft of its own.

    Args:
        files: New contents by path; None deletes.
        links: New targets by alias; None deletes.
        commit: Passed on to ``commit_draft``.
    """
    draft = api.get_or_create_bundle_draft(bundle_uuid, HELPER_DRAFT)
    api.write_draft_files(draft.uuid, files or {})
    for alias, target in (links or {}).items():
        if target is None:
            api.set_draft_link(draft.uuid, alias, None, None)
        else:
            api.set_draft_link(
                draft.uuid, alias, target.bundle_uuid, target.version, weak=target.weak
            )
    return api.commit_draft(draft.uuid, **commit)


def make_lender(collection_uuid: UUID, *links: LinkTarget, title: str = "Lender") -> LinkTarget:
    """Make a bundle with one version, which has these links, and return that version."""
    bundle = api.create_bundle(collection_uuid, "lender", title)
    make_version(
        bundle.uuid,
        {"file.txt": f"of {bundle.uuid}"},
        {f"link{number}": target for number, target in enumerate(links)},
    )
    return LinkTarget(bundle.uuid, 1)


def target_of(version: BundleVersionData, *, weak: bool = False) -> LinkTarget:
    """Return what a link to this version is set to."""
    return LinkTarget(version.bundle_uuid, version.version, weak)


def contents_of(bundle_uuid: UUID, use_draft: str | None = None) -> dict[str, bytes]:
    """Return the contents of all files of a bundle."""
    return {
        path: api.get_bundle_file_data(bundle_uuid, path, use_draft=use_draft)
        for path in api.get_bundle_files_dict(bundle_uuid, use_draft=use_draft)
    }


def forget_everything_cached() -> None:
    """Let the next reads see what is in the storage."""
    cache.clear()
    get_store.cache_clear()


def stored_path(name: str) -> Path:
    """Return where the file system has what is stored under a name."""
    files = storages["openedx_blockstore"]
    assert isinstance(files, FileSystemStorage)
    return Path(files.path(name))


def stored_names(bundle_uuid: UUID) -> list[str]:
    """Return the names of all that is stored of a bundle on the file system, sorted."""
    root = stored_path("")
    return sorted(
        str(path.relative_to(root))
        for path in (root / str(bundle_uuid)).rglob("*")
        if path.is_file()
    )
