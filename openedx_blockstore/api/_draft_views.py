"""Reads drafts: the version below, what is staged on it, and the two laid over each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import frozen
from django.db.models import Exists, OuterRef, Q, QuerySet

from openedx_blockstore.api._lookup import (
    batches,
    latest_columns,
    latest_from,
    parse_uuid,
    read_manifest,
)
from openedx_blockstore.api._transactions import current
from openedx_blockstore.api._values import is_storable
from openedx_blockstore.data import DraftEventData, LinkTarget
from openedx_blockstore.exceptions import DraftConflict, DraftNotFound, PathConflict
from openedx_blockstore.models import BundleVersion, Draft, StagedChange
from openedx_blockstore.store import (
    Change,
    Disagreement,
    Tree,
    TreeFile,
    apply_changes,
    link_path,
    token,
    tree_of,
)


@frozen(eq=False)
class DraftState:
    """A draft's row, with its bundle, and the versions it is about.

    Attributes:
        latest: The bundle's latest version.
        base: The version below the changes; the latest one while nothing is staged.
        has_changes: Whether something is staged.
    """

    row: Draft
    latest: BundleVersion | None
    base: BundleVersion | None
    has_changes: bool

    def base_tree(self) -> Tree:
        """Return what the version below holds.

        Raises:
            StorageError: Its manifest can not be read.
        """
        return tree_of(read_manifest(self.base)) if self.base is not None else tree_of(None)


@frozen(eq=False)
class DraftView:
    """What a draft shows.

    Attributes:
        tree: What the version below holds, with what is staged laid over it.
        staged: The changes, by whether they are links, and name.
    """

    state: DraftState
    tree: Tree
    staged: dict[tuple[bool, str], Change]


def find_draft(draft_uuid: UUID | str, *, is_locked: bool = False) -> DraftState:
    """Return a draft and the versions it is about, in one statement.

    Args:
        is_locked: The caller has locked the draft and wants to see what is staged in it now, see
            :func:`._transactions.current`.

    Raises:
        DraftNotFound: There is none, or its bundle was deleted.
    """
    state = _find(Q(uuid=parse_uuid(draft_uuid)), is_locked=is_locked)
    if state is None:
        raise DraftNotFound(draft_uuid)
    return state


def find_draft_by_name(bundle_uuid: UUID | str, name: str) -> DraftState | None:
    """Return the draft of a bundle that has a name, or None; one statement."""
    if not is_storable(name):
        return None  # no draft has such a name
    return _find(Q(bundle__uuid=parse_uuid(bundle_uuid), name=name))


def find_changed_drafts(bundle_uuids: Collection[UUID], name: str) -> list[DraftState]:
    """Return the drafts of some bundles that have a name and something staged; one statement.

    It is one for each 500 bundles.
    """
    if not is_storable(name):
        return []
    return [
        _state(row)
        for some in batches(sorted(bundle_uuids))
        for row in _drafts(Q(bundle__uuid__in=some, name=name)).filter(has_changes=True)
    ]


def _find(condition: Q, *, is_locked: bool = False) -> DraftState | None:
    row = _drafts(condition, is_locked=is_locked).first()
    return _state(row) if row is not None else None


def _drafts(condition: Q, *, is_locked: bool = False) -> QuerySet[Any]:
    drafts = Draft.objects.select_related("bundle", "base_version").order_by("pk")
    changes = StagedChange.objects.filter(draft=OuterRef("pk"))
    if is_locked:
        drafts, changes = current(drafts), current(changes)
    return drafts.filter(condition, bundle__deleted_at=None).annotate(
        has_changes=Exists(changes), **latest_columns("bundle_id")
    )


def _state(row: Any) -> DraftState:
    latest = latest_from(row, row.bundle)
    base = row.base_version if row.has_changes else latest
    if base is not None:
        base.bundle = row.bundle
    return DraftState(row, latest, base, has_changes=row.has_changes)


def read_draft(state: DraftState) -> DraftView:
    """Return what a draft shows; one more statement.

    Raises:
        StorageError: The manifest below can not be read.
    """
    return read_drafts([state])[0]


def read_drafts(states: Sequence[DraftState]) -> list[DraftView]:
    """Return what drafts show; one more statement for all of them.

    Raises:
        StorageError: A manifest below can not be read.
    """
    staged: dict[int, dict[tuple[bool, str], Change]] = {state.row.pk: {} for state in states}
    for row in StagedChange.objects.filter(draft__in=list(staged)).order_by("pk"):
        staged[row.draft_id][row.is_link, row.name] = change_of(row)
    return [
        DraftView(state, apply_changes(state.base_tree(), changes.values()), changes)
        for state, changes in zip(states, staged.values(), strict=True)
    ]


def change_of(row: StagedChange) -> Change:
    """Return what a staged row says."""
    new: TreeFile | LinkTarget | None = None
    if row.lender_uuid is not None:
        new = LinkTarget(row.lender_uuid, row.lender_version, row.weak)
    elif row.digest is not None:
        new = TreeFile(row.digest, row.size, row.public)
    return Change(row.name, row.is_link, row.made_against, new)


def draft_event(
    draft: Draft, changes: Iterable[Change] = (), *, version: int | None = None, actor: str = ""
) -> DraftEventData:
    """Return what a signal says of something that happens to a draft now.

    Args:
        draft: Its row, with its bundle.
        changes: What was staged, un-staged or committed.
    """
    return DraftEventData(
        draft_uuid=draft.uuid,
        name=draft.name,
        bundle_uuid=draft.bundle.uuid,
        at=datetime.now(UTC),
        paths=tuple(sorted(map(_path, changes))),
        version=version,
        actor=actor,
    )


def _path(change: Change) -> str:
    return link_path(change.name) if change.is_link else change.name


def draft_conflict(draft_uuid: UUID | str, disagreements: Iterable[Disagreement]) -> DraftConflict:
    """Return the error for changes that were made against something else than is there now."""
    return DraftConflict(
        draft_uuid,
        [
            PathConflict(
                path=_path(d.change),
                expected=_plain(d.change.made_against),
                actual=_plain(d.actual),
                mine=_plain(token(d.change.new)),
            )
            for d in disagreements
        ],
    )


def _plain(value: str | None) -> str | None:
    """Return the digest or ``uuid@version`` in a token, without its flags."""
    return value.partition("+")[0] if value is not None else None
