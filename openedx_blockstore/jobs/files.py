"""The files of jobs: in Blockstore's storage while they wait, on the local disk while worked on."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import Storage, storages

from openedx_blockstore.conf import get_settings
from openedx_blockstore.store import storage_errors

_CHUNK = 2**20
_UNSAFE = re.compile(r"[^\w.-]+")


@contextmanager
def workspace() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="blockstore-job-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def receive(body: Any, folder: Path, *, name: str) -> Path:
    """Write what a client sends to a file in a folder, in bounded memory.

    Args:
        name: What the client calls it; the archive's format shows in its ending, by its contents.

    Raises:
        Invalid: The client stopped before the end.
    """
    unnamed = folder / "body"
    with unnamed.open("wb") as file:
        shutil.copyfileobj(body, file, _CHUNK)
    with unnamed.open("rb") as file:
        suffix = ".zip" if file.read(2) == b"PK" else ".tar.gz"
    return unnamed.rename(folder / (safe_name(name) + suffix))


def safe_name(name: str) -> str:
    """Return a name without its ending, and without what file systems might understand."""
    stem = re.sub(r"\.(tar\.gz|tgz|zip)$", "", name, flags=re.IGNORECASE)
    return _UNSAFE.sub("_", stem).strip("._")[:100] or "archive"


def keep(path: Path, job_uuid: UUID, role: str) -> str:
    """Store a file for later, and return what the storage calls it.

    Raises:
        StorageError: The storage failed.
    """
    name = f"jobs/{job_uuid}/{role}"
    with storage_errors(name), path.open("rb") as file:
        return _storage().save(name, File(file))


def fetch(name: str, path: Path) -> None:
    """Write a stored file to the local disk.

    Raises:
        StorageError: The storage failed.
    """
    with storage_errors(name), _storage().open(name, "rb") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, _CHUNK)


def open_stored(name: str) -> BinaryIO:
    """Open a stored file.

    Raises:
        StorageError: The storage failed.
    """
    with storage_errors(name):
        opened: Any = _storage().open(name, "rb")
        return opened  # type: ignore[no-any-return]


def remove(*names: str) -> None:
    """Remove stored files; an empty name stands for none."""
    for name in names:
        if name:
            with storage_errors(name):
                _storage().delete(name)


def _storage() -> Storage:
    return storages[get_settings().STORAGE_ALIAS]
