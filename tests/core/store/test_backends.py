"""What Blockstore asks of a storage, as one suite for every kind of storage."""

from __future__ import annotations

import gzip
import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage
from pytest_django import Settings

from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.store import Stored, digest_of, make_backend
from openedx_blockstore.store.backends import (
    FileSystemBackend,
    ObjectStorageBackend,
    StorageBackend,
)

CONTENTS = b"some contents " * 1000
DIGEST = digest_of(CONTENTS)


class CompressingStorage(FileSystemStorage):
    """A file system that keeps files in a form of its own."""

    def _save(self, name: str, content: File[bytes]) -> str:
        packed = ContentFile(gzip.compress(content.read()))
        return super()._save(name, packed)  # type: ignore[misc, no-any-return]

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        return File(cast(IO[bytes], gzip.open(self.path(name))), name)


class FullStorage(InMemoryStorage):
    """A storage whose last byte is taken."""

    def _save(self, name: str, content: File[bytes]) -> str:
        raise OSError(28, "No space left on device")


class DownStorage(Storage):
    """A storage that does not answer, with an error of its library's own."""

    class Unreachable(Exception):
        pass

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        raise self.Unreachable("no route to host")

    def _save(self, name: str, content: File[bytes]) -> str:
        raise self.Unreachable("no route to host")

    def exists(self, name: str) -> bool:
        raise self.Unreachable("no route to host")


@pytest.fixture(
    params=[
        "files",
        "files, durable",
        "memory",
        "files of its own form",
        pytest.param("s3", marks=pytest.mark.services),
    ]
)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> StorageBackend:
    """Each kind of storage, empty."""
    kind: str = request.param
    storages: dict[str, Callable[[], Storage]] = {
        "files": lambda: FileSystemStorage(tmp_path / "files"),
        "files, durable": lambda: FileSystemStorage(tmp_path / "files"),
        "memory": InMemoryStorage,
        "files of its own form": lambda: CompressingStorage(tmp_path / "files"),
        "s3": lambda: request.getfixturevalue("s3_storage"),
    }
    return make_backend(storages[kind](), durable="durable" in kind, spool_bytes=1000)


class Broken(io.RawIOBase):
    """A source that fails after some bytes, as a cut connection does."""

    def __init__(self) -> None:
        self._parts: Iterator[bytes] = iter([b"x" * 5000])

    def read(self, size: int = -1, /) -> bytes:
        try:
            return next(self._parts)
        except StopIteration:
            raise ConnectionResetError("the author went away") from None


def put(backend: StorageBackend, source: BinaryIO, **options: Any) -> Stored:
    return backend.put_stream(
        source,
        name_of=lambda digest: f"bundle/data/{digest}",
        incoming_name=f"bundle/uploads/{uuid4().hex}",
        **options,
    )


