"""What is behind the address of a file, who may keep it for how long, and its bytes.

Permissions are not looked at here. Whether a file is public, in the version asked for and in all
later ones, is.
"""

from __future__ import annotations

import threading
import unicodedata
from typing import BinaryIO, cast
from urllib.parse import urlsplit
from uuid import UUID

from cachetools import LRUCache
from django.core.files.storage import FileSystemStorage, storages

from openedx_blockstore.api._draft_views import change_of, find_draft
from openedx_blockstore.api._lookup import find_version, read_manifest, require_version
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._values import is_storable
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import LinkTarget, ServedFileData
from openedx_blockstore.exceptions import BundleFileNotFound, NotFound
from openedx_blockstore.models import BundleVersion, StagedChange
from openedx_blockstore.store import (
    DownloadHeaders,
    FileEntry,
    TreeFile,
    blob_name,
    split_link_path,
)

# A public file that changed more often than this since the version asked for is treated like one
# that is private in a later version: it is served, but not for ever.
_LATER_CHANGES = 16

# By what the answer follows from: the latest manifest's digest, a version's number, and a path.
_private_later: LRUCache[tuple[str, int, str], bool] = LRUCache(4096)
_lock = threading.Lock()


def find_version_file(bundle_uuid: UUID | str, version_number: int, path: str) -> ServedFileData:
    """Return the file that a path means in a version; one statement, two if it is public.

    Args:
        path: In the bundle, or ``links/{alias}/…``; in any Unicode normal form.

    Raises:
        BundleNotFound: There is no such bundle; or it was deleted, and nobody uses this version.
        BundleVersionNotFound: It has no such version.
        BundleFileNotFound: The version has no such file.
        StorageError: The storage failed.
    """
    version = require_version(bundle_uuid, version_number)
    return _find(version, _normal(path), asked=(bundle_uuid, path))


def find_draft_file(draft_uuid: UUID | str, path: str) -> ServedFileData:
    """Return the file that a path means in a draft; two statements. In a draft nothing is public.

    Args:
        path: As in :func:`find_version_file`.

    Raises:
        DraftNotFound: There is no such draft.
        BundleFileNotFound: The draft shows no such file.
        StorageError: The storage failed.
    """
    state = find_draft(draft_uuid)
    bundle_uuid = state.row.bundle.uuid
    asked = (bundle_uuid, path)
    step = split_link_path(_normal(path))
    name = step[0] if step is not None else _normal(path)
    new = _in_draft(state.row.pk, state.base, name, is_link=step is not None)
    if step is not None and isinstance(new, LinkTarget):
        return _find(_lender(new, asked), step[1], asked=asked, linked=True)
    if not isinstance(new, TreeFile):
        raise BundleFileNotFound(*asked)
    return ServedFileData(
        bundle_uuid=bundle_uuid,
        version=None,
        path=name,
        size=new.size,
        hash_digest=new.digest,
        public=False,
        expiring=True,
        linked=False,
    )


def _in_draft(
    draft_pk: int, base: BundleVersion | None, name: str, *, is_link: bool
) -> TreeFile | LinkTarget | None:
    if not is_storable(name):
        return None  # nor does any database know what to look for
    staged = StagedChange.objects.filter(draft_id=draft_pk, is_link=is_link, name=name).first()
    if staged is not None:
        return change_of(staged).new
    if base is None:
        return None
    manifest = read_manifest(base)
    if is_link:
        link = manifest.links.get(name)
        return link.target if link is not None else None
    file = manifest.files.get(name)
    return TreeFile(file.digest, file.size, file.public) if file is not None else None


def _find(
    version: BundleVersion, path: str, *, asked: tuple[UUID | str, str], linked: bool = False
) -> ServedFileData:
    while (step := split_link_path(path)) is not None:
        alias, path = step
        link = read_manifest(version).links.get(alias)
        if link is None:
            raise BundleFileNotFound(*asked)
        version, linked = _lender(link.target, asked), True
    entry = read_manifest(version).files.get(path)
    if entry is None:
        raise BundleFileNotFound(*asked)
    return ServedFileData(
        bundle_uuid=version.bundle.uuid,
        version=version.version_num,
        path=path,
        size=entry.size,
        hash_digest=entry.digest,
        public=entry.public,
        expiring=not entry.public or _is_private_later(version, path),
        linked=linked,
        modified_at=version.created,
    )


