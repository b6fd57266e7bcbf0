"""Files of versions and drafts: what there is, and what is in it.

A path ``links/{alias}/…`` leads into the version that the link points to.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, cast
from uuid import UUID

from attrs import frozen

from openedx_blockstore.api._draft_data import draft_files, draft_links
from openedx_blockstore.api._draft_views import DraftView, find_draft_by_name, read_draft
from openedx_blockstore.api._lookup import find_version, read_manifest, require_version
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._values import opened
from openedx_blockstore.api._version_data import version_files, version_links
from openedx_blockstore.data import (
    BundleFileData,
    BundleLinkData,
    BundleVersionData,
    FileSource,
)
from openedx_blockstore.exceptions import BundleFileNotFound, NotFound
from openedx_blockstore.models import BundleVersion
from openedx_blockstore.store import EMPTY_TREE, HashingReader, Tree, TreeFile, split_link_path

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
    return source.file_data(source.tree.files)


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
    if source.draft is not None:
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
    source, own_path = _follow(find_source(bundle_uuid, use_draft=use_draft), path)
    file = source.find(own_path, asked=(bundle_uuid, path))
    return source.file_data({own_path: file})[own_path]


def get_bundle_file_data(bundle_uuid: UUID | str, path: str, use_draft: str | None = None) -> bytes:
    """Return the contents of one file, verified; see :func:`open_bundle_file` for large ones.

    It raises what :func:`get_bundle_file_metadata` raises.
    """
    source, own_path = _follow(find_source(bundle_uuid, use_draft=use_draft), path)
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
    file = version.files.get(_as_stored(path))
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


@contextlib.contextmanager
def open_file(source: Source, path: str) -> Iterator[BinaryIO]:
    """Open one file of a version or draft that is known already.

    Raises:
        BundleFileNotFound: It has no such file.
        StorageError: The storage failed, or (while reading) what it holds is damaged.
    """
    asked = (source.bundle_uuid, path)
    source, own_path = _follow(source, path)
    file = source.find(own_path, asked=asked)
    blob = get_store().open_blob(source.bundle_uuid, file.digest, file.size)
    with contextlib.closing(blob):
        yield cast(BinaryIO, blob)


def force_browser_url(url: str) -> str:
    """Return a URL that a browser outside the devstack's containers can open."""
    return _DEVSTACK.sub("http://localhost:", str(url))


@frozen(eq=False)
class Source:
    """A version or a draft, as something that has files."""

    bundle_uuid: UUID
    tree: Tree
    version: BundleVersion | None = None
    draft: DraftView | None = None

    def find(self, path: str, *, asked: tuple[UUID | str, str]) -> TreeFile:
        """Return a file of its own.

        Args:
            asked: The bundle and path for the error if there is none.
        """
        file = self.tree.files.get(path)
        if file is None:
            raise BundleFileNotFound(*asked)
        return file

    def file_data(self, files: Mapping[str, TreeFile]) -> dict[str, BundleFileData]:
        """Return some of its files as the API gives them."""
        if self.draft is not None:
            return dict(draft_files(self.draft, files))
        return version_files(self.version, files) if self.version is not None else {}


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
        return _version_source(bundle_uuid, require_version(bundle_uuid, version_number))
    if use_draft is not None:
        state = find_draft_by_name(bundle_uuid, use_draft)
        if state is not None:
            view = read_draft(state)
            return Source(state.row.bundle.uuid, view.tree, draft=view)
    return _version_source(bundle_uuid, find_version(bundle_uuid, None))


def _version_source(bundle_uuid: UUID | str, version: BundleVersion | None) -> Source:
    if version is None:
        return Source(UUID(str(bundle_uuid)), EMPTY_TREE)
    return Source(version.bundle.uuid, read_manifest(version).tree(), version=version)


def _as_stored(path: Any) -> str:
    """Return a path in the form in which it is stored; no text is the path of no file."""
    return unicodedata.normalize("NFC", path) if isinstance(path, str) else ""


def _follow(source: Source, path: str) -> tuple[Source, str]:
    """Follow the links that a path leads through.

    Raises:
        BundleFileNotFound: There is no such link, or it is broken.
    """
    asked = (source.bundle_uuid, path)
    own_path = _as_stored(path)
    while (step := split_link_path(own_path)) is not None:
        alias, own_path = step
        target = source.tree.links.get(alias)
        if target is None:
            raise BundleFileNotFound(*asked)
        try:
            version = require_version(target.bundle_uuid, target.version)
        except NotFound as error:
            raise BundleFileNotFound(*asked) from error
        source = _version_source(target.bundle_uuid, version)
    return source, own_path
