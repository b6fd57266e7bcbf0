"""What is set for a block outside of its own element, and what it inherits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from xblock.core import XBlock
from xblock.fields import Scope

from openedx_blockstore_xblock.authored import GivenSettings
from openedx_blockstore_xblock.inheritance.ancestry import Ancestry, Around
from openedx_blockstore_xblock.inherited_fields import INHERITED, decoded, fields_of
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey

#: Is given usages of one context, and returns what the context sets for them.
ContextSettings = Callable[
    [BlockstoreContextKey, Iterable[BlockstoreUsageKey]],
    Mapping[BlockstoreUsageKey, Mapping[str, Any]],
]


class SettingsAround:
    """Finds what contexts and courses set, for the blocks of one runtime.

    What is nearer to a block counts; of what is said of one block, what its learning context sets
    counts before the policy of its course, and this before what authors have written there.
    """

    def __init__(self, ancestry: Ancestry, context_settings: ContextSettings) -> None:
        self._ancestry = ancestry
        self._context_settings = context_settings
        self._around: dict[BlockstoreUsageKey, Around] = {}
        self._set: dict[BlockstoreUsageKey, Mapping[str, Any]] = {}

    def read(self, usage_keys: Iterable[BlockstoreUsageKey]) -> list[BlockstoreUsageKey]:
        """Find out for many blocks at a time.

        Returns:
            Those that were not known before.
        """
        new = list(dict.fromkeys(key for key in usage_keys if key not in self._around))
        self._around.update({key: self._ancestry.of(key) for key in new})
        around = [each.usage_key for key in new for each in self._around[key].blocks]
        unknown = [key for key in dict.fromkeys((*new, *around)) if key not in self._set]
        for context_key in dict.fromkeys(key.context_key for key in unknown):
            here = [key for key in unknown if key.context_key == context_key]
            found = self._context_settings(context_key, here)
            self._set.update({key: found.get(key, {}) for key in here})
        return new

    def of(self, usage_key: BlockstoreUsageKey, block_class: type[XBlock]) -> GivenSettings:
        """Return what is set for a block of a class, which :meth:`read` has been told of."""
        around = self._around[usage_key]
        block, *containers = around.blocks
        own = _typed(block_class, self._policy(around, block.name))
        inherited: dict[str, Any] = {}
        for settings in (
            *_of_course(around),
            *(
                {**each.attributes, **self._policy(around, each.name), **self._set[each.usage_key]}
                for each in reversed(containers)
            ),
        ):
            inherited.update({name: settings[name] for name in settings.keys() & INHERITED})
        return GivenSettings(
            {**own, **self._set[usage_key]},
            _typed(block_class, inherited),
        )

    @staticmethod
    def _policy(around: Around, name: str) -> Mapping[str, Any]:
        return around.course.of_block(name) if around.course is not None and name else {}


def _of_course(around: Around) -> list[Mapping[str, Any]]:
    if around.course is None:
        return []
    return [around.course.of_course, around.course.of_block(around.chapter)]


def _typed(block_class: type[XBlock], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those settings that a class has, as JSON has them; what makes no sense is left out."""
    fields = fields_of(block_class)
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in fields or fields[name].scope != Scope.settings:
            continue
        try:
            found[name] = decoded(fields[name], value)
        except ValueError:
            continue
    return found
