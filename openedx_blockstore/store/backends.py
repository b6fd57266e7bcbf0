"""The few operations that Blockstore needs of a storage, over any Django storage.

Names are decided by the caller and never altered: what Django's ``Storage.save`` does with a taken
name (it makes up another one) would lose track of content. As the name of everything stored
follows from its bytes, "already there" is success, and writing it again does no harm.

Errors of the storage become :class:`~openedx_blockstore.exceptions.StorageError` here, whatever
library they came from.
"""

from __future__ import annotations

import abc
import contextlib
import os
import tempfile
import uuid
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from attrs import frozen
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage

from openedx_blockstore.exceptions import BlockstoreError, StorageError
from openedx_blockstore.store.digests import HashingReader


@frozen
class Stored:
    """What became of bytes that were to be stored.

    Attributes:
        size: In bytes.
        reused: They had been stored before, and were not written again; whoever relies on that
            must make sure that nobody is removing them at this moment.
    """

    digest: str
    size: int
    reused: bool


class StorageBackend(abc.ABC):
    """One Django storage, seen as a place for immutable things under names of our choice."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @abc.abstractmethod
    def put_stream(
        self,
        source: BinaryIO,
        *,
        name_of: Callable[[str], str],
        incoming_name: str,
        known: Container[str] = (),
    ) -> Stored:
        """Store what a file holds, in one pass and flat memory.

        Args:
            name_of: The storage name for a digest, which is known only at the end.
            incoming_name: A name to use until then, by storages that can rename.
            known: Digests that are stored already, by the word of the caller.

        Raises:
            StorageError: The storage failed. Nothing is under the final name then.
        """

    @abc.abstractmethod
    def put_bytes(self, name: str, contents: bytes) -> None:
        """Store bytes; if something has this name already, it holds the same.

        Raises:
            StorageError: The storage failed.
        """

    def sync_folder(self, name: str) -> None:  # noqa: ARG002  (there are no folders here)
        """Make sure that the entries of a folder survive a power failure."""
        return

    def exists(self, name: str) -> bool:
        """Tell whether something has this name.

        Raises:
            StorageError: The storage does not answer.
        """
        with storage_errors(name):
            return self._storage.exists(name)

    def open(self, name: str) -> BinaryIO:
        """Open a stored file for reading; the caller closes it.

        Raises:
            StorageError: It is not there, or the storage failed.
        """
        with storage_errors(name):
            return cast(BinaryIO, self._storage.open(name, "rb"))

    def read(self, name: str) -> bytes:
        """Return all of a stored file.

        Raises:
            StorageError: It is not there, or the storage failed.
        """
        with storage_errors(name), self._storage.open(name, "rb") as file:
            return cast(bytes, file.read())


class FileSystemBackend(StorageBackend):
    """Writes under a temporary name on the same file system, and renames: all or nothing."""

    def __init__(self, storage: FileSystemStorage, *, durable: bool) -> None:
        super().__init__(storage)
        self._files = storage
        self._durable = durable

    def put_stream(
        self,
        source: BinaryIO,
        *,
        name_of: Callable[[str], str],
        incoming_name: str,
        known: Container[str] = (),
    ) -> Stored:
        """Write and hash in one pass, then rename to the place under the digest."""
        reader = HashingReader(source)
        with self._incoming(incoming_name) as incoming:
            self._write(incoming, reader.chunks())
            if reader.digest in known:
                return Stored(reader.digest, reader.size, reused=True)
            self._rename(incoming, name_of(reader.digest))
        return Stored(reader.digest, reader.size, reused=False)

    def put_bytes(self, name: str, contents: bytes) -> None:
        """Write beside the final place, then rename."""
        with self._incoming(f"{name}.{uuid.uuid4().hex}") as incoming:
            self._write(incoming, iter([contents]))
            self._rename(incoming, name)
        self.sync_folder(name.rpartition("/")[0])

    def sync_folder(self, name: str) -> None:
        """Sync the folder's entries to the disk, where writes are to be durable."""
        if not self._durable or os.name == "nt":  # Windows can not open folders
            return
        with storage_errors(name):
            descriptor = os.open(self._files.path(name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def _incoming(self, name: str) -> Iterator[Path]:
        path = Path(self._files.path(name))
        with storage_errors(name):
            self._make_folder(path.parent)
        try:
            yield path
        finally:
            # It is there only if something went wrong. What can not be removed is garbage.
            with contextlib.suppress(OSError):
                path.unlink()

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        if (mode := self._files.directory_permissions_mode) is not None:
            folder.chmod(mode)  # not as an argument of mkdir: the umask would take from it

    def _write(self, path: Path, chunks: Iterator[bytes]) -> None:
        # The source is read inside, but its errors are the caller's business: they pass as is.
        with storage_errors(str(path)):
            file = path.open("xb")
        with _closing(file):
            for chunk in chunks:
                with storage_errors(str(path)):
                    file.write(chunk)
            with storage_errors(str(path)):
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())

    def _rename(self, incoming: Path, name: str) -> None:
        with storage_errors(name):
            final = Path(self._files.path(name))
            self._make_folder(final.parent)
            if self._files.file_permissions_mode is not None:
                incoming.chmod(self._files.file_permissions_mode)
            incoming.replace(final)


class ObjectStorageBackend(StorageBackend):
    """Spools what arrives on the local disk, then writes it once, if it is not there yet."""

    def __init__(self, storage: Storage, *, spool_bytes: int) -> None:
        super().__init__(storage)
        self._spool_bytes = spool_bytes

    def put_stream(
        self,
        source: BinaryIO,
        *,
        name_of: Callable[[str], str],
        incoming_name: str,
        known: Container[str] = (),
    ) -> Stored:
        """Spool and hash in one pass; then one existence check and at most one write."""
        reader = HashingReader(source)
        spool = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed on the next line
            self._spool_bytes, prefix="blockstore-"
        )
        with _closing(cast(BinaryIO, spool)):
            for chunk in reader.chunks():
                with storage_errors(incoming_name):
                    spool.write(chunk)
            name = name_of(reader.digest)
            reused = reader.digest in known or self.exists(name)
            if not reused:
                with storage_errors(incoming_name):
                    spool.seek(0)
                self._save(name, File(cast(BinaryIO, spool), name=name))
        return Stored(reader.digest, reader.size, reused=reused)

    def put_bytes(self, name: str, contents: bytes) -> None:
        """Write once, without looking first."""
        self._save(name, ContentFile(contents, name=name))

    def _save(self, name: str, file: File[bytes]) -> None:
        # ``_save`` is what Django asks each storage to implement; ``save`` would look for the name
        # once more and make up another one.
        with storage_errors(name):
            saved = self._storage._save(name, file)  # type: ignore[attr-defined]  # noqa: SLF001
            if saved == name:
                return
            # Some do so in ``_save``, too, where the name is taken. What has it holds the same.
            with contextlib.suppress(FileNotFoundError):
                self._storage.delete(saved)
            if not self._storage.exists(name):
                raise StorageError(name, f"the storage gave it another name, {saved}")


