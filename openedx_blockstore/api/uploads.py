"""Direct uploads: clients send large files to the object store in parts, in parallel and resumably.

The file is in the draft only when all its parts have arrived and the digest of the whole was found
to be the one that was announced. Until then its bytes lie beside those of files, under a name of
their own. That somebody knows a digest proves nothing: the bytes are always sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q

from openedx_blockstore.api._draft_views import DraftState, find_draft
from openedx_blockstore.api._lookup import parse_uuid
from openedx_blockstore.api._staging import Wish, stage
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._transactions import write_transaction
from openedx_blockstore.api._values import check_flag, check_values, is_positive
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import UploadData
from openedx_blockstore.exceptions import (
    DigestMismatch,
    DirectUploadUnavailable,
    DraftNotFound,
    Invalid,
    LimitExceeded,
    StorageError,
    UploadIncomplete,
    UploadNotFound,
)
from openedx_blockstore.models import Upload
from openedx_blockstore.store import (
    DirectBlobs,
    TreeFile,
    UploadedPart,
    is_digest,
    normalize_path,
)

logger = logging.getLogger(__name__)

_MAX_URLS = 1_000


def begin_upload(
    draft_uuid: UUID | str, path: str, *, size: Any, digest: str, public: bool | None = None
) -> UploadData:
    """Reserve a direct upload of one file of a draft. Nothing is in the draft yet.

    Args:
        size: Of the file, in bytes; at least 1.
        digest: Of the file.
        public: Whether anybody may read the file; None leaves that as it is in the draft.

    Raises:
        DraftNotFound: There is no such draft.
        InvalidPath, LimitExceeded: No version may hold this path, or the file is too large.
        Invalid: The digest is none.
        DirectUploadUnavailable: The storage takes no direct uploads.
        StorageError: The storage failed.
    """
    settings = get_settings()
    normalized = normalize_path(path, max_length=settings.MAX_PATH_LENGTH)
    if not is_digest(digest):
        raise Invalid(f"{digest!r:.80} is no SHA-256 in lower-case hexadecimal.")
    check_flag("public", public)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise Invalid("The size must be a number of bytes, and at least 1.")
    if size > settings.MAX_DIRECT_UPLOAD_BYTES:
        raise LimitExceeded(
            f"Bytes in a direct upload of {normalized}",
            actual=size,
            limit=settings.MAX_DIRECT_UPLOAD_BYTES,
            setting="MAX_DIRECT_UPLOAD_BYTES",
        )
    state = find_draft(draft_uuid)
    direct, uuid, now = _direct(), uuid4(), datetime.now(UTC)
    bundle_uuid = state.row.bundle.uuid
    row = Upload(
        uuid=uuid,
        draft=state.row,
        bundle_uuid=bundle_uuid,
        path=normalized,
        digest=digest,
        size=size,
        part_size=direct.part_size(size, settings.UPLOAD_PART_BYTES),
        public=public,
        storage_key=direct.begin_upload(bundle_uuid, uuid),
        created=now,
        expires=now + timedelta(seconds=settings.UPLOAD_SECONDS),
    )
    with write_transaction():
        row.save(force_insert=True)
    return _data(row, ())


def get_upload(upload_uuid: UUID | str) -> UploadData:
    """Return a direct upload, with the parts that have arrived; so one goes on after a cut.

    Raises:
        UploadNotFound: There is none, or it was abandoned.
        StorageError: The storage failed.
    """
    row = _find(upload_uuid)
    return _data(row, () if row.completed else _arrived(row))


def get_upload_urls(upload_uuid: UUID | str, numbers: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Return by number the bytes of parts, and the URLs to which they are sent with PUT.

    Each is good for ``UPLOAD_URL_SECONDS`` and a part of just the right size. A part may be sent
    again, and replaces what was sent before.

    Args:
        numbers: Of the parts, from 1; a thousand at most.

    Raises:
        UploadNotFound: There is no such upload, or it is complete.
        Invalid: There are no parts of these numbers.
    """
    row = _find(upload_uuid)
    if row.completed:
        raise UploadNotFound(upload_uuid)
    check_values("numbers of the parts", numbers)
    wanted, count = list(numbers), _part_count(row)
    if len(wanted) > _MAX_URLS:
        raise Invalid(f"At most {_MAX_URLS:,} URLs are given at a time, not {len(wanted):,}.")
    if not all(is_positive(number) and number <= count for number in wanted):
        raise Invalid(f"The parts of this upload have the numbers 1 to {count}.")
    direct, expires_in = _direct(), get_settings().UPLOAD_URL_SECONDS
    found = {}
    for number in wanted:
        size = _size_of_part(row, number)
        url = direct.part_url(
            row.bundle_uuid, row.uuid, row.storage_key, number, size=size, expires_in=expires_in
        )
        found[number] = (size, url)
    return found


