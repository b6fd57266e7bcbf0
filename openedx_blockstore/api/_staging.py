"""Stages changes in drafts: one row per path or link, written without looking at any other.

Each change records what was below it when it was made, and is judged by that alone at commit. So
that must not move between the look at it and the write: somebody may be committing the draft. It
mostly does not, so it is looked at first, and again under the lock; where it has moved, everything
is done once more, under the lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import evolve, frozen
from django.db.models import Exists, Q, Subquery

from openedx_blockstore import signals
from openedx_blockstore.api._draft_views import (
    DraftState,
    change_of,
    draft_conflict,
    draft_event,
    find_draft,
)
from openedx_blockstore.api._events import announce
from openedx_blockstore.api._lookup import BATCH, batches, parse_uuid, read_manifest
from openedx_blockstore.api._store import confirm_blobs
from openedx_blockstore.api._transactions import (
    current,
    locked,
    write_connection,
    write_transaction,
)
from openedx_blockstore.data import LinkTarget, OnConflict
from openedx_blockstore.exceptions import DraftConflict, DraftNotFound, PathConflict
from openedx_blockstore.models import Bundle, BundleVersion, Draft, StagedChange
from openedx_blockstore.store import Change, Tree, TreeFile, merge, token, tree_of

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
class Wish:
    """What is to be at a path or alias of a draft; None for nothing."""

    name: str
    is_link: bool
    new: TreeFile | LinkTarget | None


@frozen
class _Staged:
    """What is staged for a path now: a file, or (without a digest) its deletion."""

    digest: str | None
    public: bool


class _MovedError(Exception):
    """What is below the draft's changes is not any more what it was."""


def stage(
    state: DraftState,
    wishes: Sequence[Wish],
    *,
    reused: Iterable[str] = (),
    if_match: Mapping[str, str] | None = None,
    keep_public: bool = False,
) -> None:
    """Stage changes in one transaction: all of them, or none.

    A change that leaves a path as the version below has it is un-staged instead.

    Args:
        state: The draft as the caller has found it.
        reused: The digests of blobs that were not written now, since they were there.
        if_match: The digests that files which change must have in the draft, by path; an empty
            text for "not there".
        keep_public: Let files stay as public as they are in the draft.

    Raises:
        DraftNotFound: The draft, or its bundle, was deleted in the meantime.
        DraftConflict: Files do not match.
        StorageError: A reused blob is gone; the same call will write it anew.
    """

    def attempt(state: DraftState, *, settled: bool) -> None:
        staged = _lock(state, wishes, settled=settled)
        base = state.base_tree()
        changes = [_change(wish, base, staged, keep_public=keep_public) for wish in wishes]
        if if_match:
            _check_match(state.row.uuid, changes, base, staged, if_match)
        confirm_blobs(state.row.bundle.uuid, reused)
        if written := _write_rows(state.row, changes):
            announce(signals.draft_changed, draft_event(state.row, written))

    try:
        with write_transaction():
            attempt(state, settled=False)
    except _MovedError:
        with write_transaction():
            attempt(lock_draft(state.row.uuid), settled=True)


def lock_draft(draft_uuid: UUID | str) -> DraftState:
    """Keep others from changing a draft and its bundle until the transaction ends.

    Returns:
        The draft as it is then.

    Raises:
        DraftNotFound: There is no such draft.
    """
    drafts = Draft.objects.filter(Q(uuid=parse_uuid(draft_uuid)))
    for bundle_id in locked(drafts).values_list("bundle_id", flat=True):
        list(locked(Bundle.objects.filter(pk=bundle_id)).values_list("pk"))
    return find_draft(draft_uuid, is_locked=True)


def _lock(state: DraftState, wishes: Sequence[Wish], *, settled: bool) -> dict[str, _Staged]:
    """Lock the draft and its bundle, and return what is staged for the paths."""
    row = state.row
    base = state.base.pk if state.base is not None else None
    values: dict[str, Any] = {"modified": datetime.now(UTC)}
    if not state.has_changes:
        values["base_version_id"] = base
    # First, since it makes everybody else who writes to this draft wait.
    if not Draft.objects.filter(pk=row.pk).update(**values):
        raise DraftNotFound(row.uuid)
    paths = [wish.name for wish in wishes if not wish.is_link]
    staged = current(StagedChange.objects.filter(draft=row, is_link=False, name__in=paths))
    newest = BundleVersion.objects.filter(bundle_id=row.bundle_id).order_by("-version_num")
    bundles = Bundle.objects.filter(pk=row.bundle_id, deleted_at=None).annotate(
        has_changes=Exists(current(StagedChange.objects.filter(draft=row))),
        draft_base=Subquery(Draft.objects.filter(pk=row.pk).values("base_version_id")),
        latest_id=Subquery(newest.values("pk")[:1]),
    )
    if len(paths) == 1 and state.has_changes:
        for column in ("pk", "digest", "public"):
            bundles = bundles.annotate(**{f"staged_{column}": Subquery(staged.values(column)[:1])})
    bundle: Any = locked(bundles).first()
    if bundle is None:
        raise DraftNotFound(row.uuid)
    base_now = bundle.draft_base if bundle.has_changes else bundle.latest_id
    if not settled and (bundle.has_changes, base_now) != (state.has_changes, base):
        raise _MovedError
    if not state.has_changes:
        return {}
    if len(paths) > 1:
        return {row.name: _Staged(row.digest, row.public) for row in staged}
    if paths and bundle.staged_pk is not None:
        return {paths[0]: _Staged(bundle.staged_digest, bundle.staged_public)}
    return {}


