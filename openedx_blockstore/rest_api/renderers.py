"""Writes the bodies of answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class _EscapingJSONRenderer(JSONRenderer):
    ensure_ascii = True


class AnyTextJSONRenderer(JSONRenderer):
    """JSON in UTF-8, whatever text is in it.

    Half of a surrogate pair is no text in UTF-8. A caller may send one, and errors quote what they
    were sent.
    """

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the body."""
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            return _EscapingJSONRenderer().render(data, accepted_media_type, renderer_context)
