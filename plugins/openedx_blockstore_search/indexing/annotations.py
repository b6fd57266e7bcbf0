"""Tags and licences, as other plugins say them by the annotations that any plugin can give.

Nothing is imported from those plugins. What they say is taken if it has this form, and anything
else is as if they had said nothing:

``tagging``
    ``{"tags": [tag, …], "parts": {part's key: [tag, …]}}``, where a tag is ``{"taxonomy": name,
    "value": name, "lineage": [name, …]}``. The lineage is what the tag is below of.
``licensing``
    ``{"expression": text, "paths": {path or pattern: text}}``; an empty text of a version is none,
    whatever is said of its collection. Patterns are those of
    :func:`~openedx_blockstore.plugin_tools.find_pattern`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from openedx_blockstore.plugin_tools import find_pattern

TAGGING = "tagging"
LICENSING = "licensing"

#: The namespaces of annotations that are part of the index.
NAMESPACES = frozenset({TAGGING, LICENSING})

_MAX_TAGS = 500
_MAX_TAG = 500
_MAX_LICENCE = 200


@frozen
class Notes:
    """The tags and licences in a version of a bundle.

    Attributes:
        common: The tags of the bundle, which all in it can be found by.
        by_part: Those of its parts.
        expression: The licence of the bundle.
        by_path: Others, by path or pattern.
    """

    common: tuple[str, ...] = ()
    by_part: Mapping[str, tuple[str, ...]] = field(factory=dict)
    expression: str = ""
    by_path: Mapping[str, str] = field(factory=dict)

    def tags(self, *, key: str = "", path: str = "") -> tuple[str, ...]:
        """Return the tags of a part or file, each with all that it is below of."""
        own = {*self.common, *self.by_part.get(key, ()), *self.by_part.get(path, ())}
        return tuple(sorted(own)[:_MAX_TAGS])

    def licence(self, path: str = "") -> str:
        """Return the licence of a file, or of the bundle."""
        pattern = find_pattern(path, self.by_path) if path else None
        return self.expression if pattern is None else self.by_path[pattern]


NO_NOTES = Notes()


def read_notes(
    annotations: Mapping[str, Any], collection: Mapping[str, Any] | None = None
) -> Notes:
    """Read what plugins say.

    Args:
        annotations: Of a version, by namespace.
        collection: Of its collection, likewise.
    """
    tagging = _mapping(annotations.get(TAGGING))
    licensing = _mapping(annotations.get(LICENSING))
    above_tags = _mapping((collection or {}).get(TAGGING))
    above_licence = _mapping((collection or {}).get(LICENSING))
    by_path = {
        path[:_MAX_TAG]: licence[:_MAX_LICENCE]
        for path, licence in _mapping(licensing.get("paths")).items()
        if isinstance(path, str) and isinstance(licence, str)
    }
    return Notes(
        common=tuple(sorted({*_tags(tagging.get("tags")), *_tags(above_tags.get("tags"))})),
        by_part={
            key: tuple(_tags(tags))
            for key, tags in _mapping(tagging.get("parts")).items()
            if isinstance(key, str)
        },
        expression=_text(licensing.get("expression", above_licence.get("expression"))),
        by_path=by_path,
    )


def _tags(given: Any) -> Iterator[str]:
    for each in given if isinstance(given, (list, tuple)) else ():
        tag = _mapping(each)
        taxonomy, value = tag.get("taxonomy"), tag.get("value")
        lineage = tag.get("lineage")
        values = [*(lineage if isinstance(lineage, (list, tuple)) else ()), value]
        if isinstance(taxonomy, str):
            for name in values:
                if isinstance(name, str) and name:
                    yield f"{taxonomy}:{name}"[:_MAX_TAG]


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value[:_MAX_LICENCE] if isinstance(value, str) else ""