def _change(wish: Wish, base: Tree, staged: Mapping[str, _Staged], *, keep_public: bool) -> Change:
    change = Change(wish.name, wish.is_link, None, wish.new)
    old = base.entry(change)
    if keep_public and isinstance(wish.new, TreeFile):
        # A file that the draft deletes is not public either, whatever it was below.
        now = staged.get(wish.name, old)
        public = isinstance(now, (TreeFile, _Staged)) and now.public
        change = evolve(change, new=evolve(wish.new, public=public))
    return evolve(change, made_against=token(old))


def _check_match(
    draft_uuid: UUID,
    changes: Iterable[Change],
    base: Tree,
    staged: Mapping[str, _Staged],
    if_match: Mapping[str, str],
) -> None:
    conflicts = []
    for change in changes:
        if change.is_link or change.name not in if_match:
            continue
        file = staged.get(change.name) or base.files.get(change.name)
        actual = file.digest if file is not None else None
        expected = if_match[change.name]
        if (actual or "") != expected:
            mine = change.new.digest if isinstance(change.new, TreeFile) else None
            conflicts.append(PathConflict(change.name, expected or None, actual, mine))
    if conflicts:
        raise DraftConflict(draft_uuid, conflicts)


def _write_rows(draft: Draft, changes: Sequence[Change]) -> list[Change]:
    """Stage and un-stage changes, and return those that made a difference to what is staged."""
    write_id = uuid.uuid4()
    kept = [change for change in changes if token(change.new) != change.made_against]
    cleared = [change for change in changes if token(change.new) == change.made_against]
    written = list(kept)
    for is_link in (False, True):
        if names := [change.name for change in cleared if change.is_link == is_link]:
            staged = StagedChange.objects.filter(draft=draft, is_link=is_link, name__in=names)
            if staged.delete()[0]:
                written += [change for change in cleared if change.is_link == is_link]
    if kept:
        features = write_connection().features
        unique = ["draft", "is_link", "name"]
        StagedChange.objects.bulk_create(
            [_row(draft, change, write_id) for change in kept],
            update_conflicts=True,
            update_fields=_UPSERTED,
            unique_fields=unique if features.supports_update_conflicts_with_target else None,
        )
    return written


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


def rebase(state: DraftState, *, on_conflict: OnConflict) -> None:
    """Lay a draft over the latest version; call with the draft locked.

    Args:
        on_conflict: As in :func:`openedx_blockstore.api.update_draft`.

    Raises:
        DraftConflict: Others changed the same paths.
        StorageError: The latest version can not be read.
    """
    latest = tree_of(read_manifest(state.latest) if state.latest is not None else None)
    rows = current(StagedChange.objects.filter(draft=state.row).order_by("pk"))
    changes = [(row, change_of(row)) for row in rows]
    merged, disagreements = merge(
        latest, [change for _, change in changes], on_conflict=on_conflict
    )
    if disagreements:
        raise draft_conflict(state.row.uuid, disagreements)
    dropped, moved = [], []
    for row, change in changes:
        below = token(latest.entry(change))
        if below == token(merged.entry(change)):
            dropped.append(row.pk)
        elif below != row.made_against:
            row.made_against = below
            moved.append(row)
    StagedChange.objects.bulk_update(moved, ["made_against"], batch_size=BATCH)
    for some in batches(dropped):
        StagedChange.objects.filter(pk__in=some).delete()
    Draft.objects.filter(pk=state.row.pk).update(
        modified=datetime.now(UTC), base_version=state.latest
    )
    touched = {*dropped, *(row.pk for row in moved)}
    if touched:
        changed = [change for row, change in changes if row.pk in touched]
        announce(signals.draft_changed, draft_event(state.row, changed))
