"""Learning contexts: making them, and saying what they mount."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from opaque_keys import InvalidKeyError

from openedx_blockstore import api
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_tools import write_transaction
from openedx_blockstore_xblock.api._settings import copy_settings
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT, rows
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.contexts.rows import contexts_data, is_storable, mount_data
from openedx_blockstore_xblock.data import LearningContextData, MountData, MountUpdateData
from openedx_blockstore_xblock.exceptions import (
    InvalidContext,
    LearningContextExists,
    LearningContextNotFound,
    MountNotFound,
)
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.models import LearningContext, Mount

_MAX_TITLE = 180
_MAX_ALIAS = 180
_MAX_DRAFT = 255
_PAGE = 100


def create_learning_context(
    context_id: str, *, title: str = "", owner: Any = None
) -> LearningContextData:
    """Make a learning context that mounts nothing yet.

    Args:
        context_id: What its key is made of: letters, digits, ``_``, ``-`` and ``.``, 99 at most.
        owner: The user who may change it through the REST API; None for the staff alone.

    Raises:
        InvalidContext: The id or the title can not be.
        LearningContextExists: There is one of this id.
    """
    key = new_context_key(context_id)
    row = LearningContext(
        context_id=key.context_id, title=_title(title), owner=owner, created=datetime.now(UTC)
    )
    return _insert(row)


def get_learning_context(key: BlockstoreContextKey | str) -> LearningContextData:
    """Return a learning context with its mounts.

    Raises:
        LearningContextNotFound: There is no such one.
    """
    return ALL_CONTEXTS.describe(_known_key(key))


def get_learning_contexts(
    *, after: BlockstoreContextKey | str | None = None, limit: int = _PAGE
) -> list[LearningContextData]:
    """Return learning contexts in the order of their ids.

    Args:
        after: Only those that follow this one; it need not be there any more.
        limit: How many at most.
    """
    found = LearningContext.objects.order_by("context_id").select_related("parent", "owner")
    if after is not None:
        found = found.filter(context_id__gt=_key(after).context_id)
    return contexts_data(found[:limit])


def update_learning_context(key: BlockstoreContextKey | str, *, title: str) -> LearningContextData:
    """Change a learning context's title.

    Raises:
        LearningContextNotFound: There is no such one.
        InvalidContext: The title can not be.
    """
    row = context_row(key)
    row.title = _title(title)
    row.save(update_fields=["title"])
    return get_learning_context(key)


def delete_learning_context(key: BlockstoreContextKey | str) -> None:
    """Delete a learning context. What learners have left in it stays, and is found by its key.

    Raises:
        LearningContextNotFound: There is no such one.
        InvalidContext: There are further attempts of it.
    """
    row = context_row(key)
    if row.attempts.exists():
        raise _has_attempts(key)
    try:
        row.delete()
    except ProtectedError as error:
        raise _has_attempts(key) from error


def _has_attempts(key: object) -> InvalidContext:
    return InvalidContext(f"{key} has further attempts; delete these first.")


def start_attempt(
    key: BlockstoreContextKey | str,
    *,
    context_id: str | None = None,
    title: str | None = None,
    owner: Any = None,
) -> LearningContextData:
    """Make a context with the same mounts, in which everybody begins anew; the old state is kept.

    Args:
        context_id: Its id; None for one that is made up.
        title: Its title; None for the same.
        owner: The user who may change it; None for the same.

    Raises:
        LearningContextNotFound: There is no such context.
        InvalidContext, LearningContextExists: See :func:`create_learning_context`.
    """
    parent = context_row(key)
    row = LearningContext(
        context_id=new_context_key(context_id or f"attempt-{uuid.uuid4()}").context_id,
        title=parent.title if title is None else _title(title),
        parent=parent,
        owner=owner or parent.owner,
        created=datetime.now(UTC),
    )
    with write_transaction():
        _insert(row)
        mounts = list(parent.mounts.all())
        for mount in mounts:
            mount.pk = None
            mount.context = row
        Mount.objects.bulk_create(mounts)
        copy_settings(parent.settings.all(), row)
    return get_learning_context(row.context_id)


def mount_bundle(
    key: BlockstoreContextKey | str,
    alias: str,
    bundle_uuid: UUID | str,
    *,
    version: int | None = None,
    draft: str = "",
) -> MountData:
    """Mount a bundle under an alias, in place of what was there.

    Args:
        version: The version to pin; None to follow the latest one.
        draft: The name of a draft to show over the latest version; empty for none.

    Raises:
        LearningContextNotFound: There is no such context.
        BundleNotFound, BundleVersionNotFound: There is no such thing to mount.
        InvalidContext: The alias can not be; or both a version and a draft are given.
    """
    row = context_row(key)
    check_mount(alias, bundle_uuid, version=version, draft=draft)
    mount, _created = Mount.objects.update_or_create(
        context=row,
        alias=alias,
        defaults={
            "bundle": Bundle.objects.get(uuid=bundle_uuid),
            "version_num": version,
            "draft_name": draft,
        },
    )
    return mount_data(mount)


def check_mount(
    alias: str, bundle_uuid: UUID | str, *, version: int | None = None, draft: str = ""
) -> None:
    """Make sure that something can be mounted; see :func:`mount_bundle`."""
    if not alias or "/" in alias or len(alias) > _MAX_ALIAS or not is_storable(alias):
        raise InvalidContext(
            f"{alias!r:.80} is no alias: it must be a text without slashes and NUL characters, of "
            f"{_MAX_ALIAS} characters at most."
        )
    if version is not None and draft:
        raise InvalidContext("A mount is of a version or of a draft; give one of them.")
    if len(draft) > _MAX_DRAFT or not is_storable(draft):
        raise InvalidContext(f"{draft!r:.80} is not the name of a draft.")
    bundle = api.get_bundle(bundle_uuid)
    if version is not None:
        api.get_bundle_contents(bundle.uuid, version)


def unmount_bundle(key: BlockstoreContextKey | str, alias: str) -> None:
    """Take a mount away; learners' state stays.

    Raises:
        LearningContextNotFound, MountNotFound: There is no such thing.
    """
    row = context_row(key)
    deleted, _by_model = row.mounts.filter(alias=alias).delete()
    if not deleted:
        raise MountNotFound(_key(key), alias)


def get_mount_updates(key: BlockstoreContextKey | str) -> list[MountUpdateData]:
    """Return the mounts that are pinned to a version while there is a newer one.

    :func:`openedx_blockstore.api.diff_versions` tells what changed in between.

    Raises:
        LearningContextNotFound: There is no such context.
    """
    pinned = [mount for mount in get_learning_context(key).mounts if mount.version is not None]
    uuids = [mount.bundle_uuid for mount in pinned]
    latest = {bundle.uuid: bundle.latest_version for bundle in api.get_bundles(uuids=uuids)}
    return [
        MountUpdateData(mount, latest[mount.bundle_uuid])
        for mount in pinned
        if latest.get(mount.bundle_uuid, 0) > (mount.version or 0)
    ]


def _key(key: object) -> BlockstoreContextKey:
    if isinstance(key, BlockstoreContextKey):
        return key
    try:
        text = str(key).removeprefix(f"{BlockstoreContextKey.CANONICAL_NAMESPACE}:")
        return BlockstoreContextKey(text)
    except InvalidKeyError as error:
        raise InvalidContext(
            f"{key!r:.120} is no id of a learning context: it must be of letters, digits, '_', '-' "
            f"and '.', begin with a letter or digit, and have 99 characters at most."
        ) from error


def new_context_key(context_id: object) -> BlockstoreContextKey:
    """Return the key of a context that is to be made.

    Raises:
        InvalidContext: The id can not be.
        LearningContextExists: It is that of the built-in context.
    """
    key = _key(context_id)
    if key.kind:
        raise InvalidContext(f"Contexts of the kind {key.kind!r} are made where that comes from.")
    if key == GLOBAL_CONTEXT:
        raise LearningContextExists(key)
    return key


def _title(title: object) -> str:
    if not isinstance(title, str) or len(title) > _MAX_TITLE or not is_storable(title):
        raise InvalidContext(
            f"A title is a text of {_MAX_TITLE} characters at most, without NUL characters."
        )
    return title


def context_row(key: BlockstoreContextKey | str) -> LearningContext:
    """Return the row of a context, to change it.

    Raises:
        LearningContextNotFound: There is no such context.
        InvalidContext: It is none of those that have rows.
    """
    known = _known_key(key)
    if known == GLOBAL_CONTEXT:
        raise InvalidContext(f"{known} mounts everything as it is; make a context of your own.")
    if known.kind:
        raise InvalidContext(f"{known} can be changed only where its kind comes from.")
    return rows.context_row(known)


def _known_key(key: BlockstoreContextKey | str) -> BlockstoreContextKey:
    try:
        return _key(key)
    except InvalidContext as error:
        raise LearningContextNotFound(key) from error


def _insert(row: LearningContext) -> LearningContextData:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise LearningContextExists(BlockstoreContextKey(row.context_id)) from error
    return contexts_data([row])[0]
