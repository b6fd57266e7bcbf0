"""Settings of usages, as far as learning contexts themselves need them."""

from __future__ import annotations

from collections.abc import Iterable

from openedx_blockstore_xblock.contexts.rows import usage_digest
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.models import ContextSetting, LearningContext


def copy_settings(settings: Iterable[ContextSetting], to: LearningContext) -> None:
    """Set in a context what another one sets; the keys of usages name the new context."""
    key = BlockstoreContextKey(to.context_id)
    copies = []
    for setting in settings:
        old = BlockstoreUsageKey.from_string(setting.usage_key)
        usage_key = old.in_context(key)
        copies.append(
            ContextSetting(
                context=to,
                usage_digest=usage_digest(usage_key),
                usage_key=str(usage_key),
                values=setting.values,
            )
        )
    ContextSetting.objects.bulk_create(copies, batch_size=500)
