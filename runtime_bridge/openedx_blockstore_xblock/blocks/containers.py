"""Units and sequences: they show their children, one below the other."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import mark_safe
from web_fragments.fragment import Fragment
from xblock.completable import XBlockCompletionMode
from xblock.core import XBlock
from xblock.fields import Boolean, Date, Scope, String


class ContainerBlock(XBlock):  # type: ignore[misc]
    """What shows its children and has nothing of its own but a title."""

    has_children = True
    completion_mode = XBlockCompletionMode.AGGREGATOR

    #: Whether all children are shown whenever it is, so that they are best read together.
    shows_all_children = True

    display_name = String(
        help="What learners read above it.", default="", scope=Scope.settings, enforce_type=True
    )

    def student_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """Show the children to a learner."""
        return self._view("student_view", context)

    def public_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """Show the children to somebody who is not logged in."""
        return self._view("public_view", context)

    def author_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """Show the children to an author, as learners see them."""
        return self._view("student_view", context)

    def _view(self, view_name: str, context: dict[str, Any] | None) -> Fragment:
        fragment = Fragment()
        parts = []
        for child in self.get_children():
            shown = self.runtime.render_child(child, view_name, context)
            fragment.add_fragment_resources(shown)
            parts.append(self._part(child, shown))
        body = mark_safe("".join(parts))  # noqa: S308 - blocks render HTML
        fragment.add_content(
            format_html('<div class="blockstore-{}">{}</div>', self.scope_ids.block_type, body)
        )
        return fragment

    def _part(self, _child: XBlock, shown: Fragment) -> str:
        """Return what is shown of a child."""
        return str(shown.content)


class UnitBlock(ContainerBlock):
    """What a learner sees at a time; ``<vertical>`` is the same by its older name."""


class SequentialBlock(ContainerBlock):
    """Units that a learner goes through in an order."""

    shows_all_children = False

    due = Date(help="When it has to be done.", default=None, scope=Scope.settings)
    format = String(help="The kind of assignment.", default=None, scope=Scope.settings)
    graded = Boolean(help="Whether it counts for the grade.", default=False, scope=Scope.settings)


class LibraryBlock(ContainerBlock):
    """The blocks of a library, all of them. What draws from a library shows some."""
