"""The content store of this process, made from the settings."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import cast
from uuid import UUID

from django.core.cache import BaseCache, caches
from django.core.files.storage import storages
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.connection import ConnectionProxy

from openedx_blockstore.conf import SETTINGS_NAME, get_settings
from openedx_blockstore.exceptions import StorageError
from openedx_blockstore.store import ContentStore, DigestCache, make_backend, make_direct


@functools.cache
def get_store() -> ContentStore:
    """Return the content store that the settings describe; it is safe to share by threads."""
    settings = get_settings()
    backend = make_backend(
        storages[settings.STORAGE_ALIAS],
        durable=settings.DURABLE_WRITES,
        spool_bytes=settings.SPOOL_BYTES,
    )
    # The proxy finds the connection of the thread that uses it, as django.core.cache.cache does.
    connection = cast(BaseCache, ConnectionProxy(caches, settings.CACHE_ALIAS))
    cache = DigestCache(connection, process_bytes=settings.PROCESS_CACHE_BYTES)
    return ContentStore(
        backend,
        cache,
        max_cached_blob_bytes=settings.MAX_CACHED_BLOB_BYTES,
        direct=make_direct(storages[settings.DOWNLOAD_STORAGE_ALIAS or settings.STORAGE_ALIAS]),
    )


def confirm_blobs(bundle_uuid: UUID, digests: Iterable[str]) -> None:
    """Make sure that blobs which were found in the storage, rather than written, are still there.

    Call it while the bundle's row is locked: what removes blobs does so under that lock only.

    Raises:
        StorageError: One is gone; the caller's next attempt will write it anew.
    """
    for digest in digests:
        if not get_store().has_blob(bundle_uuid, digest):
            raise StorageError(f"{bundle_uuid}/data/{digest}", "it was just removed; try again")


@receiver(setting_changed, dispatch_uid="openedx_blockstore.api._store")
def _forget_store(*, setting: str, **_kwargs: object) -> None:
    """Make the store anew after a test has overridden the settings."""
    if setting in (SETTINGS_NAME, "STORAGES", "CACHES", "MEDIA_ROOT"):
        get_store.cache_clear()
