"""What stands in a page for a block that can not be shown: clear to authors, gentle to learners."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext
from web_fragments.fragment import Fragment
from xblock.completable import XBlockCompletionMode
from xblock.core import XBlock


class PlaceholderBlock(XBlock):  # type: ignore[misc]
    """A block that is not there, whose package is not installed, or whose OLX is broken.

    Attributes:
        reason: What is wrong, for authors.
    """

    reason = ""

    #: Nobody can complete what is not there, and nobody shall wait for it.
    completion_mode = XBlockCompletionMode.EXCLUDED

    def fallback_view(self, _view_name: str, _context: dict[str, Any] | None = None) -> Fragment:
        """Say what is wrong to whoever can mend it."""
        if getattr(self.runtime, "is_author_mode", False):
            return Fragment(
                format_html(
                    '<div class="blockstore-placeholder" role="note"><strong>{}</strong> {}</div>',
                    self.scope_ids.block_type,
                    self.reason,
                )
            )
        return Fragment(
            format_html(
                '<div class="blockstore-placeholder" role="note">{}</div>',
                gettext("This part can not be shown right now. You can go on with the rest."),
            )
        )
