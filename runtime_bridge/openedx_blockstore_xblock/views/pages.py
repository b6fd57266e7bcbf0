"""Pages: a course's outline, a sequence with its units, and any other block by itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from attrs import frozen
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from xblock.core import XBlock

from openedx_blockstore_xblock.access import check_mount_preview, view_mount
from openedx_blockstore_xblock.icons import TITLES, icon_of
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.pages import main_usage, mounted, read_outline
from openedx_blockstore_xblock.preview import Preview, default_preview
from openedx_blockstore_xblock.requests import block_user, make_runtime
from openedx_blockstore_xblock.views.authoring import author_panel
from openedx_blockstore_xblock.views.base import page, show
from openedx_blockstore_xblock.views.looking import (
    describe,
    look_at,
    looks,
    preview_from_text,
)

_MAX_DIGITS = 6


@frozen
class UnitLink:
    """A unit of a sequence, to be chosen.

    Attributes:
        query: What the address of the sequence has for it.
        address: Of the unit by itself.
        icon: What is in it; see :mod:`..icons`.
    """

    number: int
    title: str
    query: str
    address: str
    icon: str
    current: bool

    @property
    def icon_title(self) -> str:
        """How the picture is read out."""
        return TITLES[self.icon]


@page()
def show_mount(request: HttpRequest, context: str, alias: str) -> HttpResponse:
    """Show a course's outline, or go to the block that a bundle is there for."""
    context_key = BlockstoreContextKey.from_string(context)
    access = view_mount(request.user, context_key, alias)
    if (chosen := _chosen_look(request)) is not None:
        return chosen
    preview = Preview.from_query(request.GET) or default_preview()
    check_mount_preview(request.user, context_key, alias, access, preview)
    contents = mounted(context_key, alias, user_id=request.user.pk, preview=preview)
    outline = read_outline(context_key, alias, contents)
    if outline is None:
        return redirect(block_url(main_usage(context_key, alias, contents), preview))
    bundle_uuid = access.mount.bundle_uuid
    return show(
        request,
        "outline.html",
        {
            "outline": outline,
            "title": outline.title,
            "preview": preview,
            "preview_label": describe(preview),
            "keep": _query(preview),
            "context_key": context_key,
            "bundle_uuid": bundle_uuid,
            "looks": looks(bundle_uuid, bundle_uuid, preview) if access.is_author else [],
        },
    )


@page()
def show_block(request: HttpRequest, usage: str) -> HttpResponse:
    """Show a block; of a sequence one unit, with the way to the others.

    With ``frame`` in the address it is for a frame of our own pages, without what is around it.
    """
    usage_key = BlockstoreUsageKey.from_string(usage)
    if (chosen := _chosen_look(request)) is not None:
        return chosen
    access, preview = look_at(request, usage_key)
    user = block_user(request, is_author=access.is_author)
    runtime = make_runtime(user, preview=preview, author_mode=access.is_author)
    block = runtime.get_block(usage_key)
    unit, units = _chosen_unit(request, block, preview)
    view = "public_view" if user.is_anonymous else "student_view"
    fragment = runtime.render(unit, view, {})
    in_frame = "frame" in request.GET
    answer = show(
        request,
        "block.html",
        {
            "title": block.display_name_with_default,
            "unit_title": unit.display_name_with_default if unit is not block else "",
            "unit_url": block_url(unit.scope_ids.usage_id, preview) if unit is not block else "",
            "icon": icon_of(unit),
            "due": unit.due,
            "fragment": fragment,
            "units": units,
            **_neighbours(units),
            "up": mount_url(usage_key, preview),
            "in_frame": in_frame,
            "preview": preview,
            "preview_label": describe(preview),
            "panel": author_panel(runtime, block, unit, access.mount, number=_number(request))
            if access.is_author and not in_frame
            else None,
        },
    )
    return xframe_options_sameorigin(lambda _request: answer)(request) if in_frame else answer


def block_url(usage_key: BlockstoreUsageKey, preview: Preview | None = None) -> str:
    """Return the address of a block's page."""
    path = reverse("openedx_blockstore_xblock:block", kwargs={"usage": str(usage_key)})
    return f"{path}?{_query(preview)}" if preview is not None else path


def mount_url(usage_key: BlockstoreUsageKey, preview: Preview | None = None) -> str:
    """Return the address of the page of what is mounted, where a usage is."""
    path = reverse(
        "openedx_blockstore_xblock:mount",
        kwargs={"context": str(usage_key.context_key), "alias": usage_key.route[0]},
    )
    return f"{path}?{_query(preview)}" if preview is not None else path


def _query(preview: Preview | None) -> str:
    return urlencode(preview.query) if preview is not None else ""


def _chosen_look(request: HttpRequest) -> HttpResponse | None:
    """Go to the address of what was chosen in a form, if something was."""
    if "look" not in request.GET:
        return None
    preview = preview_from_text(request.GET["look"])
    unit = {"unit": request.GET["unit"]} if "unit" in request.GET else {}
    return redirect(f"{request.path}?{urlencode({**unit, **preview.query})}")


def _chosen_unit(
    request: HttpRequest, block: XBlock, preview: Preview | None
) -> tuple[XBlock, list[UnitLink]]:
    """Return what of a block is to be shown, and the units to choose from."""
    if block.scope_ids.block_type != "sequential" or not block.children:
        return block, []
    units = block.get_children()
    current = min(max(_number(request), 1), len(units))
    kept = preview.query if preview is not None else {}
    return units[current - 1], [
        UnitLink(
            number,
            unit.display_name_with_default,
            urlencode({"unit": number, **kept}),
            block_url(unit.scope_ids.usage_id, preview),
            icon_of(unit),
            number == current,
        )
        for number, unit in enumerate(units, start=1)
    ]


def _number(request: HttpRequest) -> int:
    wanted = request.GET.get("unit", "1")
    is_number = wanted.isascii() and wanted.isdigit() and len(wanted) < _MAX_DIGITS
    return int(wanted) if is_number else 1


def _neighbours(units: list[UnitLink]) -> dict[str, UnitLink | None]:
    current = next((each.number for each in units if each.current), None)
    by_number: dict[Any, UnitLink] = {each.number: each for each in units}
    if current is None:
        return {"previous": None, "next": None}
    return {"previous": by_number.get(current - 1), "next": by_number.get(current + 1)}
