"""Pages: a course's outline, a sequence with its units, and any other block by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from opaque_keys import InvalidKeyError
from xblock.core import XBlock

from openedx_blockstore.exceptions import NotFound
from openedx_blockstore_xblock.access import view_mount, view_usage
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.pages import main_usage, mounted, read_outline
from openedx_blockstore_xblock.requests import block_user, make_runtime

Page = Callable[..., HttpResponse]


def _page(view: Page) -> Page:
    """Answer what is not there, or not to be seen, alike; and let people log in first."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except (NotFound, InvalidKeyError) as error:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            raise Http404(str(error)) from error

    return answer


@_page
def show_mount(request: HttpRequest, context: str, alias: str) -> HttpResponse:
    """Show a course's outline, or go to the block that a bundle is there for."""
    context_key = BlockstoreContextKey.from_string(context)
    view_mount(request.user, context_key, alias)
    contents = mounted(context_key, alias)
    outline = read_outline(context_key, alias, contents)
    if outline is None:
        return redirect(_block_url(main_usage(context_key, alias, contents)))
    return render(
        request,
        "openedx_blockstore_xblock/outline.html",
        {"outline": outline, "title": outline.title},
    )


@_page
def show_block(request: HttpRequest, usage: str) -> HttpResponse:
    """Show a block; of a sequence one unit, with the way to the others."""
    usage_key = BlockstoreUsageKey.from_string(usage)
    alias = usage_key.route[0]
    is_author = view_usage(request.user, usage_key).is_author
    user = block_user(request, is_author=is_author)
    runtime = make_runtime(user, author_mode=is_author)
    block = runtime.get_block(usage_key)
    shown, units = _chosen_unit(request, block)
    view = "public_view" if user.is_anonymous else "student_view"
    return render(
        request,
        "openedx_blockstore_xblock/block.html",
        {
            "title": block.display_name_with_default,
            "unit_title": shown.display_name_with_default if shown is not block else "",
            "fragment": runtime.render(shown, view, {}),
            "units": units,
            "up": reverse(
                "openedx_blockstore_xblock:mount",
                kwargs={"context": str(usage_key.context_key), "alias": alias},
            ),
            **_neighbours(units),
        },
    )


def _chosen_unit(request: HttpRequest, block: XBlock) -> tuple[XBlock, list[dict[str, Any]]]:
    """Return what of a block is to be shown, and the units to choose from."""
    if block.scope_ids.block_type != "sequential" or not block.children:
        return block, []
    units = block.get_children()
    wanted = request.GET.get("unit", "1")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 1  # noqa: PLR2004
    number = min(max(number, 1), len(units))
    return units[number - 1], [
        {
            "number": position,
            "title": unit.display_name_with_default,
            "current": position == number,
        }
        for position, unit in enumerate(units, start=1)
    ]


def _neighbours(units: list[dict[str, Any]]) -> dict[str, Any]:
    current = next((each["number"] for each in units if each["current"]), None)
    if current is None:
        return {"previous": None, "next": None}
    return {
        "previous": current - 1 if current > 1 else None,
        "next": current + 1 if current < len(units) else None,
    }


def _block_url(usage_key: BlockstoreUsageKey) -> str:
    return reverse("openedx_blockstore_xblock:block", kwargs={"usage": str(usage_key)})
