"""Object stores that browsers may fetch from, and send to, without the application in between.

What such a store must be able to do is :class:`PresigningStorage`. S3's is in
:mod:`openedx_blockstore.store.s3`; another object store follows by a Django storage that is one
itself. :class:`DirectBlobs` is the same in terms of bundles and digests.
"""

from __future__ import annotations

import abc
from typing import BinaryIO
from uuid import UUID

from attrs import frozen
from django.core.files.storage import Storage

from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.store import layout
from openedx_blockstore.store.backends import storage_errors
from openedx_blockstore.store.digests import HashingReader


@frozen
class UploadedPart:
    """A part of a direct upload that has arrived.

    Attributes:
        number: Counts from 1.
        etag: What the store calls its contents.
    """

    number: int
    size: int
    etag: str


@frozen
class DownloadHeaders:
    """The headers with which a store answers a signed URL."""

    content_type: str
    content_disposition: str
    cache_control: str


class PresigningStorage(abc.ABC):
    """What an object store must be able to do for direct downloads and uploads.

    Names are those that Django's storage takes. Errors are whatever the store's library raises.
    """

    #: Bytes that a part must have at least, but for the last one, and the number of parts at most.
    min_part_bytes: int = 5 * 2**20
    max_parts: int = 10_000

    @abc.abstractmethod
    def download_url(self, name: str, headers: DownloadHeaders, *, expires_in: int) -> str:
        """Return a signed URL for GET; nothing is asked of the store.

        Args:
            expires_in: Seconds until it is refused.
        """

    @abc.abstractmethod
    def open_range(self, name: str, start: int, length: int) -> BinaryIO:
        """Open some bytes of a file, without fetching any others; the caller closes it.

        Args:
            length: At least 1.
        """

    @abc.abstractmethod
    def begin_upload(self, name: str) -> str:
        """Begin an upload in parts; return the store's key for it."""

    @abc.abstractmethod
    def part_url(self, name: str, key: str, number: int, *, size: int, expires_in: int) -> str:
        """Return a signed URL for PUT of one part; nothing is asked of the store.

        Args:
            size: The bytes of the part. The store refuses others, if it can.
        """

    @abc.abstractmethod
    def list_parts(self, name: str, key: str) -> list[UploadedPart] | None:
        """Return the parts that have arrived, by number; None if there is no such upload."""

    @abc.abstractmethod
    def complete_upload(self, name: str, key: str, parts: list[UploadedPart]) -> None:
        """Make one file of the parts."""

    @abc.abstractmethod
    def abort_upload(self, name: str, key: str) -> None:
        """Forget an upload and its parts; one that is not there is success."""

    @abc.abstractmethod
    def size(self, name: str) -> int | None:
        """Return the bytes of a file, or None if there is none."""

    @abc.abstractmethod
    def copy(self, name: str, to: str) -> None:
        """Copy a file inside the store, whatever its size."""

    @abc.abstractmethod
    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is success."""


class DirectBlobs:
    """The same, for the files and uploads of bundles. Every error is a StorageError here."""

    def __init__(self, storage: PresigningStorage) -> None:
        self._storage = storage

    # Downloads

    def download_url(
        self, bundle_uuid: UUID, digest: str, headers: DownloadHeaders, *, expires_in: int
    ) -> str:
        """Return a URL under which anybody can fetch a blob for a while.

        Raises:
            StorageError: It can not be signed.
        """
        name = layout.blob_name(bundle_uuid, digest)
        with storage_errors(name):
            return self._storage.download_url(name, headers, expires_in=expires_in)

    def open_range(self, bundle_uuid: UUID, digest: str, start: int, length: int) -> BinaryIO:
        """Open some bytes of a blob.

        Raises:
            StorageError: It is not there, or the storage failed.
        """
        name = layout.blob_name(bundle_uuid, digest)
        with storage_errors(name):
            return self._storage.open_range(name, start, length)

    # Uploads

    def part_size(self, size: int, wanted: int) -> int:
        """Return the bytes of each part (but the last) of an upload.

        Args:
            size: Of the whole.
            wanted: What is returned, if the store takes parts of that size and in that number.
        """
        needed = -(-size // self._storage.max_parts)
        return max(wanted, self._storage.min_part_bytes, needed)

    def begin_upload(self, bundle_uuid: UUID, upload_uuid: UUID) -> str:
        """Begin an upload; return the store's key for it.

        Raises:
            StorageError: The storage failed.
        """
        name = layout.upload_name(bundle_uuid, str(upload_uuid))
        with storage_errors(name):
            return self._storage.begin_upload(name)

    def part_url(
        self,
        bundle_uuid: UUID,
        upload_uuid: UUID,
        key: str,
        number: int,
        *,
        size: int,
        expires_in: int,
    ) -> str:
        """Return the URL to send one part to.

        Raises:
            StorageError: It can not be signed.
        """
        name = layout.upload_name(bundle_uuid, str(upload_uuid))
        with storage_errors(name):
            return self._storage.part_url(name, key, number, size=size, expires_in=expires_in)

    def list_parts(
        self, bundle_uuid: UUID, upload_uuid: UUID, key: str
    ) -> list[UploadedPart] | None:
        """Return the parts that have arrived; None where they are one file already, or gone.

        Raises:
            StorageError: The storage failed.
        """
        name = layout.upload_name(bundle_uuid, str(upload_uuid))
        with storage_errors(name):
            return self._storage.list_parts(name, key)

    def complete_upload(
        self, bundle_uuid: UUID, upload_uuid: UUID, key: str, parts: list[UploadedPart]
    ) -> None:
        """Make one file of the parts.

        Raises:
            StorageError: The storage failed.
        """
        name = layout.upload_name(bundle_uuid, str(upload_uuid))
        with storage_errors(name):
            self._storage.complete_upload(name, key, parts)

    def uploaded_size(self, bundle_uuid: UUID, upload_uuid: UUID) -> int | None:
        """Return the bytes of a completed upload, or None if it is not complete, or gone.

        Raises:
            StorageError: The storage failed.
        """
        name = layout.upload_name(bundle_uuid, str(upload_uuid))
        with storage_errors(name):
            return self._storage.size(name)

    def digest_of_upload(self, bundle_uuid: UUID, upload_uuid: UUID, size: int) -> str:
        """Read a completed upload once, in flat memory, and return the digest of its bytes.

        Raises:
            StorageError: It is not there, or the storage failed.
        """
        name = layout.upload_name(bundle_uuid, str(upload_uuid))
        with storage_errors(name), self._storage.open_range(name, 0, size) as file:
            reader = HashingReader(file)
            for _chunk in reader.chunks():
                pass
        if reader.size != size:
            raise StorageError(name, f"{reader.size} bytes of {size} could be read")
        return reader.digest

    def keep_upload(self, bundle_uuid: UUID, upload_uuid: UUID, digest: str) -> None:
        """Copy a completed upload, whose digest was found to be this, to the place of the blob.

        Raises:
            StorageError: The storage failed.
        """
        name = layout.upload_name(bundle_uuid, str(upload_uuid))
        with storage_errors(name):
            self._storage.copy(name, layout.blob_name(bundle_uuid, digest))

    def remove_upload(self, bundle_uuid: UUID, upload_uuid: UUID, key: str) -> None:
        """Remove whatever there is of an upload.

        Raises:
            StorageError: The storage failed.
        """
        name = layout.upload_name(bundle_uuid, str(upload_uuid))
        with storage_errors(name):
            self._storage.abort_upload(name, key)
            self._storage.delete(name)


def make_direct(storage: Storage) -> DirectBlobs | None:
    """Return the direct way to a Django storage, or None where it has none."""
    if isinstance(storage, PresigningStorage):
        return DirectBlobs(storage)
    # The module of S3 imports its libraries, which are there only where they are used.
    if any(base.__module__ == "storages.backends.s3" for base in type(storage).__mro__):
        from openedx_blockstore.store.s3 import S3Presigning  # noqa: PLC0415

        return DirectBlobs(S3Presigning(storage))
    return None
