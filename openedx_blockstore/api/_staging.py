"""Stages changes in drafts: one row per path or link, written without looking at any other.

The base of a draft can move between the read and the write here. That is harmless: each change
records what the author saw when making it, and is judged by that alone at commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import evolve, frozen
from django.db.models import Subquery

from openedx_blockstore.api._draft_views import DraftState
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._transactions import locked, write_connection, write_transaction
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.exceptions import DraftConflict, DraftNotFound, PathConflict, StorageError
from openedx_blockstore.models import Bundle, Draft, StagedChange
from openedx_blockstore.store import Change, TreeFile, token

# Everything but what the change was made against: staging a path again does not change that.
_UPSERTED = [
    "digest",
    "size",
    "public",
    "lender_uuid",
    "lender_version",
    "weak",
    "write_id",
]


@frozen
class _Staged:
    """What is staged for a path now: a file, or (without a digest) its deletion."""

    digest: str | None
    public: bool


def stage(
    state: DraftState,
    changes: Sequence[Change],
    *,
    reused: Iterable[str] = (),
    if_match: str | None = None,
    keep_public: bool = False,
) -> None:
    """Stage changes in one transaction: all of them, or none.

    A change that leaves a path as the version below has it is un-staged instead.

    Args:
        reused: The digests of blobs that were not written now, since they were there. They are
            looked for once more while the bundle's row is locked, as garbage collection takes
            blobs away under that lock only.
        if_match: For a single change: the digest that its path must have in the draft; an empty
            text for "not there".
        keep_public: Let files stay as public as they are in the draft.

    Raises:
        DraftNotFound: The draft, or its bundle, was deleted in the meantime.
        DraftConflict: The path does not match.
        StorageError: A reused blob is gone; the same call will write it anew.
    """
    now = datetime.now(UTC)
    row = state.row
    base = state.base.pk if state.base is not None else None
    with write_transaction():
        # First, since it makes everybody else who writes to this draft wait.
        if not Draft.objects.filter(pk=row.pk).update(modified=now, base_version_id=base):
            raise DraftNotFound(row.uuid)
        staged = _lock_bundle(state, changes)
        if if_match is not None:
            _check_match(state, changes[0], staged, if_match)
        for digest in reused:
            if not get_store().has_blob(row.bundle.uuid, digest):
                raise StorageError(f"{row.bundle.uuid}/data/{digest}", "it was just removed")
        if keep_public:
            changes = [_as_public_as_now(change, staged.get(change.name)) for change in changes]
        _write_rows(row, changes)


def _lock_bundle(state: DraftState, changes: Sequence[Change]) -> dict[str, _Staged]:
    """Lock the bundle's row, and return what is staged for the paths; mostly in one statement."""
    names = [change.name for change in changes if not change.is_link]
    staged = StagedChange.objects.filter(draft=state.row, is_link=False, name__in=names)
    bundles = Bundle.objects.filter(pk=state.row.bundle_id, deleted_at=None)
    if len(names) == 1:
        for column in ("pk", "digest", "public"):
            bundles = bundles.annotate(**{f"staged_{column}": Subquery(staged.values(column)[:1])})
    bundle: Any = locked(bundles).first()
    if bundle is None:
        raise DraftNotFound(state.row.uuid)
    if len(names) > 1:
        return {row.name: _Staged(row.digest, row.public) for row in staged}
    if names and bundle.staged_pk is not None:
        return {names[0]: _Staged(bundle.staged_digest, bundle.staged_public)}
    return {}


def _check_match(
    state: DraftState, change: Change, staged: Mapping[str, _Staged], if_match: str
) -> None:
    if change.name in staged:
        actual = staged[change.name].digest
    else:
        file = state.base_tree().files.get(change.name)
        actual = file.digest if file is not None else None
    if (actual or "") != if_match:
        mine = change.new.digest if isinstance(change.new, TreeFile) else None
        conflict = PathConflict(change.name, if_match or None, actual, mine)
        raise DraftConflict(state.row.uuid, [conflict])


def _as_public_as_now(change: Change, staged: _Staged | None) -> Change:
    if staged is None or staged.digest is None or not isinstance(change.new, TreeFile):
        return change
    return evolve(change, new=evolve(change.new, public=staged.public))


def _write_rows(draft: Draft, changes: Sequence[Change]) -> None:
    write_id = uuid.uuid4()
    kept = [change for change in changes if token(change.new) != change.made_against]
    cleared = [change for change in changes if token(change.new) == change.made_against]
    for is_link in (False, True):
        if names := [change.name for change in cleared if change.is_link == is_link]:
            StagedChange.objects.filter(draft=draft, is_link=is_link, name__in=names).delete()
    if kept:
        features = write_connection().features
        unique = ["draft", "is_link", "name"]
        StagedChange.objects.bulk_create(
            [_row(draft, change, write_id) for change in kept],
            update_conflicts=True,
            update_fields=_UPSERTED,
            unique_fields=unique if features.supports_update_conflicts_with_target else None,
        )


def _row(draft: Draft, change: Change, write_id: uuid.UUID) -> StagedChange:
    row = StagedChange(
        draft=draft,
        is_link=change.is_link,
        name=change.name,
        made_against=change.made_against,
        write_id=write_id,
    )
    if isinstance(change.new, TreeFile):
        row.digest, row.size, row.public = change.new.digest, change.new.size, change.new.public
    elif isinstance(change.new, LinkTarget):
        row.lender_uuid = change.new.bundle_uuid
        row.lender_version, row.weak = change.new.version, change.new.weak
    return row


def rebase(state: DraftState, kept: Sequence[Change], dropped: Sequence[Change]) -> None:
    """Lay a draft over the latest version.

    Args:
        kept: The changes that stay, with what they are made against there.
        dropped: The changes that go.

    Raises:
        DraftNotFound: The draft was deleted in the meantime.
    """
    latest = state.latest.pk if state.latest is not None else None
    now = datetime.now(UTC)
    with write_transaction():
        if not Draft.objects.filter(pk=state.row.pk).update(modified=now, base_version_id=latest):
            raise DraftNotFound(state.row.uuid)
        rows = StagedChange.objects.filter(draft=state.row)
        for is_link in (False, True):
            names = [change.name for change in dropped if change.is_link == is_link]
            if names:
                rows.filter(is_link=is_link, name__in=names).delete()
        by_key = {(change.is_link, change.name): change for change in kept}
        moved = [row for row in rows if (row.is_link, row.name) in by_key]
        for row in moved:
            row.made_against = by_key[row.is_link, row.name].made_against
        StagedChange.objects.bulk_update(moved, ["made_against"], batch_size=500)
