"""Learning contexts that have rows in our tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from openedx_blockstore_xblock.contexts.base import LearningContextKind
from openedx_blockstore_xblock.data import MountData
from openedx_blockstore_xblock.exceptions import LearningContextNotFound, MountNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.models import ContextSetting, LearningContext, Mount

_IN_ONE_QUERY = 500


def usage_digest(usage_key: BlockstoreUsageKey) -> str:
    """Return what a usage is found by in tables; keys can be longer than an index takes."""
    return hashlib.sha256(str(usage_key).encode()).hexdigest()


class StoredContexts(LearningContextKind):
    """What authors have set up: titles, mounts and settings."""

    def mount(self, context_key: BlockstoreContextKey, alias: str) -> MountData:
        """Return what the context has under the alias."""
        mount = (
            Mount.objects.filter(context__context_id=context_key.context_id, alias=alias)
            .select_related("bundle")
            .first()
        )
        if mount is not None:
            return mount_data(mount)
        if not LearningContext.objects.filter(context_id=context_key.context_id).exists():
            raise LearningContextNotFound(context_key)
        raise MountNotFound(context_key, alias)

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


def mount_data(mount: Mount) -> MountData:
    """Return a row as a value; its bundle is read already."""
    return MountData(mount.alias, mount.bundle.uuid, mount.version_num, mount.draft_name)
