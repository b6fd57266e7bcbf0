"""Commits: what is staged in a draft, or stood in an old version, becomes a new version."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Subquery

from openedx_blockstore import signals
from openedx_blockstore.api._draft_views import (
    DraftState,
    change_of,
    draft_conflict,
    draft_event,
    find_draft,
)
from openedx_blockstore.api._events import announce
from openedx_blockstore.api._lookup import read_manifest, require_version
from openedx_blockstore.api._transactions import current, locked, write_transaction
from openedx_blockstore.api._values import check_choice, check_text, check_values
from openedx_blockstore.api._version_data import version_data
from openedx_blockstore.api._versions import (
    LocksNeededError,
    OutrunError,
    VersionInfo,
    make_version,
)
from openedx_blockstore.data import BundleVersionData, ChangeKind, OnConflict
from openedx_blockstore.exceptions import (
    BundleNotFound,
    DraftHasNoChangesToCommit,
    DraftNotFound,
)
from openedx_blockstore.models import BundleVersion, Draft, StagedChange
from openedx_blockstore.store import (
    EMPTY_TREE,
    LINKS_FOLDER,
    Tree,
    merge,
    normalize_alias,
    normalize_path,
    token,
)


def commit_draft(
    draft_uuid: UUID | str,
    *,
    paths: Iterable[str] | None = None,
    change_description: str = "",
    change_kind: ChangeKind = "content",
    author: str | None = None,
    on_conflict: OnConflict = "error",
) -> BundleVersionData:
    """Make what is staged in a draft the bundle's next version.

    The changes are merged onto the latest version, path by path, so what others have committed in
    the meantime stays. The draft stays, too, without what was committed.

    Args:
        paths: Commit only these (a link as ``links/{alias}``); the rest stays staged.
        change_description: What an author says of the change.
        change_kind: How much it matters to those who use the bundle.
        author: Who made it.
        on_conflict: What to do with a path that others have changed since it was staged: fail,
            take the draft's (``mine``), or take what is there (``theirs``).

    Returns:
        The new version.

    Raises:
        DraftNotFound: There is no such draft.
        DraftHasNoChangesToCommit: The new version would be equal to the latest one.
        DraftConflict: Others changed the same paths; nothing was done.
        InvalidPath, InvalidLink, LinkCycle, LimitExceeded: The merged version is not possible.
        Invalid: An argument has a wrong value.
        StorageError: The storage failed.
        VersionConflict: Others kept making versions of the bundle.
    """
    info = _info(change_description, change_kind, author)
    check_choice("on_conflict", on_conflict)
    commit = _Commit(find_draft(draft_uuid), _keys(paths), on_conflict)
    try:
        made = make_version(
            commit.state.row.bundle,
            commit.merge_onto,
            info,
            latest=commit.state.latest,
            lock_first=commit.lock(),
            after=commit.finish,
        )
    except BundleNotFound as error:
        raise DraftNotFound(draft_uuid) from error
    if made is None or not made.created:
        commit.discard()
        raise DraftHasNoChangesToCommit(f"Draft {draft_uuid}")
    return version_data(made.row, made.manifest)


class _Commit:
    """One call of :func:`commit_draft`; it may take several attempts."""

    def __init__(
        self, state: DraftState, keys: set[tuple[bool, str]] | None, on_conflict: OnConflict
    ) -> None:
        self.state = state
        self._keys = keys
        self._on_conflict = on_conflict
        self._rows: list[StagedChange] = []
        self._tree = EMPTY_TREE

    def merge_onto(self, latest: Tree, exclusive: bool) -> Tree:  # noqa: FBT001 - see Build
        """Read what is staged now, and return the tree that it makes of the latest one.

        Others may have committed this draft between the look at the latest version and this one.
        So before anything is refused or discarded, both are looked at once more under the locks.
        """
        rows = StagedChange.objects.filter(draft=self.state.row).order_by("pk")
        self._rows = [
            row
            for row in (current(rows) if exclusive else rows)
            if self._keys is None or (row.is_link, row.name) in self._keys
        ]
        changes = [change_of(row) for row in self._rows]
        tree, disagreements = merge(latest, changes, on_conflict=self._on_conflict)
        if not exclusive and self._rows and (disagreements or tree == latest):
            raise LocksNeededError
        if disagreements:
            raise draft_conflict(self.state.row.uuid, disagreements)
        self._tree = tree
        return tree

    def lock(self) -> Subquery:
        """Return a query for the bundle's key that makes others who write to the draft wait.

        The database must have locked the draft to know which bundle it is to lock, so the two are
        locked in the right order in one statement.
        """
        return Subquery(locked(Draft.objects.filter(pk=self.state.row.pk)).values("bundle_id"))

    def finish(self, version: BundleVersion) -> None:
        """Take away what was committed, but not what was staged again in the meantime."""
        removed = self._remove_rows()
        if removed < len(self._rows):
            self._keep_later_writes(len(self._rows) - removed)
        Draft.objects.filter(pk=self.state.row.pk).update(
            base_version=version, modified=datetime.now(UTC)
        )
        announce(
            signals.draft_committed,
            draft_event(
                self.state.row,
                [change_of(row) for row in self._rows],
                version=version.version_num,
                actor=version.author,
            ),
        )

    def _keep_later_writes(self, count: int) -> None:
        """Lay what was staged again, while this ran, over what it has committed.

        Whoever staged it saw in the draft what is in the version now.

        Args:
            count: How many of the rows are not any more what they were.

        Raises:
            OutrunError: A change was un-staged; it must not be in the version.
        """
        committed = {(row.is_link, row.name): change_of(row) for row in self._rows}
        later = [
            row
            for row in current(StagedChange.objects.filter(draft=self.state.row))
            if (row.is_link, row.name) in committed
        ]
        if len(later) < count:
            raise OutrunError
        for row in later:
            change = committed[row.is_link, row.name]
            # Where the version has what others want there, the later write is in conflict with
            # that just as the first one was.
            if token(self._tree.entry(change)) == token(change.new):
                row.made_against = token(change.new)
        StagedChange.objects.bulk_update(later, ["made_against"], batch_size=500)
        same = [row.pk for row in later if row.made_against == token(change_of(row).new)]
        if same:
            StagedChange.objects.filter(pk__in=same).delete()

    def discard(self) -> None:
        """Take away changes that change nothing (any more)."""
        if self._rows:
            with write_transaction():
                # First, since it makes everybody else who writes to this draft wait.
                Draft.objects.filter(pk=self.state.row.pk).update(modified=datetime.now(UTC))
                self._remove_rows()
                changes = [change_of(row) for row in self._rows]
                announce(signals.draft_changed, draft_event(self.state.row, changes))

    def _remove_rows(self) -> int:
        seen = StagedChange.objects.filter(
            draft=self.state.row, write_id__in={row.write_id for row in self._rows}
        )
        if self._keys is not None:
            seen = seen.filter(pk__in=[row.pk for row in self._rows])
        return seen.delete()[0]


def revert_bundle(
    bundle_uuid: UUID | str,
    version_number: int,
    *,
    change_description: str = "",
    change_kind: ChangeKind = "content",
    author: str | None = None,
) -> BundleVersionData:
    """Make a new version that holds what an old one holds. Drafts stay as they are.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        DraftHasNoChangesToCommit: The latest version holds the same.
        InvalidLink, LimitExceeded: What the old version holds is not possible any more.
        StorageError: The storage failed.
        VersionConflict: Others kept making versions of the bundle.
    """
    description = change_description or f"Revert to version {version_number}"
    info = _info(description, change_kind, author)
    old = read_manifest(require_version(bundle_uuid, version_number)).tree()
    latest = require_version(bundle_uuid, None)
    made = make_version(latest.bundle, lambda _latest, _exclusive: old, info, latest=latest)
    if made is None or not made.created:
        raise DraftHasNoChangesToCommit(f"Bundle {bundle_uuid}")
    return version_data(made.row, made.manifest)


def _info(change_description: str, change_kind: ChangeKind, author: str | None) -> VersionInfo:
    check_choice("change_kind", change_kind)
    return VersionInfo(
        change_description=check_text("change description", change_description),
        change_kind=change_kind,
        author=check_text("author", author, max_length=255) if author is not None else "",
    )


def _keys(paths: Iterable[str] | None) -> set[tuple[bool, str]] | None:
    """Return paths as what stands in the rows: whether it is a link, and its path or alias."""
    if paths is None:
        return None
    check_values("paths", paths)
    return {_key(path) for path in paths}


def _key(path: Any) -> tuple[bool, str]:
    prefix = f"{LINKS_FOLDER}/"
    if isinstance(path, str) and path.startswith(prefix):
        return True, normalize_alias(path.removeprefix(prefix))
    return False, normalize_path(path)
