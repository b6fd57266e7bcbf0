"""What the platform adds to every block, and blocks have come to rely upon."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from xblock.core import XBlock
from xblock.exceptions import JsonHandlerError

from openedx_blockstore_xblock.inherited_fields import InheritedFields
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.services import CompletionService


class InheritedFieldsMixin(InheritedFields):
    """Settings that all blocks have, and what else those of the platform have."""

    @property
    def location(self) -> BlockstoreUsageKey:
        """Return where the block stands, by the platform's older name."""
        return self.scope_ids.usage_id  # type: ignore[no-any-return]

    @property
    def display_name_with_default(self) -> str:
        """Return a title for the block, even if its authors have given it none."""
        return str(getattr(self, "display_name", None) or self.scope_ids.block_type)

    @XBlock.json_handler  # type: ignore[untyped-decorator]
    def publish_completion(self, data: Any, _suffix: str = "") -> dict[str, str]:
        """Say how far a block is completed that is so once it was seen; the platform's name.

        Raises:
            JsonHandlerError: It is not for a page to say so, or this is no number from 0 to 1.
        """
        service = CompletionService(self.runtime.user, is_tracked=self.runtime.preview is None)
        if not service.completion_tracking_enabled():
            raise JsonHandlerError(404, gettext("Completion is kept for users with an account."))
        if not service.can_mark_block_complete_on_view(self):
            raise JsonHandlerError(400, gettext("This block itself knows when it is complete."))
        value = data.get("completion") if isinstance(data, dict) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise JsonHandlerError(400, gettext("Give a completion from 0 to 1."))
        self.runtime.publish(self, "completion", {"completion": value})
        return {"result": "ok"}
