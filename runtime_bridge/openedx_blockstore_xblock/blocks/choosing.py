"""What all containers have in common that show some of their blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html
from django.utils.safestring import mark_safe
from web_fragments.fragment import Fragment
from xblock.completable import XBlockCompletionMode
from xblock.fields import Scope, String

from openedx_blockstore_xblock.blocks.containers import ContainerBlock
from openedx_blockstore_xblock.keys import BlockstoreUsageKey

if TYPE_CHECKING:
    # Pools know containers, and are loaded after them.
    from openedx_blockstore_xblock.choosing.pools import Pool, PoolBlock


class ChoosingBlock(ContainerBlock):
    """A container whose children depend on the learner; authors see all of them.

    Its ``children`` are those that this user is shown. Others are not even read.
    """

    completion_mode = XBlockCompletionMode.AGGREGATOR

    #: How many blocks authors are shown at most.
    shown_to_authors = 100

    #: If not empty, only problems are chosen that are answered in this way.
    response_type = ""

    chooser = String(
        help="Who decides: the name of a chooser. Empty for the one of the site.",
        default="",
        scope=Scope.settings,
    )

    #: Why the chooser that was to decide has not; authors are told.
    problem = ""

    def choose(self, pool: Pool) -> tuple[PoolBlock, ...]:
        """Return those of the blocks that this learner is to be shown, in this order."""
        raise NotImplementedError

    def settle(
        self, pool: Pool, shown: Sequence[PoolBlock], usage_keys: Sequence[BlockstoreUsageKey]
    ) -> None:
        """Keep what was chosen, now that all of it is there, and tell of what has changed.

        Args:
            pool: What there was to choose from.
            usage_keys: The usages of what is shown.
        """
        raise NotImplementedError

    def has_dynamic_children(self) -> bool:
        """Tell that not everybody has the same children; the platform's name."""
        return True

    def get_child_blocks(self) -> list[Any]:
        """Return the children that this learner is shown; the platform's name."""
        return list(self.get_children())

    def note(self) -> str:
        """Return what authors read above all the blocks."""
        raise NotImplementedError

    def _view(self, view_name: str, context: dict[str, Any] | None) -> Fragment:
        fragment = super()._view(view_name, context)
        if not self.runtime.is_author_mode:
            return fragment
        noted = Fragment()
        noted.add_content(
            format_html(
                '<div class="blockstore-choice-note" role="note">{}</div>{}',
                " ".join(filter(None, (self.note(), self.problem))),
                mark_safe(fragment.content),  # noqa: S308 - blocks render HTML
            )
        )
        noted.add_fragment_resources(fragment)
        return noted
