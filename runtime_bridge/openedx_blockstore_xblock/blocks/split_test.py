"""Content experiments: a learner sees what is meant for the group that the learner is in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from web_fragments.fragment import Fragment
from xblock.core import XBlock
from xblock.fields import Dict, Integer, Scope, String

from openedx_blockstore_xblock.authored import InlineChild
from openedx_blockstore_xblock.blocks.choosing import ChoosingBlock
from openedx_blockstore_xblock.choosing.deciding import decide
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.plugin_api import ChoiceOption, ChoiceRequest

if TYPE_CHECKING:
    from openedx_blockstore_xblock.choosing.pools import Pool, PoolBlock

#: What stands for the name of a block in the platform's keys: ``i4x://Org/Course/vertical/name``,
#: ``block-v1:Org+Course+Run+type@vertical+block@name``.
_NAME = re.compile(r"(?:^|[/@])([^/@+]+)$")


@frozen
class Group:
    """A group of an experiment, and the block that is for it; None where there is none."""

    key: str
    name: str
    block: PoolBlock | None


class SplitTestBlock(ChoosingBlock):
    """Shows each learner one of its blocks.

    Which groups there are says the course (``user_partitions``), where the block belongs to one:
    then a learner is in the same group in all blocks of the experiment. Otherwise the block itself
    says it by ``group_id_to_child``, or, without that, each of its children is for a group.
    """

    display_name = String(
        help="What authors call it.", default="Content Experiment", scope=Scope.settings
    )
    user_partition_id = Integer(
        help="The experiment, among those of the course.", default=-1, scope=Scope.content
    )
    group_id_to_child = Dict(
        help="Which block is for which group.", default={}, scope=Scope.content
    )
    group_id = String(
        help="The learner's group, where the course knows no such experiment.",
        default="",
        scope=Scope.user_state,
    )

    _chosen = ""

    def choose(self, pool: Pool) -> tuple[PoolBlock, ...]:
        """Return the block of the learner's group; nothing where there is none for it."""
        usage_key = self.scope_ids.usage_id
        groups = self._groups(pool)
        kept = self._chosen or self.runtime.experiments.group_of(self) or self.group_id
        user = self.runtime.user
        decision = decide(
            ChoiceRequest(
                kind="group",
                context_key=str(usage_key.context_key),
                learner=user.name,
                user_id=user.user_id,
                subject=self.runtime.experiments.subject(self),
                options=tuple(ChoiceOption(group.key, path=group.name) for group in groups),
                count=1,
                chosen=tuple(group.key for group in groups if group.key == kept),
            ),
            chooser=self.chooser,
        )
        self.problem = decision.problem
        self._chosen = next(iter(decision.keys), "")
        return tuple(
            group.block for group in groups if group.key == self._chosen and group.block is not None
        )

    def settle(
        self,
        pool: Pool,  # noqa: ARG002 - a group is kept, whatever there is for it
        shown: Sequence[PoolBlock],  # noqa: ARG002
        usage_keys: Sequence[BlockstoreUsageKey],
    ) -> None:
        """Keep the learner's group."""
        if not self._chosen:
            return
        if self.runtime.experiments.is_known(self):
            is_new = self.runtime.experiments.keep_group(self, self._chosen)
        else:
            is_new = self.group_id != self._chosen
            self.group_id = self._chosen
            self.save()
        if is_new:
            data = {
                "location": str(self.scope_ids.usage_id),
                "user_partition_id": self.user_partition_id,
                "group_id": self._chosen,
                "result": [str(key) for key in usage_keys],
            }
            self.runtime.publish(self, "edx.split_test.group.assigned", data)

    def _groups(self, pool: Pool) -> list[Group]:
        by_name = {_name_of(each): each for each in pool.blocks}
        blocks: Mapping[str, PoolBlock | None] = {
            str(key): by_name.get(_name_in(str(child)))
            for key, child in self.group_id_to_child.items()
        }
        names = self.runtime.experiments.groups(self)
        if names and blocks:
            return [Group(key, name, blocks.get(key)) for key, name in names.items()]
        if blocks:
            return [Group(key, key, block) for key, block in blocks.items()]
        return [Group(each.key, each.key, each) for each in pool.blocks]

    # Authors -------------------------------------------------------------------------------------

    def note(self) -> str:
        """Say what learners see of all this."""
        return gettext("An experiment: each learner sees what is for one of these groups.")

    def _part(self, child: XBlock, shown: Fragment) -> str:
        if not self.runtime.is_author_mode:
            return str(shown.content)
        return format_html(
            '<section class="blockstore-group"><h3>{}</h3>{}</section>',
            self._label(child.scope_ids.usage_id, child),
            mark_safe(shown.content),  # noqa: S308 - blocks render HTML
        )

    def _label(self, usage_key: Any, child: XBlock) -> str:
        names = self.runtime.experiments.groups(self)
        found = [
            names.get(str(key), gettext("Group %(key)s") % {"key": key})
            for key, value in self.group_id_to_child.items()
            if _name_in(str(value)) == _name_of_usage(usage_key)
        ]
        return ", ".join(found) or str(child.display_name_with_default)


def _name_in(key: str) -> str:
    """Return the name of the block that a key of the platform is of."""
    found = _NAME.search(key)
    return (found[1] if found else key).replace(":", "/")


def _name_of(block: PoolBlock) -> str:
    """Return the name that a block had in the course that it comes from."""
    if isinstance(block.child, InlineChild):
        return block.child.inner_id.partition("/")[2]
    return block.child.usage.replace(":", "/") or _name_of_path(block.child.path)


def _name_of_usage(usage_key: BlockstoreUsageKey) -> str:
    if usage_key.inner_id:
        return usage_key.inner_id.partition("/")[2]
    return usage_key.place.replace(":", "/") or _name_of_path(usage_key.path)


def _name_of_path(path: str) -> str:
    inside = path.partition("/")[2] or path
    return inside.removesuffix("/definition.xml").removesuffix(".xml")