def _lender(target: LinkTarget, asked: tuple[UUID | str, str]) -> BundleVersion:
    try:
        return require_version(target.bundle_uuid, target.version)
    except NotFound as error:
        # A broken link is nothing that the caller has asked for by its name.
        raise BundleFileNotFound(*asked) from error


def _normal(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _is_private_later(version: BundleVersion, path: str) -> bool:
    """Tell whether a path that is public in a version is private in a later one, or may be.

    The latest manifest says when the path last changed, and each of those versions when before
    that; only they are looked at, and mostly there are none.
    """
    if version.bundle.deleted_at is not None:
        return True
    latest = find_version(version.bundle.uuid, None)
    if latest is None or latest.version_num == version.version_num:
        return False
    key = (latest.manifest_digest, version.version_num, path)
    with _lock:
        known = _private_later.get(key)
    if known is None:
        known = _look_for_private(latest, version.version_num, path)
        with _lock:
            _private_later[key] = known
    return known


def _look_for_private(latest: BundleVersion, version_num: int, path: str) -> bool:
    row: BundleVersion | None = latest
    for _ in range(_LATER_CHANGES):
        if row is None:
            return True  # a version that is gone: nothing is known of it
        manifest = read_manifest(row)
        entry = manifest.files.get(path) or manifest.removed.get(path)
        if entry is None or entry.since <= version_num:
            return False
        if isinstance(entry, FileEntry) and not entry.public:
            return True
        if entry.before is None or entry.before <= version_num:
            return False
        row = (
            BundleVersion.objects.filter(bundle_id=latest.bundle_id, version_num=entry.before)
            .select_related("bundle")
            .first()
        )
    return True


# Bytes -------------------------------------------------------------------------------------------


def open_served_file(
    file: ServedFileData, *, start: int = 0, length: int | None = None
) -> BinaryIO:
    """Open a file, or a range of it, for reading; the caller closes it.

    Who reads a whole file to the end knows that it is undamaged; of a range nobody knows.

    Args:
        length: None for all that follows.

    Raises:
        StorageError: The storage failed.
    """
    left = file.size - start
    wanted = left if length is None else min(length, left)
    store = get_store()
    if wanted == file.size:
        return cast(BinaryIO, store.open_blob(file.bundle_uuid, file.hash_digest, file.size))
    return store.open_blob_range(file.bundle_uuid, file.hash_digest, start=start, length=wanted)


def can_redirect() -> bool:
    """Tell whether files are fetched from the object store itself, under signed URLs."""
    return get_settings().REDIRECT_DOWNLOADS and get_store().direct is not None


def is_remote() -> bool:
    """Tell whether files lie in an object store, rather than in a folder of the file system."""
    return not isinstance(storages[get_settings().STORAGE_ALIAS], FileSystemStorage)


def storage_origin() -> str:
    """Return scheme and host to which signed URLs lead; an empty text where there are none."""
    direct = get_store().direct
    if direct is None:
        return ""
    nothing = DownloadHeaders("text/plain", "inline", "no-store")
    parts = urlsplit(direct.download_url(UUID(int=0), "0" * 64, nothing, expires_in=1))
    return f"{parts.scheme}://{parts.netloc}"


def signed_url(
    file: ServedFileData,
    *,
    content_type: str,
    content_disposition: str,
    cache_control: str,
    expires_in: int,
) -> str:
    """Return a URL under which anybody can fetch a file from the object store for a while.

    Args:
        content_type: The headers with which the store is to answer, as the next two.
        expires_in: Seconds.

    Raises:
        StorageError: The storage can not sign URLs.
    """
    direct = get_store().direct
    if direct is None:
        raise BundleFileNotFound(file.bundle_uuid, file.path)
    headers = DownloadHeaders(content_type, content_disposition, cache_control)
    return direct.download_url(file.bundle_uuid, file.hash_digest, headers, expires_in=expires_in)


def storage_name(file: ServedFileData) -> str:
    """Return where a file lies in the storage."""
    return blob_name(file.bundle_uuid, file.hash_digest)
