"""The library's list of how many tags things have: of ours, it tells what one may see.

The library asks nobody for permission there, and takes names that end in ``*``. Nothing but its
view knows who asks, so it is there that the answer is looked through.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

from openedx_tagging.rest_api.v1.views import ObjectTagCountsView
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.plugin_rest import User, readable_bundles, readable_collections
from openedx_blockstore_tagging.models import BundleTag, CollectionTag
from openedx_blockstore_tagging.object_ids import PREFIX

_BATCH = 500


def look_through() -> None:
    """Let the library's view leave out what a caller may not see."""
    retrieve = ObjectTagCountsView.retrieve
    if not hasattr(retrieve, "__wrapped__"):
        ObjectTagCountsView.retrieve = _without_hidden(retrieve)  # type: ignore[method-assign]


def _without_hidden(retrieve: Callable[..., Response]) -> Callable[..., Response]:
    @functools.wraps(retrieve)
    def answer(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = retrieve(self, request, *args, **kwargs)
        ours = [name for name in response.data if name.startswith(PREFIX)]
        for name in set(ours) - visible_names(request.user, ours):
            del response.data[name]
        return response

    return answer


def visible_names(user: User, object_ids: Collection[str]) -> set[str]:
    """Return those of some names of ours under which a user may see the tags."""
    wanted = sorted(object_ids)
    found: set[str] = set()
    for start in range(0, len(wanted), _BATCH):
        named = {"object_tag__object_id__in": wanted[start : start + _BATCH]}
        bundles = readable_bundles(user).filter(deleted_at=None)
        collections = readable_collections(user)
        for rows in (
            BundleTag.objects.filter(bundle__in=bundles, **named),
            CollectionTag.objects.filter(collection__in=collections, **named),
        ):
            found.update(rows.values_list("object_tag__object_id", flat=True))
    return found