def complete_upload(upload_uuid: UUID | str, *, if_match: str | None = None) -> UploadData:
    """Verify what has arrived, and write it to the draft.

    It may be called again after any failure but a DigestMismatch, and goes on where it stopped; on
    one that is complete it does nothing. What has arrived is read once, in flat memory.

    Args:
        if_match: As in :func:`~openedx_blockstore.api.write_draft_file`.

    Raises:
        UploadNotFound: There is no such upload, or it was abandoned.
        UploadIncomplete: Parts are missing; the error names them.
        DigestMismatch: The bytes are not those that were announced; they were removed.
        DraftConflict: The file does not match ``if_match``.
        StorageError: The storage failed.
    """
    row = _find(upload_uuid)
    if row.completed:
        return _data(row, ())
    state = find_draft(row.draft.uuid) if row.draft is not None else None
    if state is None:
        raise UploadNotFound(upload_uuid)
    direct = _direct()
    _assemble(direct, row)
    actual = direct.digest_of_upload(row.bundle_uuid, row.uuid, row.size)
    if actual != row.digest:
        _remove(direct, row)
        raise DigestMismatch(row.digest, actual)
    if not get_store().has_blob(row.bundle_uuid, row.digest):
        direct.keep_upload(row.bundle_uuid, row.uuid, row.digest)
    _stage(state, row, if_match)
    with write_transaction():
        Upload.objects.filter(pk=row.pk).update(completed=True)
    row.completed = True
    try:
        direct.remove_upload(row.bundle_uuid, row.uuid, row.storage_key)
    except StorageError:
        logger.warning("Upload %s stays until it expires", row.uuid, exc_info=True)
    return _data(row, ())


def abort_upload(upload_uuid: UUID | str) -> None:
    """Give up a direct upload, and remove what has arrived.

    Raises:
        UploadNotFound: There is no such upload.
        StorageError: The storage failed.
    """
    _remove(_direct(), _find(upload_uuid))


def clean_uploads(*, now: datetime | None = None) -> int:
    """Remove the direct uploads that were abandoned, and forget those that are long complete.

    An upload whose draft was deleted is abandoned, too. What can not be removed is tried again the
    next time.

    Args:
        now: The time by which they have expired, if not the present.

    Returns:
        How many there were.
    """
    direct = _direct()
    expired = Q(expires__lte=now or datetime.now(UTC)) | Q(draft=None)
    done = 0
    for row in Upload.objects.filter(expired).order_by("pk").iterator():
        try:
            _remove(direct, row)
        except StorageError:
            logger.warning("Upload %s can not be removed", row.uuid, exc_info=True)
        else:
            done += 1
    return done


def upload_draft(upload_uuid: UUID | str) -> UUID:
    """Return the draft that an upload is for, which decides who may go on with it.

    Raises:
        UploadNotFound: There is no such upload, or it was abandoned.
    """
    draft = _find(upload_uuid).draft
    if draft is None:
        raise UploadNotFound(upload_uuid)
    return draft.uuid


def _direct() -> DirectBlobs:
    direct = get_store().direct
    if direct is None:
        raise DirectUploadUnavailable
    return direct


def _find(upload_uuid: UUID | str) -> Upload:
    row = (
        Upload.objects.select_related("draft")
        .filter(Q(uuid=parse_uuid(upload_uuid)), expires__gt=datetime.now(UTC))
        .exclude(draft=None)
        .first()
    )
    if row is None:
        raise UploadNotFound(upload_uuid)
    return row


def _part_count(row: Upload) -> int:
    return -(-row.size // row.part_size)


def _size_of_part(row: Upload, number: int) -> int:
    return min(row.part_size, row.size - (number - 1) * row.part_size)


def _good_parts(row: Upload) -> list[UploadedPart] | None:
    parts = _direct().list_parts(row.bundle_uuid, row.uuid, row.storage_key)
    if parts is None:
        return None
    count = _part_count(row)
    return [
        part
        for part in parts
        if part.number <= count and part.size == _size_of_part(row, part.number)
    ]


def _arrived(row: Upload) -> tuple[int, ...]:
    parts = _good_parts(row)
    if parts is None:
        # They are one file by now, but a former attempt did not come further.
        return tuple(range(1, _part_count(row) + 1))
    return tuple(sorted(part.number for part in parts))


def _assemble(direct: DirectBlobs, row: Upload) -> None:
    """Make one file of the parts, unless a former attempt has done so."""
    parts = _good_parts(row)
    if parts is not None:
        missing = set(range(1, _part_count(row) + 1)) - {part.number for part in parts}
        if missing:
            raise UploadIncomplete(row.uuid, sorted(missing))
        direct.complete_upload(row.bundle_uuid, row.uuid, row.storage_key, parts)
    size = direct.uploaded_size(row.bundle_uuid, row.uuid)
    if size is None:
        # Somebody else has completed or aborted it in the meantime.
        raise UploadNotFound(row.uuid)
    if size != row.size:
        _remove(direct, row)
        raise DigestMismatch(row.digest, None)


def _stage(state: DraftState, row: Upload, if_match: str | None) -> None:
    new = TreeFile(row.digest, row.size, bool(row.public))
    # It counts as reused: it is looked for again under the lock that garbage collection takes.
    stage(
        state,
        [Wish(row.path, is_link=False, new=new)],
        reused=[row.digest],
        if_match={row.path: if_match} if if_match is not None else None,
        keep_public=row.public is None,
    )


def _remove(direct: DirectBlobs, row: Upload) -> None:
    # The row last: without it nothing would find what is left.
    direct.remove_upload(row.bundle_uuid, row.uuid, row.storage_key)
    with write_transaction():
        Upload.objects.filter(pk=row.pk).delete()


def _data(row: Upload, parts: tuple[int, ...]) -> UploadData:
    if row.draft is None:
        raise DraftNotFound(row.uuid)
    return UploadData(
        uuid=row.uuid,
        draft_uuid=row.draft.uuid,
        path=row.path,
        size=row.size,
        hash_digest=row.digest,
        part_size=row.part_size,
        part_count=_part_count(row),
        parts=tuple(range(1, _part_count(row) + 1)) if row.completed else parts,
        expires_at=row.expires,
        completed=row.completed,
    )
