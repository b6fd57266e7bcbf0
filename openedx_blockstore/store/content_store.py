"""Reads and writes blobs, manifests and closures: the layout over a backend, with a cache.

This is all that the rest of Blockstore sees of the storage. It knows no database: which digest a
version has is the caller's knowledge.
"""

from __future__ import annotations

import gzip
import io
import uuid
import zlib
from collections.abc import Container
from typing import BinaryIO, cast
from uuid import UUID

from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.store import layout
from openedx_blockstore.store.backends import StorageBackend, Stored
from openedx_blockstore.store.cache import DigestCache
from openedx_blockstore.store.closures import Closure, dump_closure, load_closure
from openedx_blockstore.store.digests import VerifiedFile, digest_of
from openedx_blockstore.store.direct import DirectBlobs
from openedx_blockstore.store.manifests import Manifest, dump_manifest, load_manifest
from openedx_blockstore.store.ranges import FileRange

# What a parsed manifest weighs in memory, compared with its JSON; measured, roughly.
_PARSED_WEIGHT = 5


class ContentStore:
    """Everything that is stored as files.

    Args:
        max_cached_blob_bytes: Contents up to this size are cached.
        direct: How to reach the same blobs without the application in between, if there is a way.
    """

    def __init__(
        self,
        backend: StorageBackend,
        cache: DigestCache,
        *,
        max_cached_blob_bytes: int,
        direct: DirectBlobs | None = None,
    ) -> None:
        self.direct = direct
        self._backend = backend
        self._cache = cache
        self._max_cached_blob_bytes = max_cached_blob_bytes

    # Blobs

    def put_blob(
        self, bundle_uuid: UUID, source: BinaryIO, *, known: Container[str] = ()
    ) -> Stored:
        """Store what a binary file holds, in one pass.

        Args:
            known: Digests of blobs that versions of this bundle refer to, and that are therefore
                stored.

        Raises:
            StorageError: The storage failed; nothing is under the digest then.
        """
        return self._backend.put_stream(
            source,
            name_of=lambda digest: layout.blob_name(bundle_uuid, digest),
            incoming_name=layout.upload_name(bundle_uuid, uuid.uuid4().hex),
            known=known,
        )

    def sync_blobs(self, bundle_uuid: UUID) -> None:
        """Make the blobs put so far survive a power failure; call before referring to them."""
        self._backend.sync_folder(layout.blobs_folder(bundle_uuid))

    def has_blob(self, bundle_uuid: UUID, digest: str) -> bool:
        """Tell whether a blob is stored.

        Raises:
            StorageError: The storage does not answer.
        """
        return self._backend.exists(layout.blob_name(bundle_uuid, digest))

    def open_blob(self, bundle_uuid: UUID, digest: str, size: int) -> VerifiedFile:
        """Open a blob for reading; whoever reads it to the end can trust what they read.

        Raises:
            StorageError: It is not there, or the storage failed.
        """
        if size <= self._max_cached_blob_bytes:
            file: BinaryIO = io.BytesIO(self.read_blob(bundle_uuid, digest, size))
        elif self.direct is not None:
            file = self.direct.open_range(bundle_uuid, digest, 0, size)
        else:
            file = self._backend.open(layout.blob_name(bundle_uuid, digest))
        return VerifiedFile(
            file, name=layout.blob_name(bundle_uuid, digest), digest=digest, size=size
        )

    def read_blob(self, bundle_uuid: UUID, digest: str, size: int) -> bytes:
        """Return the contents of a blob, from the cache if it is a small one.

        Raises:
            StorageError: It is not there, is damaged, or the storage failed.
        """
        small = size <= self._max_cached_blob_bytes
        contents = self._cache.get(digest) if small else None
        if contents is None:
            name = layout.blob_name(bundle_uuid, digest)
            contents = self._backend.read(name)
            _verify(name, contents, digest)
            if small:
                self._cache.set(digest, contents)
        return contents

    def open_blob_range(
        self, bundle_uuid: UUID, digest: str, *, start: int, length: int
    ) -> BinaryIO:
        """Open some bytes of a blob, without reading the others where the storage can do that.

        Nothing tells whether they are undamaged: the digest is of the whole.

        Args:
            length: At least 1.

        Raises:
            StorageError: It is not there, or the storage failed.
        """
        if self.direct is not None:
            return self.direct.open_range(bundle_uuid, digest, start, length)
        file = self._backend.open(layout.blob_name(bundle_uuid, digest))
        file.seek(start)
        return cast(BinaryIO, FileRange(file, length))

    # Manifests and closures

    def write_manifest(self, manifest: Manifest) -> str:
        """Store a manifest and return its digest.

        Raises:
            StorageError: The storage failed.
        """
        contents = dump_manifest(manifest)
        digest = digest_of(contents)
        name = layout.manifest_name(manifest.bundle_uuid, manifest.version_num, digest)
        self._write_json(name, contents)
        self._remember(digest, manifest, contents)
        return digest

    def read_manifest(self, bundle_uuid: UUID, version_num: int, digest: str) -> Manifest:
        """Return the manifest of a version.

        Raises:
            StorageError: It is not there, is damaged, or the storage failed.
        """
        if (manifest := self._cache.get_parsed(Manifest, digest)) is None:
            name = layout.manifest_name(bundle_uuid, version_num, digest)
            contents = self._read_json(name, digest)
            try:
                manifest = load_manifest(contents)
            except ValueError as error:
                raise StorageError(name, str(error)) from error
            self._remember(digest, manifest, contents)
        return manifest

    def write_closure(self, bundle_uuid: UUID, closure: Closure) -> str:
        """Store a link closure and return its digest.

        Raises:
            StorageError: The storage failed.
        """
        contents = dump_closure(closure)
        digest = digest_of(contents)
        self._write_json(layout.closure_name(bundle_uuid, digest), contents)
        self._remember(digest, closure, contents)
        return digest

    def read_closure(self, bundle_uuid: UUID, digest: str) -> Closure:
        """Return a link closure.

        Raises:
            StorageError: It is not there, is damaged, or the storage failed.
        """
        if (closure := self._cache.get_parsed(Closure, digest)) is None:
            name = layout.closure_name(bundle_uuid, digest)
            contents = self._read_json(name, digest)
            try:
                closure = load_closure(contents)
            except ValueError as error:
                raise StorageError(name, str(error)) from error
            self._remember(digest, closure, contents)
        return closure

    def _write_json(self, name: str, contents: bytes) -> None:
        # Without a time stamp, so that the same manifest is always the same bytes.
        self._backend.put_bytes(name, gzip.compress(contents, compresslevel=9, mtime=0))

    def _read_json(self, name: str, digest: str) -> bytes:
        contents = self._cache.get(digest)
        if contents is None:
            try:
                contents = gzip.decompress(self._backend.read(name))
            except (OSError, EOFError, zlib.error) as error:
                raise StorageError(name, f"it is damaged ({error})") from error
            _verify(name, contents, digest)
        return contents

    def _remember(self, digest: str, value: Manifest | Closure, contents: bytes) -> None:
        self._cache.set(digest, contents)
        self._cache.set_parsed(digest, value, size=len(contents) * _PARSED_WEIGHT)


def _verify(name: str, contents: bytes, digest: str) -> None:
    if digest_of(contents) != digest:
        raise StorageError(name, "its bytes do not have the digest they are stored under")
