"""Two states of a unit, a sequence or any other block, side by side."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from attrs import frozen
from django.http import HttpRequest, HttpResponse

from openedx_blockstore.exceptions import NotFound
from openedx_blockstore_xblock.access import check_preview, view_usage
from openedx_blockstore_xblock.bundles import BundleStates
from openedx_blockstore_xblock.changes import Differences, differences
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.requests import see_drafts_of
from openedx_blockstore_xblock.views.base import page, show
from openedx_blockstore_xblock.views.looking import (
    Look,
    describe,
    looks,
    preview_from_text,
)
from openedx_blockstore_xblock.views.pages import block_url


@frozen
class Side:
    """One of two states.

    Attributes:
        name: Of its parameter in the address.
        frame: The address of the page that stands in its frame.
    """

    name: str
    label: str
    looks: list[Look]
    frame: str
    alone: str


@page()
def compare(request: HttpRequest, usage: str) -> HttpResponse:
    """Show two states of a block, each in a frame of its own, so that the scripts of both work.

    In each, answers are kept for themselves; those of learners stay as they are.
    """
    usage_key = BlockstoreUsageKey.from_string(usage)
    access = view_usage(request.user, usage_key)
    previews = {
        "left": preview_from_text(request.GET.get("left", "")),
        "right": preview_from_text(request.GET.get("right", urlencode(Preview(latest=True).query))),
    }
    for preview in previews.values():
        check_preview(request.user, usage_key, access, preview)
    mounted = access.mount.bundle_uuid
    sides = []
    for name, preview in previews.items():
        unit = {"unit": request.GET["unit"]} if "unit" in request.GET else {}
        alone = f"{block_url(usage_key)}?{urlencode({**unit, **preview.query})}"
        offered = looks(mounted, usage_key.bundle_uuid, preview, is_author=access.is_author)
        sides.append(Side(name, describe(preview), offered, f"{alone}&frame=1", alone))
    return show(
        request,
        "compare.html",
        {
            "title": "Compare",
            "sides": sides,
            "unit": request.GET.get("unit", ""),
            "back": block_url(usage_key, previews["right"]),
            "differences": _differences(request, usage_key, previews) if access.is_author else None,
            "is_author": access.is_author,
        },
    )


def _differences(
    request: HttpRequest, usage_key: BlockstoreUsageKey, previews: dict[str, Preview]
) -> Differences | None:
    """Return how the files of the block's bundle differ; None where one side does not have it."""
    found: list[Any] = []
    for preview in previews.values():
        states = BundleStates(
            ALL_CONTEXTS, preview=preview, visible_drafts=see_drafts_of(request.user.pk)
        )
        try:
            found.append(states.of(usage_key))
        except NotFound:
            return None
    return differences(*found)