def everything_in(storage: Storage, folder: str = "") -> list[str]:
    """The names of all that is stored, sorted."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return []
    names = [str(Path(folder, file)) for file in files]
    for each in folders:
        names += everything_in(storage, str(Path(folder, each)))
    return sorted(names)


def test_what_is_put_is_under_its_digest_and_nothing_else_is_there(
    backend: StorageBackend,
) -> None:
    stored = put(backend, io.BytesIO(CONTENTS))
    assert stored == Stored(DIGEST, len(CONTENTS), reused=False)
    assert everything_in(backend._storage) == [f"bundle/data/{DIGEST}"]
    assert backend.read(f"bundle/data/{DIGEST}") == CONTENTS
    with backend.open(f"bundle/data/{DIGEST}") as file:
        assert file.read(4) + file.read() == CONTENTS


def test_empty_contents_are_stored(backend: StorageBackend) -> None:
    stored = put(backend, io.BytesIO())
    assert (stored.digest, stored.size) == (digest_of(b""), 0)
    assert backend.read(f"bundle/data/{stored.digest}") == b""


def test_contents_that_are_there_already_are_a_success_under_the_same_name(
    backend: StorageBackend,
) -> None:
    for _ in range(3):
        assert put(backend, io.BytesIO(CONTENTS)).digest == DIGEST
    assert everything_in(backend._storage) == [f"bundle/data/{DIGEST}"]
    assert backend.read(f"bundle/data/{DIGEST}") == CONTENTS


def test_known_contents_are_not_written_again(backend: StorageBackend) -> None:
    stored = put(backend, io.BytesIO(CONTENTS), known={DIGEST})
    assert stored == Stored(DIGEST, len(CONTENTS), reused=True)
    assert everything_in(backend._storage) == []


def test_a_source_is_read_once_from_where_it_stands(backend: StorageBackend) -> None:
    source = io.BytesIO(b"header" + CONTENTS)
    source.seek(6)
    assert put(backend, source).digest == DIGEST


def test_an_error_of_the_source_passes_as_it_is_and_leaves_nothing(
    backend: StorageBackend,
) -> None:
    with pytest.raises(ConnectionResetError, match="the author went away"):
        put(backend, Broken())  # type: ignore[arg-type]
    assert everything_in(backend._storage) == []


def test_bytes_are_put_under_any_name_again_and_again(backend: StorageBackend) -> None:
    for _ in range(3):
        backend.put_bytes("bundle/versions/1/abc.json", b"{}")
    assert backend.read("bundle/versions/1/abc.json") == b"{}"
    assert everything_in(backend._storage) == ["bundle/versions/1/abc.json"]


def test_it_is_known_what_is_there(backend: StorageBackend) -> None:
    assert not backend.exists("bundle/data/abc")
    backend.put_bytes("bundle/data/abc", b"x")
    assert backend.exists("bundle/data/abc")


def test_what_is_not_there_is_a_storage_error_that_names_it(backend: StorageBackend) -> None:
    with pytest.raises(StorageError, match="bundle/data/abc: it is not there") as caught:
        backend.read("bundle/data/abc")
    assert caught.value.name == "bundle/data/abc"
    with pytest.raises(StorageError, match="bundle/data/abc"), backend.open("bundle/data/abc") as f:
        f.read()


def test_a_folder_can_be_synced_whatever_the_storage_is(backend: StorageBackend) -> None:
    put(backend, io.BytesIO(CONTENTS))
    backend.sync_folder("bundle/data")


def test_a_file_system_is_written_by_renaming_and_anything_else_by_its_own_save(
    tmp_path: Path,
) -> None:
    def kind(storage: Storage) -> type[StorageBackend]:
        return type(make_backend(storage, durable=False, spool_bytes=1))

    class Plain(FileSystemStorage):
        pass

    assert kind(FileSystemStorage(tmp_path)) is FileSystemBackend
    assert kind(Plain(tmp_path)) is FileSystemBackend
    assert kind(CompressingStorage(tmp_path)) is ObjectStorageBackend
    assert kind(InMemoryStorage()) is ObjectStorageBackend


def test_a_storage_with_a_form_of_its_own_keeps_it(tmp_path: Path) -> None:
    backend = make_backend(CompressingStorage(tmp_path), durable=False, spool_bytes=10)
    put(backend, io.BytesIO(CONTENTS))
    packed = (tmp_path / "bundle/data" / DIGEST).read_bytes()
    assert gzip.decompress(packed) == CONTENTS


def test_a_storage_that_alters_a_name_is_an_error() -> None:
    class Renaming(InMemoryStorage):
        def _save(self, name: str, content: File[bytes]) -> str:
            return f"{name}_a1b2c3"

    backend = make_backend(Renaming(), durable=False, spool_bytes=10)
    with pytest.raises(StorageError, match="another name, bundle/x_a1b2c3"):
        backend.put_bytes("bundle/x", b"x")


def test_errors_of_any_library_become_storage_errors() -> None:
    backend = make_backend(DownStorage(), durable=False, spool_bytes=10)
    attempts: list[Callable[[], object]] = [
        lambda: backend.read("a"),
        lambda: backend.open("a"),
        lambda: backend.exists("a"),
        lambda: backend.put_bytes("a", b""),
        lambda: put(backend, io.BytesIO(b"x")),
    ]
    for attempt in attempts:
        with pytest.raises(StorageError, match="Unreachable: no route to host"):
            attempt()


def test_a_full_object_store_has_nothing_under_the_final_name() -> None:
    backend = make_backend(FullStorage(), durable=False, spool_bytes=10)
    with pytest.raises(StorageError, match="No space left"):
        put(backend, io.BytesIO(CONTENTS))
    assert everything_in(backend._storage) == []


_WRITE_TO_A_FULL_DISK = """
import io, resource, signal, sys
from django.core.files.storage import FileSystemStorage
from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.store import make_backend

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
backend = make_backend(FileSystemStorage(sys.argv[1]), durable=False, spool_bytes=10)
for attempt in (
    lambda: backend.put_stream(
        io.BytesIO(b"x" * 1_000_000),
        name_of=lambda digest: f"bundle/data/{digest}",
        incoming_name="bundle/uploads/1",
    ),
    lambda: backend.put_bytes("bundle/versions/1/x.json", b"x" * 1_000_000),
):
    try:
        attempt()
    except StorageError as error:
        print(error)
