"""Some blocks out of many: drawn from what it holds, and from the libraries that it links to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from web_fragments.fragment import Fragment
from webob import Response
from xblock.core import XBlock
from xblock.fields import Boolean, Integer, List, Scope, String

from openedx_blockstore_xblock.blocks.choosing import ChoosingBlock
from openedx_blockstore_xblock.choosing.deciding import decide
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.plugin_api import ChoiceRequest

if TYPE_CHECKING:
    from openedx_blockstore_xblock.choosing.pools import Pool, PoolBlock

#: The name under which the platform tells of draws, whose analytics read it.
_EVENT = "edx.librarycontentblock.content"

#: What the platform calls problems of all types.
_ANY = "any"

#: Why a block that was drawn once is not shown any more.
_INVALID, _OVERLIMIT, _REVISED = "invalid", "overlimit", "revised"


class LibraryContentBlock(ChoosingBlock):
    """Shows each learner some of its blocks, the same as long as they are there.

    OLX: ``<library_content max_count="3">`` with blocks, includes of blocks, and includes of
    libraries (``<xblock-include definition="library.xml" source="alias"/>``), which stand for all
    blocks of theirs. The platform's newer name is ``itembank``.
    """

    max_count = Integer(
        help="How many blocks a learner is shown; -1 for all.", default=1, scope=Scope.settings
    )
    capa_type = String(
        help="Draw only problems that are answered in this way, such as multiplechoiceresponse.",
        default=_ANY,
        scope=Scope.settings,
    )
    allow_resetting_children = Boolean(
        help="Whether learners may ask for other blocks, which forgets their answers.",
        default=False,
        scope=Scope.settings,
    )
    source_library_id = String(
        help="The library of the platform that the blocks were copied from.",
        default=None,
        scope=Scope.settings,
    )
    source_library_version = String(
        help="The version of that library.", default=None, scope=Scope.settings
    )
    selected = List(
        help="The type and the key of each block that was drawn.",
        default=[],
        scope=Scope.user_state,
    )
    draw = Integer(
        help="How often the learner has asked for other blocks.",
        default=0,
        scope=Scope.user_state,
    )

    @property
    def response_type(self) -> str:  # type: ignore[override]
        """How problems are answered that may be drawn; empty for all blocks."""
        return "" if self.capa_type in {None, "", _ANY} else str(self.capa_type)

    def choose(self, pool: Pool) -> tuple[PoolBlock, ...]:
        """Return the blocks that were drawn, and draw what is missing."""
        usage_key = self.scope_ids.usage_id
        user = self.runtime.user
        options = tuple(each.option for each in pool.blocks)
        decision = decide(
            ChoiceRequest(
                kind="blocks",
                context_key=str(usage_key.context_key),
                learner=user.name,
                user_id=user.user_id,
                subject=usage_key.block_digest,
                options=options,
                count=len(pool) if self.max_count < 0 else min(self.max_count, len(pool)),
                chosen=tuple(each.key for each in pool.select(self._selected_keys())),
                draw=self.draw,
            ),
            chooser=self.chooser,
        )
        self.problem = decision.problem
        return pool.select(decision.keys)

    def settle(
        self, pool: Pool, shown: Sequence[PoolBlock], usage_keys: Sequence[BlockstoreUsageKey]
    ) -> None:
        """Keep what was drawn, and tell of it as the platform does."""
        before = {key: block_type for block_type, key in self._selected_pairs()}
        now = {each.key: key for each, key in zip(shown, usage_keys, strict=True)}
        if list(before) == list(now):
            return
        self.selected = [[key.block_type, name] for name, key in now.items()]
        self.save()
        there = {each.key for each in pool.blocks}
        wanted = self.max_count if self.max_count >= 0 else len(pool)
        gone = [key for key in before if key not in now]
        still = _OVERLIMIT if len(before) > wanted else _REVISED
        for reason, keys in (
            (_INVALID, [key for key in gone if key not in there]),
            (still, [key for key in gone if key in there]),
        ):
            if keys:
                removed = [{"block_type": before[key], "block_id": key} for key in keys]
                self._tell("removed", now, len(before), removed=removed, reason=reason)
        if added := [key for key in now if key not in before]:
            self._tell("assigned", now, len(before) - len(gone), added=_named(added, now))

    def _tell(
        self, what: str, now: dict[str, BlockstoreUsageKey], previous: int, **more: Any
    ) -> None:
        data = {
            "location": str(self.scope_ids.usage_id),
            "result": _named(now, now),
            "previous_count": previous,
            "max_count": self.max_count,
            **more,
        }
        self.runtime.publish(self, f"{_EVENT}.{what}", data)

    def _selected_pairs(self) -> list[tuple[str, str]]:
        return [(str(pair[0]), str(pair[1])) for pair in self.selected]

    def _selected_keys(self) -> list[str]:
        return [key for _type, key in self._selected_pairs()]

    def selected_children(self) -> list[list[str]]:
        """Return the type and the key of each block that was drawn; the platform's name."""
        _drawn_if_need_be = self.children
        return list(self.selected)

    @XBlock.handler  # type: ignore[untyped-decorator]
    def reset_selected_children(self, _request: object, _suffix: str = "") -> Response:
        """Forget the learner's answers to what was drawn, and draw anew; the platform's name."""
        if not self.allow_resetting_children:
            return Response(gettext("This can not be drawn anew."), status=400)
        for child in self.get_children():
            _forget(child)
        self.draw += 1
        self.selected = []
        self.save()
        return Response(
            json.dumps({"result": "success"}), content_type="application/json", charset="utf-8"
        )

    def note(self) -> str:
        """Say what learners see of all this."""
        count = self.max_count
        if count < 0:
            return gettext("Each learner sees all of these, in an order of their own.")
        return ngettext(
            "Each learner sees %(count)d of these, drawn for them:",
            "Each learner sees %(count)d of these, drawn for them:",
            count,
        ) % {"count": count}

    def _view(self, view_name: str, context: dict[str, Any] | None) -> Fragment:
        fragment = super()._view(view_name, context)
        if self.allow_resetting_children and not self.runtime.is_author_mode:
            fragment.add_content(
                format_html(
                    '<button type="button" class="blockstore-draw-anew">{}</button>',
                    gettext("Draw other ones, and begin anew"),
                )
            )
            fragment.add_javascript_url(
                self.runtime.local_resource_url(self, "public/library_content.js")
            )
            fragment.initialize_js("BlockstoreLibraryContent")
        return fragment


def _named(keys: Iterable[str], usage_keys: dict[str, BlockstoreUsageKey]) -> list[dict[str, str]]:
    return [
        {
            "usage_key": str(usage_keys[key]),
            "block_type": usage_keys[key].block_type,
            "block_id": key,
        }
        for key in keys
    ]


def _forget(block: XBlock) -> None:
    """Forget the learner's state and grade of a block, and of the blocks inside it."""
    if block.has_children:
        for child in block.get_children():
            _forget(child)
    for field in block.fields.values():
        if field.scope == Scope.user_state and field.is_set_on(block):
            field.delete_from(block)
    block.save()
    if getattr(block, "has_score", False):
        block.runtime.publish(block, "grade", {"score_deleted": True})
