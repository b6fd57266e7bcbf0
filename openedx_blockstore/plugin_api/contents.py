"""What plugins read: the files of one state of a bundle, wherever they are stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO
from uuid import UUID

from attrs import frozen

from openedx_blockstore.data import LinkTarget

#: Bytes that :meth:`BundleContents.read` reads at most, unless it is told otherwise.
MAX_READ = 16 * 2**20


@frozen
class ContentFile:
    """One file, as far as is known without reading it.

    Attributes:
        size: In bytes.
        digest: The lower-case hexadecimal SHA-256 of the bytes.
    """

    path: str
    size: int
    digest: str
    public: bool = False


class BundleContents(ABC):
    """The files and links of one state of a bundle: a version, or what is about to become one.

    Attributes:
        bundle_uuid: The bundle; None where an import is still to make it.
        bundle_type: Its type; may be empty.
        title: What people call it.
        version: The version's number; None where there is none yet.
        draft_uuid: The draft that these are the contents of; None for anything else.
    """

    bundle_uuid: UUID | None
    bundle_type: str
    title: str
    version: int | None
    draft_uuid: UUID | None = None

    @property
    @abstractmethod
    def files(self) -> Mapping[str, ContentFile]:
        """All files by path, sorted. Nothing is read for this but the manifest."""

    @property
    @abstractmethod
    def links(self) -> Mapping[str, LinkTarget]:
        """All links by alias, sorted."""

    @abstractmethod
    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open a file to read its bytes once, from the start; ``links/{alias}/…`` leads on.

        Raises:
            BundleFileNotFound: There is no such file.
            StorageError: The storage failed.
        """

    def read(self, path: str, *, limit: int = MAX_READ) -> bytes:
        """Return a file's bytes.

        Args:
            limit: How many bytes to take into memory at most.

        Raises:
            BundleFileNotFound: There is no such file.
            StorageError: The storage failed.
            ValueError: The file is larger than the limit.
        """
        with self.open(path) as file:
            contents = file.read(limit + 1)
        if len(contents) > limit:
            raise ValueError(f"{path!r} is larger than {limit} bytes.")
        return contents