"""


def test_a_disk_that_fills_up_has_nothing_under_the_final_name_nor_under_a_temporary_one(
    tmp_path: Path,
) -> None:
    assert resource.RLIMIT_FSIZE  # a limit on the size of files stands for a full disk
    run = subprocess.run(
        [sys.executable, "-c", _WRITE_TO_A_FULL_DISK, str(tmp_path)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.count("Storage error at") == 2
    assert run.stdout.count("File too large") == 2
    assert everything_in(FileSystemStorage(tmp_path)) == []


def test_a_folder_that_can_not_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file, where the storage's folder should be")
    backend = make_backend(FileSystemStorage(tmp_path / "files"), durable=False, spool_bytes=10)
    with pytest.raises(StorageError, match="bundle/"):
        put(backend, io.BytesIO(CONTENTS))
    with pytest.raises(StorageError, match="bundle/x"):
        backend.put_bytes("bundle/x", b"")
    with pytest.raises(StorageError):
        backend.read("bundle/x")


def test_a_rename_that_fails_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "bundle" / "data" / DIGEST).mkdir(parents=True)
    backend = make_backend(FileSystemStorage(tmp_path), durable=False, spool_bytes=10)
    with pytest.raises(StorageError, match=DIGEST):
        put(backend, io.BytesIO(CONTENTS))
    assert everything_in(backend._storage) == []


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_files_and_all_folders_have_the_modes_that_the_storage_says(
    tmp_path: Path, umask: int
) -> None:
    storage = FileSystemStorage(
        tmp_path / "a" / "b", file_permissions_mode=0o640, directory_permissions_mode=0o750
    )
    backend = make_backend(storage, durable=False, spool_bytes=10)
    before = os.umask(umask)
    try:
        put(backend, io.BytesIO(CONTENTS))
        backend.put_bytes("bundle/versions/1/x.json", b"{}")
    finally:
        os.umask(before)
    files = {path: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    folders = {path: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()}
    assert set(files.values()) == {0o640}
    assert set(folders.values()) == {0o750}
    assert len(folders) == 7


def test_without_modes_the_umask_decides(tmp_path: Path, settings: Settings) -> None:
    settings.FILE_UPLOAD_PERMISSIONS = None
    storage = FileSystemStorage(tmp_path / "files")
    backend = make_backend(storage, durable=False, spool_bytes=10)
    before = os.umask(0o027)
    try:
        put(backend, io.BytesIO(CONTENTS))
    finally:
        os.umask(before)
    file = tmp_path / "files/bundle/data" / DIGEST
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.parent.stat().st_mode & 0o777 == 0o750


def test_durable_writes_reach_the_disk_before_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file itself and the folder that names it; without the setting, neither."""
    synced: list[str] = []

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append(str(path.relative_to(tmp_path)))

    monkeypatch.setattr(os, "fsync", fsync)
    for durable in (False, True):
        backend = make_backend(FileSystemStorage(tmp_path), durable=durable, spool_bytes=10)
        put(backend, io.BytesIO(CONTENTS))
        backend.sync_folder("bundle/data")
        assert bool(synced) is durable
    assert synced[0].startswith("bundle/uploads/")
    assert synced[-1] == "bundle/data"


def test_a_spool_that_outgrows_memory_goes_to_the_disk_and_is_removed() -> None:
    class Watching(InMemoryStorage):
        spooled: IO[bytes] | None = None

        def _save(self, name: str, content: File[bytes]) -> str:
            self.spooled = content.file
            assert getattr(content.file, "_rolled", None) is True
            return str(super()._save(name, content))  # type: ignore[misc]

    storage = Watching()
    put(make_backend(storage, durable=False, spool_bytes=10), io.BytesIO(CONTENTS))
    assert storage.spooled is not None
    assert storage.spooled.closed
