"""Files of versions and drafts: what there is, and what is in it.

A path ``links/{alias}/…`` leads into the version that the link points to.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, cast
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.api._draft_data import draft_files, draft_links
from openedx_blockstore.api._draft_views import DraftView, find_draft_by_name, read_draft
from openedx_blockstore.api._lookup import find_version, require_version
from openedx_blockstore.api._sources import Source, as_stored, follow, open_file, version_source
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._values import opened
from openedx_blockstore.api._version_data import version_files, version_links
from openedx_blockstore.data import (
    BundleFileData,
    BundleLinkData,
    BundleVersionData,
    FileSource,
)
from openedx_blockstore.exceptions import BundleFileNotFound
from openedx_blockstore.store import EMPTY_TREE, HashingReader, TreeFile

_DEVSTACK = re.compile(r"^http://edx\.devstack\.(?:studio|lms):")


def get_bundle_files_dict(
    bundle_uuid: UUID | str, use_draft: str | None = None
) -> dict[str, BundleFileData]:
    """Return the files of a bundle by path.

    Args:
        use_draft: The name of a draft to look at. Without one, or where the bundle has no draft of
            this name, it is the latest version; without a version there are no files.

    Raises:
        BundleNotFound: There is no such bundle.
        StorageError: The storage failed.
    """
    source = find_source(bundle_uuid, use_draft=use_draft)
    return _file_data(source, source.tree.files)


def get_bundle_files(
    bundle_uuid: UUID | str, use_draft: str | None = None
) -> Iterable[BundleFileData]:
    """Return the files of a bundle, sorted by path; as :func:`get_bundle_files_dict`."""
    return get_bundle_files_dict(bundle_uuid, use_draft).values()


def get_bundle_links(
    bundle_uuid: UUID | str, use_draft: str | None = None
) -> dict[str, BundleLinkData]:
    """Return the links of a bundle by alias; as :func:`get_bundle_files_dict`."""
    source = find_source(bundle_uuid, use_draft=use_draft)
    if isinstance(source, DraftSource):
        return dict(draft_links(source.draft))
    return version_links(source.version, source.tree.links) if source.version is not None else {}


def get_bundle_file_metadata(
    bundle_uuid: UUID | str, path: str, use_draft: str | None = None
) -> BundleFileData:
    """Return what is known of one file.

    Args:
        path: In the bundle, or ``links/{alias}/…``.
        use_draft: As in :func:`get_bundle_files_dict`.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleFileNotFound: It has no such file.
        StorageError: The storage failed.
    """
    source, own_path = follow(find_source(bundle_uuid, use_draft=use_draft), path)
    file = source.find(own_path, asked=(bundle_uuid, path))
    return _file_data(source, {own_path: file})[own_path]


def get_bundle_file_data(bundle_uuid: UUID | str, path: str, use_draft: str | None = None) -> bytes:
    """Return the contents of one file, verified; see :func:`open_bundle_file` for large ones.

    It raises what :func:`get_bundle_file_metadata` raises.
    """
    source, own_path = follow(find_source(bundle_uuid, use_draft=use_draft), path)
    file = source.find(own_path, asked=(bundle_uuid, path))
    return get_store().read_blob(source.bundle_uuid, file.digest, file.size)


@contextlib.contextmanager
def open_bundle_file(
    bundle_uuid: UUID | str,
    path: str,
    *,
    version_number: int | None = None,
    use_draft: str | None = None,
) -> Iterator[BinaryIO]:
    """Open one file for reading; who reads it to the end knows that it is undamaged.

    Args:
        path: In the bundle, or ``links/{alias}/…``.
        version_number: The version; None for the latest one.
        use_draft: As in :func:`get_bundle_files_dict`; only without a version.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        BundleFileNotFound: It has no such file.
        StorageError: The storage failed, or (while reading) what it holds is damaged.
    """
    with open_file(find_source(bundle_uuid, version_number, use_draft), path) as file:
        yield file


@contextlib.contextmanager
def open_version_file(version: BundleVersionData, path: str) -> Iterator[BinaryIO]:
    """Open one file of a version that was read before, without asking the database again.

    For those who read many files of one version. Paths through links are for
    :func:`open_bundle_file`.

    Raises:
        BundleFileNotFound: The version has no such file.
        StorageError: The storage failed, or (while reading) what it holds is damaged.
    """
    file = version.files.get(as_stored(path))
    if file is None:
        raise BundleFileNotFound(version.bundle_uuid, path)
    blob = get_store().open_blob(version.bundle_uuid, file.hash_digest, file.size)
    with contextlib.closing(blob):
        yield cast(BinaryIO, blob)


def digest_of(contents: FileSource) -> str:
    """Return the digest under which contents would be stored, without storing them.

    Raises:
        Invalid: The contents have a wrong type.
    """
    with opened(contents) as source:
        reader = HashingReader(source)
        for _chunk in reader.chunks():
            pass
    return reader.digest


def force_browser_url(url: str) -> str:
    """Return a URL that a browser outside the devstack's containers can open."""
    return _DEVSTACK.sub("http://localhost:", str(url))


@frozen(eq=False)
class DraftSource(Source):
    """A draft, as something that has files."""

    draft: DraftView = field(kw_only=True)


def find_source(
    bundle_uuid: UUID | str, version_number: int | None = None, use_draft: str | None = None
) -> Source:
    """Return what callers mean that has files.

    Args:
        version_number: None for the draft; or, if there is none, for the latest version.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        StorageError: The storage failed.
    """
    if version_number is not None:
        return version_source(require_version(bundle_uuid, version_number))
    if use_draft is not None:
        state = find_draft_by_name(bundle_uuid, use_draft)
        if state is not None:
            view = read_draft(state)
            return DraftSource(state.row.bundle.uuid, view.tree, draft=view)
    version = find_version(bundle_uuid, None)
    if version is None:
        return Source(UUID(str(bundle_uuid)), EMPTY_TREE)
    return version_source(version)


def _file_data(source: Source, files: Mapping[str, TreeFile]) -> dict[str, BundleFileData]:
    if isinstance(source, DraftSource):
        return dict(draft_files(source.draft, files))
    return version_files(source.version, files) if source.version is not None else {}
