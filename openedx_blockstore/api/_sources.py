"""Whatever has files, in one form: versions, drafts, and what an import is to make versions of."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO, cast
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.api._lookup import read_manifest, require_version
from openedx_blockstore.api._store import get_store
from openedx_blockstore.data import Dependency, LinkTarget
from openedx_blockstore.exceptions import BundleFileNotFound, NotFound
from openedx_blockstore.models import Bundle, BundleVersion
from openedx_blockstore.plugin_api import BundleContents, ContentFile
from openedx_blockstore.store import Tree, TreeFile, split_link_path


@frozen(eq=False)
class Source:
    """Something that has files.

    Attributes:
        version: The version that it is, if it is one.
        opener: Opens a file's contents where they are not in the store.
        planned: What an import is to make versions of; links to those lead there.
    """

    bundle_uuid: UUID
    tree: Tree
    version: BundleVersion | None = None
    opener: Callable[[TreeFile], BinaryIO] | None = None
    planned: Mapping[Dependency, Source] = field(factory=dict)

    def open(self, file: TreeFile) -> BinaryIO:
        """Open the contents of a file of its own; the caller closes them."""
        if self.opener is not None:
            return self.opener(file)
        return cast(BinaryIO, get_store().open_blob(self.bundle_uuid, file.digest, file.size))

    def find(self, path: str, *, asked: tuple[UUID | str, str]) -> TreeFile:
        """Return a file of its own.

        Args:
            asked: The bundle and path for the error if there is none.
        """
        file = self.tree.files.get(path)
        if file is None:
            raise BundleFileNotFound(*asked)
        return file


def version_source(version: BundleVersion) -> Source:
    """Return a version, whose bundle is loaded, as something that has files."""
    return Source(version.bundle.uuid, read_manifest(version).tree(), version=version)


@contextlib.contextmanager
def open_file(source: Source, path: str) -> Iterator[BinaryIO]:
    """Open a file, which may be in something that a link leads to.

    Raises:
        BundleFileNotFound: There is no such file.
        StorageError: The storage failed, or (while reading) what it holds is damaged.
    """
    asked = (source.bundle_uuid, path)
    source, own_path = follow(source, path)
    with contextlib.closing(source.open(source.find(own_path, asked=asked))) as file:
        yield file


def as_stored(path: Any) -> str:
    """Return a path in the form in which it is stored; no text is the path of no file."""
    return unicodedata.normalize("NFC", path) if isinstance(path, str) else ""


def follow(source: Source, path: str) -> tuple[Source, str]:
    """Follow the links that a path leads through.

    Raises:
        BundleFileNotFound: There is no such link, or it is broken.
    """
    asked = (source.bundle_uuid, path)
    own_path = as_stored(path)
    while (step := split_link_path(own_path)) is not None:
        alias, own_path = step
        target = source.tree.links.get(alias)
        if target is None:
            raise BundleFileNotFound(*asked)
        planned = source.planned.get(Dependency(target.bundle_uuid, target.version))
        if planned is not None:
            source = planned
            continue
        try:
            source = version_source(require_version(target.bundle_uuid, target.version))
        except NotFound as error:
            raise BundleFileNotFound(*asked) from error
    return source, own_path


# As plugins see them ------------------------------------------------------------------------------


class SourceContents(BundleContents):
    """Whatever has files, as plugins see it."""

    def __init__(self, source: Source, bundle: Bundle, draft_uuid: UUID | None = None) -> None:
        """Wrap what has files.

        Args:
            bundle: The bundle; it need not be saved yet.
            draft_uuid: The draft, if it is one.
        """
        self._source = source
        self.bundle_uuid = bundle.uuid
        self.bundle_type = bundle.type
        self.title = bundle.title
        self.version = source.version.version_num if source.version is not None else None
        self.draft_uuid = draft_uuid
        self._files: Mapping[str, ContentFile] | None = None

    @property
    def files(self) -> Mapping[str, ContentFile]:
        """All files by path, sorted."""
        if self._files is None:
            self._files = MappingProxyType(
                {
                    path: ContentFile(path, file.size, file.digest, file.public)
                    for path, file in sorted(self._source.tree.files.items())
                }
            )
        return self._files

    @property
    def links(self) -> Mapping[str, LinkTarget]:
        """All links by alias, sorted."""
        return MappingProxyType(dict(sorted(self._source.tree.links.items())))

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file; see :meth:`BundleContents.open`."""
        with open_file(self._source, path) as file:
            yield file


def version_contents(version: BundleVersion) -> BundleContents:
    """Return a version, whose bundle is loaded, as plugins see it.

    Raises:
        StorageError: The storage failed.
    """
    return SourceContents(version_source(version), version.bundle)
