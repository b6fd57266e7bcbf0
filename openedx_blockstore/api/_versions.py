"""Makes versions: the one place where a tree becomes a manifest and a row.

It is optimistic. The manifest is written first, then one short transaction inserts the row, whose
unique number decides between those who race; the loser looks at what the winner made and tries
again. A crash at any point leaves a whole version, or nothing but a manifest nobody refers to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from attrs import frozen
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Subquery

from openedx_blockstore.api._changes import file_changes, link_changes
from openedx_blockstore.api._events import bundle_event, locked_bundles, record
from openedx_blockstore.api._link_rows import resolve_links, update_link_rows
from openedx_blockstore.api._lookup import read_manifest
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._transactions import (
    is_transient,
    locked,
    write_connection,
    write_transaction,
)
from openedx_blockstore.bundle_types import max_files
from openedx_blockstore.data import ChangeKind, EventData, EventKind, FileChange, LinkChange
from openedx_blockstore.exceptions import (
    BundleNotFound,
    InvalidPath,
    LimitExceeded,
    VersionConflict,
)
from openedx_blockstore.models import Bundle, BundleVersion
from openedx_blockstore.store import Manifest, Tree, case_clashes, next_manifest, tree_of

# After this many lost races, keep the others out while making the version.
_OPTIMISTIC_ATTEMPTS = 4
_ATTEMPTS = 8


@frozen
class VersionInfo:
    """What is said of a new version, beside what it holds."""

    change_description: str = ""
    change_kind: ChangeKind = "content"
    author: str = ""
    origin_version: int | None = None


@frozen(eq=False)
class MadeVersion:
    """A version, and whether it is a new one."""

    row: BundleVersion
    manifest: Manifest
    created: bool


class OutrunError(Exception):
    """Somebody else made a version in the meantime."""


class LocksNeededError(Exception):
    """What was read may not belong together; only with everybody else kept out is it certain."""


#: Makes the new tree from that of the latest version; called again after a lost race. It is told
#: whether it is exclusive: then nobody else can change the bundle, nor what was locked before it.
#: If it is not, and that matters, it raises LocksNeededError.
Build = Callable[[Tree, bool], Tree]


def make_version(
    bundle: Bundle,
    build: Build,
    info: VersionInfo,
    *,
    latest: BundleVersion | None,
    lock_first: Subquery | None = None,
    after: Callable[[BundleVersion], None] = lambda _version: None,
    write_event: Callable[[EventData], None] = record,
) -> MadeVersion | None:
    """Make the version that follows the latest one.

    Args:
        latest: The latest version, as far as the caller knows, with its bundle loaded.
        lock_first: Finds the bundle's key, and locks on the way what must be locked before it.
        after: Called last in the transaction. It may raise OutrunError.
        write_event: Called before that, when the row is there. Who makes many versions in one
            transaction collects the events, and records them together before its end.

    Returns:
        The new version; or the latest one, if it holds the same tree; None if the tree is empty
        and there is no version.

    Raises:
        InvalidPath, InvalidLink, LimitExceeded: The tree can not be a version.
        StorageError: The storage failed.
        BundleNotFound: The bundle was deleted in the meantime.
        VersionConflict: Others kept winning.
    """
    exclusive = False
    for attempt in range(_ATTEMPTS):
        exclusive = exclusive or attempt >= _OPTIMISTIC_ATTEMPTS
        try:
            with _exclusively(bundle, lock_first) if exclusive else contextlib.nullcontext():
                if attempt > 0:
                    latest = _reload_latest(bundle)
                parent = read_manifest(latest) if latest is not None else None
                tree = build(tree_of(parent), exclusive)
                if tree == tree_of(parent):
                    if latest is None or parent is None:
                        return None
                    return MadeVersion(latest, parent, created=False)
                return _attempt(
                    bundle,
                    latest,
                    parent,
                    tree,
                    info=info,
                    lock_first=lock_first,
                    after=after,
                    write_event=write_event,
                )
        except OutrunError:
            continue
        except LocksNeededError:
            exclusive = True
        except OperationalError as error:
            # Inside a host's transaction all of that is undone, so it is not ours to repeat.
            if not is_transient(error) or write_connection().in_atomic_block:
                raise
    raise VersionConflict(bundle.uuid, _ATTEMPTS)


@contextlib.contextmanager
def _exclusively(bundle: Bundle, lock_first: Subquery | None) -> Iterator[None]:
    """Keep others from making versions of the bundle."""
    with write_transaction():
        list(locked(Bundle.objects.filter(pk=lock_first or bundle.pk)).values_list("pk"))
        yield


def _reload_latest(bundle: Bundle) -> BundleVersion | None:
    # The lock is there for its other effect: on MySQL only a locking read shows what others have
    # committed since a surrounding transaction began.
    versions = BundleVersion.objects.filter(bundle=bundle).order_by("-version_num")
    with transaction.atomic(using=write_connection().alias):
        latest = locked(versions).first()
    if latest is not None:
        latest.bundle = bundle
    return latest


def _attempt(
    bundle: Bundle,
    latest: BundleVersion | None,
    parent: Manifest | None,
    tree: Tree,
    *,
    info: VersionInfo,
    lock_first: Subquery | None,
    after: Callable[[BundleVersion], None],
    write_event: Callable[[EventData], None],
) -> MadeVersion:
    old_tree = tree_of(parent)
    _check_files(bundle, old_tree, tree)
    links = resolve_links(bundle, latest, old_tree.links, tree.links)
    manifest = next_manifest(
        bundle.uuid,
        (parent, latest.manifest_digest) if parent is not None and latest is not None else None,
        tree,
        dependencies=links.closure_digest,
    )
    digest = get_store().write_manifest(manifest)
    row = BundleVersion(
        bundle=bundle,
        version_num=manifest.version_num,
        manifest_digest=digest,
        closure_digest=links.closure_digest,
        change_description=info.change_description,
        change_kind=info.change_kind,
        author=info.author,
        origin_version=info.origin_version,
        created=datetime.now(UTC),
    )
    files, changed_links = file_changes(old_tree, tree), link_changes(old_tree, tree)
    with write_transaction():
        place = _insert(row, lock_first)
        update_link_rows(row, links)
        write_event(_event(row, place, files, changed_links))
        after(row)
    return MadeVersion(row, manifest, created=True)


def _insert(row: BundleVersion, lock_first: Subquery | None) -> Bundle:
    """Insert the row, and return the bundle as it is now."""
    key = lock_first or row.bundle_id
    bundle = locked_bundles().filter(pk=key, deleted_at=None).first()
    if bundle is None:
        raise BundleNotFound(row.bundle.uuid)
    try:
        with transaction.atomic(using=write_connection().alias):
            row.save(force_insert=True)
    except IntegrityError as error:
        raise OutrunError from error
    return bundle


def _event(
    row: BundleVersion,
    bundle: Bundle,
    files: tuple[FileChange, ...],
    links: tuple[LinkChange, ...],
) -> EventData:
    return bundle_event(
        EventKind.VERSION_CREATED,
        bundle,
        at=row.created,
        actor=row.author,
        version=row.version_num,
        files=files,
        links=links,
        facts={
            "change_description": row.change_description,
            "change_kind": row.change_kind,
            "manifest_digest": row.manifest_digest,
            "origin_version": row.origin_version,
        },
    )


def check_file_count(bundle: Bundle, *, old: int, new: int) -> None:
    """Refuse a version with too many files.

    Args:
        old: How many the version before has. One that is over a limit which was lowered since can
            still be edited and made smaller.
        new: How many it is to have.

    Raises:
        LimitExceeded: They are too many.
    """
    limit, setting = max_files(bundle.type)
    if new > max(limit, old):
        raise LimitExceeded(
            f"Files in a version of bundle {bundle.uuid} of type {bundle.type!r}",
            actual=new,
            limit=limit,
            setting=setting,
        )


def _check_files(bundle: Bundle, old: Tree, new: Tree) -> None:
    check_file_count(bundle, old=len(old.files), new=len(new.files))
    if new.files.keys() != old.files.keys() and (clashes := case_clashes(new.files)):
        first, second = clashes[0]
        raise InvalidPath(
            second,
            f"the version would also hold {first!r}; paths must differ in more than case, and "
            f"a file can not stand where another one has a folder",
        )
