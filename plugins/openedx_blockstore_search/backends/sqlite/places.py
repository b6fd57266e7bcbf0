"""Where the index lies, unless settings say so: beside the data."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, InvalidStorageError, storages

_FOLDER = "search"


def default_folder() -> Path:
    """Return a folder beside the storage's, or else beside the database's file.

    Raises:
        ImproperlyConfigured: Neither is on this machine.
    """
    try:
        storage = storages["openedx_blockstore"]
    except InvalidStorageError:
        storage = None
    if isinstance(storage, FileSystemStorage):
        return Path(storage.location).parent / _FOLDER
    name = settings.DATABASES["default"].get("NAME", "")
    if (
        settings.DATABASES["default"].get("ENGINE", "").endswith("sqlite3")
        and Path(name).is_absolute()
    ):
        return Path(name).parent / _FOLDER
    raise ImproperlyConfigured(
        "The search engine 'sqlite' needs the setting PATH: a folder of its own on a local disk, "
        "which all processes share. Where there is none, choose the engine 'elasticsearch'."
    )
