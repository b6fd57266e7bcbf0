"""The settings that blocks inherit, and those of them that every block has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lxml import etree
from xblock.core import XBlock, XBlockMixin
from xblock.fields import Boolean, Date, Field, Scope, String

#: What counts for all that is inside a container where it is set; the platform's names. A class
#: that has no such field passes it on to what is inside, all the same.
INHERITED = frozenset(
    {
        "days_early_for_beta",
        "due",
        "edxnotes",
        "format",
        "graceperiod",
        "graded",
        "group_access",
        "matlab_api_key",
        "max_attempts",
        "relative_weeks_due",
        "rerandomize",
        "self_paced",
        "show_correctness",
        "show_reset_button",
        "showanswer",
        "start",
        "static_asset_path",
        "text_customization",
        "use_latex_compiler",
        "video_auto_advance",
        "video_bumper",
        "video_speed_optimizations",
        "visible_to_staff_only",
        "xqa_key",
    }
)


class InheritedFields(XBlockMixin):  # type: ignore[misc]
    """Those that every block has, whether its class says so or not."""

    graded = Boolean(help="Whether it counts for the grade.", default=False, scope=Scope.settings)
    format = String(help="The kind of assignment.", default=None, scope=Scope.settings)
    start = Date(help="When it can be seen first.", default=None, scope=Scope.settings)
    due = Date(help="When it has to be done.", default=None, scope=Scope.settings)


def fields_of(block_class: type[XBlock]) -> Mapping[str, Field]:
    """Return all fields that blocks of a class have here, by name."""
    return {**InheritedFields.fields, **block_class.fields}


def take_inherited_fields(element: etree._Element, block_class: type[XBlock]) -> dict[str, Any]:
    """Take the fields that every block has, and a class does not know, out of an element.

    Returns:
        Their values, as JSON has them. One that makes no sense is left out.
    """
    taken: dict[str, Any] = {}
    for name, field in InheritedFields.fields.items():
        text = element.get(name)
        if text is None or name in block_class.fields:
            continue
        del element.attrib[name]
        try:
            taken[name] = decoded(field, text)
        except ValueError:
            continue
    return taken


def decoded(field: Field, value: Any) -> Any:
    """Return a value as JSON has it, for a field; it may be written as in OLX, or as in a policy.

    Raises:
        ValueError: The field takes no such value.
    """
    if isinstance(value, str):
        value = _read(field, value)
    try:
        return field.to_json(field.enforce_type(field.from_json(value)))
    except Exception as error:
        # It is another package's field, and anybody's value.
        raise ValueError(str(error)) from error


def _read(field: Field, text: str) -> Any:
    """Return what a text of OLX stands for: JSON, or itself."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    # A kind of assignment may be called 2026.
    return text if isinstance(field, String) and not isinstance(found, str | None) else found
