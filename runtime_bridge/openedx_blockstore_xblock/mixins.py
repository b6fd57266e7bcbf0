"""What the platform adds to every block, and blocks have come to rely upon."""

from __future__ import annotations

from xblock.core import XBlockMixin
from xblock.fields import Boolean, Date, Scope, String


class InheritedFieldsMixin(XBlockMixin):  # type: ignore[misc]
    """Settings that a block of the platform inherits from what it is in.

    Here a learning context sets them by usage; without that they have these defaults.
    """

    graded = Boolean(help="Whether it counts for the grade.", default=False, scope=Scope.settings)
    format = String(help="The kind of assignment.", default=None, scope=Scope.settings)
    start = Date(help="When it can be seen first.", default=None, scope=Scope.settings)
    due = Date(help="When it has to be done.", default=None, scope=Scope.settings)

    @property
    def display_name_with_default(self) -> str:
        """Return a title for the block, even if its authors have given it none."""
        return str(getattr(self, "display_name", None) or self.scope_ids.block_type)
