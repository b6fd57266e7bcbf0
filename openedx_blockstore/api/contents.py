"""The files of one state of a bundle in the form in which plugins read them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import BinaryIO
from uuid import UUID

from openedx_blockstore.api._lookup import find_bundle, find_targets, read_manifest
from openedx_blockstore.api.files import Source, find_source, open_file
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import Invalid
from openedx_blockstore.models import Bundle
from openedx_blockstore.plugin_api import BundleContents, ContentFile
from openedx_blockstore.store import TreeFile


#: Manifests that are read from the storage at a time.
_READERS = 8


def get_bundle_contents(
    bundle_uuid: UUID | str, version_number: int | None = None, *, use_draft: str | None = None
) -> BundleContents:
    """Return the files and links of a version or a draft, to be read when they are needed.

    Args:
        version_number: None for the latest one; a bundle without any has no files.
        use_draft: The name of a draft, as in :func:`get_bundle_files_dict`; only without a version.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        Invalid: Both a version and a draft are given.
        StorageError: The storage failed.
    """
    if version_number is not None and use_draft is not None:
        raise Invalid("Give a version or a draft, not both.")
    return StoredContents(find_source(bundle_uuid, version_number, use_draft))


def get_many_contents(targets: Iterable[LinkTarget]) -> dict[LinkTarget, BundleContents]:
    """Return the contents of many versions, with few statements however many they are.

    Manifests that are not cached are read several at a time. Versions of deleted bundles are there
    as long as something links to them, as everywhere.

    Args:
        targets: The versions, as links name them.

    Returns:
        Contents by target; those of versions that do not exist are left out.

    Raises:
        StorageError: The storage failed.
    """
    found = find_targets(targets)
    with ThreadPoolExecutor(max_workers=_READERS) as pool:
        manifests = pool.map(read_manifest, found.values())
        return {
            target: StoredContents(Source(version.bundle.uuid, manifest.tree(), version=version))
            for (target, version), manifest in zip(found.items(), manifests, strict=True)
        }


def content_files(files: Mapping[str, TreeFile]) -> Mapping[str, ContentFile]:
    """Return files as plugins see them, sorted by path."""
    return MappingProxyType(
        {
            path: ContentFile(path, file.size, file.digest, file.public)
            for path, file in sorted(files.items())
        }
    )


class StoredContents(BundleContents):
    """A version or a draft that is in the store."""

    def __init__(self, source: Source) -> None:
        self._source = source
        bundle = _bundle_of(source)
        self.bundle_uuid = bundle.uuid
        self.bundle_type = bundle.type
        self.title = bundle.title
        self.version = source.version.version_num if source.version is not None else None
        self._files = content_files(source.tree.files)
        self._links = MappingProxyType(dict(sorted(source.tree.links.items())))

    @property
    def files(self) -> Mapping[str, ContentFile]:
        """All files by path, sorted."""
        return self._files

    @property
    def links(self) -> Mapping[str, LinkTarget]:
        """All links by alias, sorted."""
        return self._links

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file; see :meth:`BundleContents.open`."""
        with open_file(self._source, path) as file:
            yield file


def _bundle_of(source: Source) -> Bundle:
    if source.version is not None:
        return source.version.bundle
    if source.draft is not None:
        return source.draft.state.row.bundle
    return find_bundle(source.bundle_uuid)
