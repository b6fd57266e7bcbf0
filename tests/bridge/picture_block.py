"""A block as a package may bring it, with the address of a picture."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from web_fragments.fragment import Fragment
from xblock.core import XBlock
from xblock.fields import Scope

from openedx_blockstore_xblock.fields import ResourceURL


class PictureBlock(XBlock):  # type: ignore[misc]
    """It shows a picture."""

    picture = ResourceURL(help="Where it is.", default="", scope=Scope.content)

    def student_view(self, _context: dict[str, Any] | None = None) -> Fragment:
        """Show the picture."""
        return Fragment(format_html("<img src={}>", type(self).picture.url(self)))

    def studio_view(self, _context: dict[str, Any] | None = None) -> Fragment:
        """Show what the author has written."""
        return Fragment(format_html("<input value={}>", self.picture))
