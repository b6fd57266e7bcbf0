"""What the platform adds to every block, and blocks have come to rely upon."""

from __future__ import annotations

import functools
from typing import Any

from django.utils.translation import gettext
from xblock.core import XBlock
from xblock.exceptions import JsonHandlerError
from xblock.fields import ScopeIds
from xblock.runtime import Mixologist, Runtime

from openedx_blockstore_xblock.inherited_fields import InheritedFields
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.services import CompletionService


class InheritedFieldsMixin(InheritedFields):
    """Settings that all blocks have, and the handler that pages call."""

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


class PlatformNames:
    """Names of older days, by which some blocks still know themselves and where they are."""

    runtime: Runtime
    scope_ids: ScopeIds

    always_recalculate_grades = False
    graceperiod = None
    icon_class = "other"
    show_in_read_only_mode = False

    @property
    def location(self) -> BlockstoreUsageKey:
        """The usage."""
        usage_key: BlockstoreUsageKey = self.scope_ids.usage_id
        return usage_key

    @property
    def category(self) -> str:
        """The type."""
        return str(self.scope_ids.block_type)

    @property
    def course_id(self) -> BlockstoreContextKey:
        """The learning context."""
        return self.location.context_key

    @property
    def system(self) -> Runtime:
        """The runtime."""
        return self.runtime

    xmodule_runtime = system

    def get_icon_class(self) -> str:
        """Return the name of a picture that stands for the block."""
        return self.icon_class

    def has_dynamic_children(self) -> bool:
        """Tell whether its children depend on the learner; blocks where they do say so."""
        return False


class BlockMixologist(Mixologist):  # type: ignore[misc]
    """Makes the classes of a runtime's blocks: what they say of themselves counts first."""

    def mix(self, cls: type[XBlock]) -> type[XBlock]:
        """Return a class with what every block has here."""
        return cls if issubclass(cls, PlatformNames) else _completed(super().mix(cls))


@functools.cache
def _completed(mixed: type[XBlock]) -> type[XBlock]:
    # A mixin of XBlock's kind would come before some of the classes that a block is made of.
    titles = (vars(each).get(_TITLE) for each in mixed.__mro__)
    title = next((each for each in titles if each is not None), None)
    is_own = title is not None and title is not vars(XBlock).get(_TITLE)
    namespace = {} if is_own else {_TITLE: property(_title)}
    return type(mixed.__name__, (mixed, PlatformNames), namespace)


_TITLE = "display_name_with_default"


def _title(block: XBlock) -> str:
    """Return a title for a block, even if its authors have given it none.

    XBlock would take the name in its key, which says nothing to anybody here.
    """
    return str(getattr(block, "display_name", None) or block.scope_ids.block_type)
