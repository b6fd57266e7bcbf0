"""What a learning context sets for usages of blocks, instead of what authors have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from xblock.fields import Field, Scope

from openedx_blockstore_xblock.api.contexts import context_row
from openedx_blockstore_xblock.block_classes import find_class, is_container
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.contexts.rows import usage_digest
from openedx_blockstore_xblock.exceptions import InvalidContext
from openedx_blockstore_xblock.inherited_fields import INHERITED, InheritedFields, fields_of
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.models import ContextSetting

#: Characters of a value as JSON; policies are small.
_MAX_VALUE = 65_536

#: Blocks whose class has most of what is inherited.
_INHERITING = "problem"


def set_usage_settings(usage_key: BlockstoreUsageKey, values: Mapping[str, Any]) -> None:
    """Set fields of one usage, such as ``due`` and ``max_attempts``, in place of all set before.

    Args:
        values: Values by the names of fields with the scope of settings, as JSON has them. Empty
            to take everything back.

    Raises:
        LearningContextNotFound: There is no such context.
        InvalidContext: The block has no such setting, or it takes no such value; or the context is
            one of which another package says what is set.
    """
    row = context_row(usage_key.context_key)
    check_values(usage_key, values)
    digest = usage_digest(usage_key)
    if not values:
        ContextSetting.objects.filter(context=row, usage_digest=digest).delete()
        return
    ContextSetting.objects.update_or_create(
        context=row,
        usage_digest=digest,
        defaults={"usage_key": str(usage_key), "values": dict(values)},
    )


def get_usage_settings(usage_key: BlockstoreUsageKey) -> dict[str, Any]:
    """Return what the context sets for a usage; empty where it is as its authors have written it.

    Raises:
        LearningContextNotFound: There is no such context.
    """
    ALL_CONTEXTS.describe(usage_key.context_key)
    return dict(ALL_CONTEXTS.settings(usage_key.context_key, [usage_key]).get(usage_key, {}))


def _settable(block_type: str) -> Mapping[str, Field]:
    """Return what can be set for blocks of a type; for containers what they hand down, too."""
    block_class = find_class(block_type)
    known = fields_of(block_class) if block_class is not None else InheritedFields.fields
    problem = find_class(_INHERITING)
    if problem is None or not is_container(block_type):
        return known
    handed_down = {name: field for name, field in problem.fields.items() if name in INHERITED}
    return {**handed_down, **known}


def check_values(usage_key: BlockstoreUsageKey, values: object) -> None:
    """Make sure that a block takes settings; see :func:`set_usage_settings`."""
    if not isinstance(values, Mapping):
        raise InvalidContext("Settings are a mapping from names of fields to their values.")
    known = _settable(usage_key.block_type)
    for name, value in values.items():
        if name not in known or known[name].scope != Scope.settings:
            names = sorted(each for each in known if known[each].scope == Scope.settings)
            raise InvalidContext(
                f"A {usage_key.block_type!r} has no setting {name!r:.80}; it has: "
                f"{', '.join(names)}."
            )
        try:
            size = len(json.dumps(value, allow_nan=False))
            known[name].enforce_type(known[name].from_json(value))
        except Exception as error:  # (another package's field, and anybody's value)
            raise InvalidContext(
                f"The setting {name!r} of a {usage_key.block_type!r} can not be {value!r:.80}: "
                f"{error}."
            ) from error
        if size > _MAX_VALUE:
            raise InvalidContext(
                f"The setting {name!r} is too large: as JSON it may have {_MAX_VALUE:,} characters."
            )
