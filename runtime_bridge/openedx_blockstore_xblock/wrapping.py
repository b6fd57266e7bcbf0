"""The element in which a block stands in a page; its client runtime finds there what to start."""

from __future__ import annotations

import json

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from web_fragments.fragment import Fragment
from xblock.core import XBlock

from openedx_blockstore_xblock.handlers import handler_names

#: As Django's own ``json_script`` does it: nothing in the text can end the element it stands in.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def wrap(
    block: XBlock, view: str, fragment: Fragment, *, body: str, seen_after_ms: int | None = None
) -> SafeString:
    """Return what a block shows in an element of its own.

    Args:
        body: The fragment's HTML, addresses rewritten.
        seen_after_ms: After how many milliseconds in view the page is to say that the block is
            complete; None not to say so.
    """
    usage = str(block.scope_ids.usage_id)
    data = {"usage": usage, "usage-id": usage, "block-type": block.scope_ids.block_type}
    if block.name:
        data["name"] = block.name
    if seen_after_ms is not None:
        data["seen-url"] = block.runtime.handler_url(block, "publish_completion")
        data["seen-after"] = str(seen_after_ms)
    script = SafeString("")
    if fragment.js_init_fn:
        data["init"] = fragment.js_init_fn
        data["runtime-version"] = str(fragment.js_init_version)
        data["handlers"] = json.dumps(
            {name: block.runtime.handler_url(block, name) for name in handler_names(block)}
        )
        if fragment.json_init_args is not None:
            script = _script(fragment.json_init_args)
    return format_html(
        # Many styles and scripts of blocks are written for the classes that the platform has here.
        '<div class="xblock-v1 xblock-v1-{view} xblock xblock-{view} xmodule_display xmodule_{}"{}>'
        "{}{}</div>",
        getattr(type(block), "unmixed_class", type(block)).__name__,
        format_html_join("", ' data-{}="{}"', data.items()),
        mark_safe(body),  # noqa: S308 - blocks render HTML
        script,
        view=view,
    )


def staff_only_mark() -> SafeString:
    """Return what authors read above a block that is there for them alone."""
    return format_html(
        '<p class="blockstore-staff-only" role="note">{}</p>',
        gettext("Only for staff: learners do not see this."),
    )


def _script(args: object) -> SafeString:
    text = json.dumps(args).translate(_ESCAPES)
    return format_html(
        '<script type="json/xblock-args" class="xblock_json_init_args">{}</script>',
        mark_safe(text),  # noqa: S308 - escaped above
    )