def make_backend(storage: Storage, *, durable: bool, spool_bytes: int) -> StorageBackend:
    """Return the right backend for a Django storage.

    Args:
        durable: Wait until the disk has a file (file system only).
        spool_bytes: What to keep in memory of an upload at most.
    """
    # A subclass that saves in a way of its own (compressing, say) is treated as any storage is.
    plain = getattr(type(storage), "_save", None) is getattr(FileSystemStorage, "_save", None)
    if plain and isinstance(storage, FileSystemStorage):
        return FileSystemBackend(storage, durable=durable)
    return ObjectStorageBackend(storage, spool_bytes=spool_bytes)


@contextlib.contextmanager
def _closing(file: BinaryIO) -> Iterator[None]:
    """Close a file that was written to.

    After an error there may be bytes left that it could not write, and would try to once more.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            file.close()
        raise
    file.close()


@contextlib.contextmanager
def storage_errors(name: str) -> Iterator[None]:
    """Turn whatever a storage raises into a StorageError that names the file.

    The libraries behind Django's storages have no common root for their errors.
    """
    try:
        yield
    except BlockstoreError:
        raise
    except FileNotFoundError as error:
        raise StorageError(name, "it is not there") from error
    except Exception as error:
        raise StorageError(name, f"{type(error).__name__}: {error}") from error
