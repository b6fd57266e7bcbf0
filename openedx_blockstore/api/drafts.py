"""Drafts: mutable overlays on versions, in which changes are staged until they are committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from openedx_blockstore import signals
from openedx_blockstore.api._draft_data import draft_data
from openedx_blockstore.api._draft_views import (
    DraftState,
    draft_event,
    find_draft,
    read_draft,
)
from openedx_blockstore.api._events import announce
from openedx_blockstore.api._link_rows import check_target
from openedx_blockstore.api._lookup import (
    find_bundle,
    find_targets,
    parse_uuid,
)
from openedx_blockstore.api._staging import Wish, lock_draft, rebase, stage
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._transactions import write_transaction
from openedx_blockstore.api._values import (
    check_choice,
    check_flag,
    check_mapping,
    check_text,
    is_positive,
    opened,
)
from openedx_blockstore.conf import get_settings
from openedx_blockstore.data import DraftData, FileContents, LinkTarget, OnConflict
from openedx_blockstore.exceptions import Invalid, InvalidLink
from openedx_blockstore.models import Draft
from openedx_blockstore.store import (
    Stored,
    TreeFile,
    normalize_alias,
    normalize_path,
)


def get_draft(draft_uuid: UUID | str) -> DraftData:
    """Return a draft: all files and links as it shows them.

    Raises:
        DraftNotFound: There is none with this UUID, or its bundle was deleted.
        StorageError: The storage failed.
    """
    return draft_data(read_draft(find_draft(draft_uuid)))


def get_or_create_bundle_draft(bundle_uuid: UUID | str, draft_name: str) -> DraftData:
    """Return the draft of a bundle with this name; make it if there is none.

    Raises:
        BundleNotFound: There is no such bundle.
        Invalid: The name is empty, too long, or not text.
        StorageError: The storage failed.
    """
    if not check_text("name of the draft", draft_name, max_length=180):
        raise Invalid("The name of the draft is empty.")
    bundle = find_bundle(bundle_uuid)
    now = datetime.now(UTC)
    with write_transaction():
        row, _created = Draft.objects.get_or_create(
            bundle=bundle, name=draft_name, defaults={"created": now, "modified": now}
        )
    return get_draft(row.uuid)


def write_draft_file(
    draft_uuid: UUID | str,
    path: str,
    contents: FileContents | None,
    *,
    public: bool | None = None,
    if_match: str | None = None,
) -> None:
    """Write one file of a draft, in one pass and flat memory, or delete it.

    Contents equal to those in the version below un-stage the change: nothing is modified that did
    not change. Deleting what is not there does nothing.

    Args:
        contents: Text (stored as UTF-8), bytes, a readable binary file, or None to delete.
        public: Whether anybody may read the file; None leaves that as it is in the draft.
        if_match: The digest the file must have in the draft; an empty text means that it must not
            be there. None does not look.

    Raises:
        DraftNotFound: There is no such draft.
        InvalidPath, LimitExceeded: No version may hold this path.
        Invalid: The contents have a wrong type.
        DraftConflict: The file does not match ``if_match``; the error carries both digests.
        StorageError: The storage failed.
    """
    path = normalize_path(path, max_length=get_settings().MAX_PATH_LENGTH)
    wanted = {path: if_match} if if_match is not None else {}
    _write(draft_uuid, {path: contents}, public=public, if_match=wanted)


def write_draft_files(
    draft_uuid: UUID | str,
    files: Mapping[str, FileContents | None],
    *,
    if_match: Mapping[str, str] | None = None,
) -> None:
    """Write and delete many files of a draft: all of them, or none.

    Args:
        files: The new contents by path, as in :func:`write_draft_file`.
        if_match: The digests that some of these files must have in the draft, by path; an empty
            text for one that must not be there.

    It raises what :func:`write_draft_file` raises.
    """
    _write(draft_uuid, files, if_match=if_match if if_match is not None else {})


def change_draft(
    draft_uuid: UUID | str,
    *,
    files: Mapping[str, FileContents | None] | None = None,
    links: Mapping[str, LinkTarget | None] | None = None,
) -> None:
    """Write and delete many files and links of a draft: all of them, or none.

    Args:
        files: The new contents by path; None to delete, as in :func:`write_draft_file`.
        links: The new targets by alias; None to delete, as in :func:`set_draft_link`.

    Raises:
        The same as :func:`write_draft_file` and :func:`set_draft_link`.
    """
    _write(
        draft_uuid,
        files if files is not None else {},
        links=links if links is not None else {},
    )


def _write(
    draft_uuid: UUID | str,
    files: Mapping[str, FileContents | None],
    *,
    links: Mapping[str, LinkTarget | None] | None = None,
    public: bool | None = None,
    if_match: Mapping[str, str] | None = None,
) -> None:
    check_mapping("files", files)
    links = links if links is not None else {}
    check_mapping("links", links)
    if_match = if_match if if_match is not None else {}
    check_mapping("if_match", if_match)
    check_flag("public", public)
    limit = get_settings().MAX_PATH_LENGTH
    named = {normalize_path(path, max_length=limit): files[path] for path in files}
    if len(named) < len(files):
        raise Invalid("Two of the paths are the same, once both are in Unicode NFC.")
    expected = {normalize_path(path, max_length=limit): if_match[path] for path in if_match}
    if strangers := sorted(expected.keys() - named.keys()):
        raise Invalid(f"if_match names {strangers[0]!r}, which is not among the files to write.")
    state = find_draft(draft_uuid)
    base = state.base_tree()
    # Before any bytes are stored: a link that can not be set is cheap to find.
    changed_links = _link_wishes(state, links)
    known = {file.digest for file in base.files.values()}
    wishes: list[Wish] = []
    reused: list[str] = []
    for path, contents in named.items():
        new = None
        if contents is not None:
            stored = _put(state, contents, known)
            if stored.reused and stored.digest not in known:
                reused.append(stored.digest)
            known.add(stored.digest)
            new = TreeFile(stored.digest, stored.size, bool(public))
        wishes.append(Wish(path, is_link=False, new=new))
    if wishes:
        get_store().sync_blobs(state.row.bundle.uuid)
    if wishes := [*wishes, *changed_links]:
        stage(state, wishes, reused=reused, if_match=expected, keep_public=public is None)


def _link_wishes(state: DraftState, links: Mapping[str, LinkTarget | None]) -> list[Wish]:
    named = {normalize_alias(alias): target for alias, target in links.items()}
    if len(named) < len(links):
        raise Invalid("Two of the aliases are the same, once both are in Unicode NFC.")
    for alias, target in named.items():
        if target is not None and not isinstance(target, LinkTarget):
            raise InvalidLink(alias, f"it must lead to a LinkTarget, not a {type(target).__name__}")
    lenders = find_targets(target for target in named.values() if target is not None)
    for alias, target in named.items():
        if target is not None:
            check_target(state.row.bundle, alias, target, lenders.get(target))
    return [Wish(alias, is_link=True, new=target) for alias, target in named.items()]


def _put(state: DraftState, contents: FileContents, known: set[str]) -> Stored:
    with opened(contents) as source:
        return get_store().put_blob(state.row.bundle.uuid, source, known=known)


def set_draft_link(
    draft_uuid: UUID | str,
    link_name: str,
    bundle_uuid: UUID | str | None,
    version: int | None,
    *,
    weak: bool = False,
) -> None:
    """Set a link of a draft, or delete it.

    Args:
        link_name: The alias; the lender's files appear under ``links/{link_name}/``.
        bundle_uuid: The lender; None, as well as ``version``, to delete the link.
        version: The number of the lender's version.
        weak: Use the lender if it is there, but do not pass its dependencies on.

    Raises:
        DraftNotFound: There is no such draft.
        InvalidPath: The alias is not a possible one.
        InvalidLink: There is no such version, or its bundle was deleted.
        LinkCycle: The lender depends on this bundle; the error names the chain.
        StorageError: The storage failed.
    """
    alias = normalize_alias(link_name)
    check_flag("weak", weak)
    if (bundle_uuid is None) != (version is None):
        raise InvalidLink(alias, "a link needs a bundle and a version; neither deletes it")
    state = find_draft(draft_uuid)
    new = None
    if bundle_uuid is not None and version is not None:
        new = _target(alias, bundle_uuid, version, weak=weak)
    stage(state, _link_wishes(state, {alias: new}))


def _target(alias: str, bundle_uuid: UUID | str, version: Any, *, weak: bool) -> LinkTarget:
    parsed = parse_uuid(bundle_uuid)
    if parsed is None or not is_positive(version):
        raise InvalidLink(alias, f"bundle {bundle_uuid} has no version {version}")
    return LinkTarget(parsed, version, bool(weak))


def update_draft(draft_uuid: UUID | str, *, on_conflict: OnConflict = "error") -> DraftData:
    """Lay a draft over the latest version, with its changes.

    Args:
        on_conflict: What to do with a path that others have changed since: fail, keep the draft's
            change (``mine``), or give it up (``theirs``).

    Raises:
        DraftNotFound: There is no such draft.
        DraftConflict: Others changed the same paths; nothing was done.
        StorageError: The storage failed.
    """
    check_choice("on_conflict", on_conflict)
    with write_transaction():
        rebase(lock_draft(draft_uuid), on_conflict=on_conflict)
    return get_draft(draft_uuid)


def delete_draft(draft_uuid: UUID | str) -> None:
    """Delete a draft with all that is staged in it.

    Raises:
        DraftNotFound: There is no such draft.
    """
    with write_transaction():
        # Locked first, so that nobody stages anything while what is staged is deleted.
        state = lock_draft(draft_uuid)
        announce(signals.draft_deleted, draft_event(state.row))
        state.row.delete()
