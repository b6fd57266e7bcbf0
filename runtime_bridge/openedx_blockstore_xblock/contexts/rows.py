"""Learning contexts that have rows in our tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from openedx_blockstore.plugin_rest import (
    User,
    authored_bundles,
    sees_everything,
    visible_bundles,
)
from openedx_blockstore_xblock.contexts.base import LearningContextKind
from openedx_blockstore_xblock.contexts.roles import authors_mount, reads_mount
from openedx_blockstore_xblock.data import LearningContextData, MountData
from openedx_blockstore_xblock.exceptions import LearningContextNotFound, MountNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.models import ContextSetting, LearningContext, Mount

_IN_ONE_QUERY = 500


def usage_digest(usage_key: BlockstoreUsageKey) -> str:
    """Return what a usage is found by in tables; keys can be longer than an index takes."""
    return hashlib.sha256(str(usage_key).encode()).hexdigest()


def is_storable(text: str) -> bool:
    """Tell whether every database takes a text: without NUL, and without halves of characters."""
    return "\0" not in text and text == text.encode("utf-8", "ignore").decode("utf-8")


class StoredContexts(LearningContextKind):
    """What authors have set up: titles, mounts and settings."""

    def describe(self, context_key: BlockstoreContextKey) -> LearningContextData:
        """Return the context with all of its mounts."""
        return contexts_data([context_row(context_key)])[0]

    def mount(self, context_key: BlockstoreContextKey, alias: str) -> MountData:
        """Return what the context has under the alias."""
        if not is_storable(alias):
            raise MountNotFound(context_key, alias)
        mounts = Mount.objects.filter(context__context_id=context_key.context_id, alias=alias)
        for mount in mounts.select_related("bundle", "context"):
            # Some databases take small letters for large ones; ours are different.
            if (mount.context.context_id, mount.alias) == (context_key.context_id, alias):
                return mount_data(mount)
        context_row(context_key)
        raise MountNotFound(context_key, alias)

    def may_view(self, user: User, _context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Whoever may read the bundle; where a draft is mounted, whoever may edit it."""
        return reads_mount(user, mount)

    def visible_mounts(
        self, user: User, context_key: BlockstoreContextKey
    ) -> tuple[MountData, ...]:
        """Return those of which a user may view the bundle, in a few statements for all."""
        mounts = self.describe(context_key).mounts
        return tuple(filter(viewer_of(user, mounts), mounts))

    def may_author(self, user: User, _context_key: BlockstoreContextKey, mount: MountData) -> bool:
        """Whoever may edit the bundle."""
        return authors_mount(user, mount)

    def may_administer(self, user: User, context_key: BlockstoreContextKey) -> bool:
        """The owner, the staff, and those with Django's permission to change contexts."""
        return is_admin_of(user, context_row(context_key))

    def settings(
        self,
        context_key: BlockstoreContextKey,
        usage_keys: Iterable[BlockstoreUsageKey],
    ) -> Mapping[BlockstoreUsageKey, Mapping[str, Any]]:
        """Return the values that the context sets."""
        by_digest = {usage_digest(key): key for key in usage_keys}
        digests = list(by_digest)
        found: dict[BlockstoreUsageKey, Mapping[str, Any]] = {}
        for start in range(0, len(digests), _IN_ONE_QUERY):
            rows = ContextSetting.objects.filter(
                context__context_id=context_key.context_id,
                usage_digest__in=digests[start : start + _IN_ONE_QUERY],
            )
            found.update(
                (by_digest[digest], values)
                for digest, values in rows.values_list("usage_digest", "values")
            )
        return found


def context_row(context_key: BlockstoreContextKey) -> LearningContext:
    """Return the row of a context.

    Raises:
        LearningContextNotFound: It has none.
    """
    rows = LearningContext.objects.select_related("parent", "owner")
    row = rows.filter(context_id=context_key.context_id).first()
    if row is None or row.context_id != context_key.context_id:
        raise LearningContextNotFound(context_key)
    return row


def is_admin_of(user: User, row: LearningContext) -> bool:
    """Tell whether a user may change a context."""
    if not (user.is_authenticated and user.is_active):
        return False
    return row.owner_id == user.pk or administers_all(user)


def administers_all(user: User) -> bool:
    """Tell whether a user may change every context: staff, and who has Django's permission."""
    may_change: Any = getattr(user, "has_perm", lambda _name: False)
    return bool(
        sees_everything(user) or may_change("openedx_blockstore_xblock.change_learningcontext")
    )


def viewer_of(user: User, mounts: Iterable[MountData]) -> Callable[[MountData], bool]:
    """Return what tells of each of some mounts whether a user may view it, asked for at once."""
    some = tuple(mounts)
    readable = visible_bundles(user, {each.bundle_uuid for each in some if not each.draft})
    drafted = sorted({each.bundle_uuid for each in some if each.draft})
    edited: set[UUID] = set()
    for start in range(0, len(drafted), _IN_ONE_QUERY):
        rows = authored_bundles(user).filter(uuid__in=drafted[start : start + _IN_ONE_QUERY])
        edited.update(rows.values_list("uuid", flat=True))
    return lambda mount: mount.bundle_uuid in (edited if mount.draft else readable)


def contexts_data(rows: Iterable[LearningContext]) -> list[LearningContextData]:
    """Return rows as values, with their mounts."""
    wanted = list(rows)
    mounts: dict[int, list[MountData]] = {}
    found = Mount.objects.filter(context__in=wanted).select_related("bundle").order_by("alias")
    for mount in found:
        mounts.setdefault(mount.context_id, []).append(mount_data(mount))
    return [
        LearningContextData(
            key=BlockstoreContextKey(row.context_id),
            title=row.title,
            mounts=tuple(mounts.get(row.pk, ())),
            parent=BlockstoreContextKey(row.parent.context_id) if row.parent else None,
            owner=row.owner.get_username() if row.owner else "",
        )
        for row in wanted
    ]


def mount_data(mount: Mount) -> MountData:
    """Return a row as a value; its bundle is read already."""
    return MountData(mount.alias, mount.bundle.uuid, mount.version_num, mount.draft_name)
