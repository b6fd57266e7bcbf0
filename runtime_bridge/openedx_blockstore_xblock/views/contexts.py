"""Where to begin: the courses and learning contexts there are, and what a context mounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore.plugin_rest import User, readable_bundles, visible_bundle
from openedx_blockstore_xblock.access import administer_context, sees_context
from openedx_blockstore_xblock.api import (
    get_mount_updates,
    mount_bundle,
)
from openedx_blockstore_xblock.changes import Differences, differences
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.contexts.rows import contexts_data
from openedx_blockstore_xblock.data import LearningContextData, MountData
from openedx_blockstore_xblock.exceptions import InvalidContext, LearningContextNotFound
from openedx_blockstore_xblock.keys import BlockstoreContextKey
from openedx_blockstore_xblock.rest_api.contexts import visible_rows
from openedx_blockstore_xblock.views.base import page, show

#: What is listed on one page.
_PAGE = 100

_MAX_VERSION = 2**31 - 1


@frozen
class MountRow:
    """A mount, as a page shows it.

    Attributes:
        title: The bundle's.
        latest_version: The bundle's newest one; 0 for none.
        may_see: Whoever is asking may open it.
        changes: What the latest version changes where the mount is pinned to an older one.
    """

    mount: MountData
    title: str
    latest_version: int
    may_see: bool
    changes: Differences | None = None

    @property
    def is_outdated(self) -> bool:
        """Whether it is pinned, and there is a newer version."""
        return self.mount.version is not None and self.latest_version > self.mount.version


@page()
def show_courses(request: HttpRequest) -> HttpResponse:
    """List the courses and the learning contexts that whoever is asking may see."""
    if not request.user.is_authenticated:
        raise LearningContextNotFound(GLOBAL_CONTEXT)
    courses = readable_bundles(request.user).filter(type="course", deleted_at=None).order_by("pk")
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < len(str(_MAX_VERSION)):
        courses = courses.filter(pk__gt=int(after))
    found = list(courses[: _PAGE + 1])
    return show(
        request,
        "courses.html",
        {
            "title": "Courses",
            "courses": found[:_PAGE],
            "after": found[_PAGE - 1].pk if len(found) > _PAGE else None,
            "context_key": GLOBAL_CONTEXT,
            "contexts": _visible_contexts(request.user),
        },
    )


def _visible_contexts(user: User) -> list[LearningContextData]:
    return contexts_data(visible_rows(user).order_by("context_id")[:_PAGE])


@page("POST")
def show_context(request: HttpRequest, context: str) -> HttpResponse:
    """Show what a learning context mounts, and let those who may change it."""
    context_key = BlockstoreContextKey.from_string(context)
    if not sees_context(request.user, context_key):
        raise LearningContextNotFound(context_key)
    if context_key == GLOBAL_CONTEXT:
        return redirect("openedx_blockstore_xblock:courses")
    if request.method == "POST":
        administer_context(request.user, context_key)
        _change_mount(request, context_key)
        return redirect(request.path)
    found = ALL_CONTEXTS.describe(context_key)
    may_change = not context_key.kind and ALL_CONTEXTS.may_administer(request.user, context_key)
    visible = ALL_CONTEXTS.visible_mounts(request.user, context_key)
    changes = _changes(request.user, context_key) if may_change else {}
    return show(
        request,
        "context.html",
        {
            "title": found.title or str(context_key),
            "context_key": context_key,
            "mounts": _rows(found.mounts if may_change else visible, visible, changes),
            "may_change": may_change,
        },
    )


def _rows(
    mounts: tuple[MountData, ...],
    visible: tuple[MountData, ...],
    changes: Mapping[str, Differences],
) -> list[MountRow]:
    bundles = {
        each.uuid: each for each in api.get_bundles(uuids=[mount.bundle_uuid for mount in mounts])
    }
    rows = []
    for mount in mounts:
        bundle = bundles.get(mount.bundle_uuid)
        may_see = mount in visible
        rows.append(
            MountRow(
                mount,
                bundle.title if bundle is not None and may_see else mount.alias,
                bundle.latest_version if bundle is not None else 0,
                may_see,
                changes.get(mount.alias),
            )
        )
    return rows


def _changes(user: User, context_key: BlockstoreContextKey) -> dict[str, Differences]:
    """Return what the latest versions change where mounts are pinned, as far as one may see it."""
    updates = get_mount_updates(context_key)[:_PAGE]
    readable = readable_bundles(user).filter(uuid__in=[each.mount.bundle_uuid for each in updates])
    visible = set(readable.values_list("uuid", flat=True))
    pairs = {
        update.mount.alias: (
            LinkTarget(update.mount.bundle_uuid, update.mount.version),
            LinkTarget(update.mount.bundle_uuid, update.latest_version),
        )
        for update in updates
        if update.mount.version is not None and update.mount.bundle_uuid in visible
    }
    found = api.get_many_contents([target for pair in pairs.values() for target in pair])
    return {
        alias: differences(found[before], found[after])
        for alias, (before, after) in pairs.items()
        if before in found and after in found
    }


def _change_mount(request: HttpRequest, context_key: BlockstoreContextKey) -> None:
    """Pin a mount to a version, or let it follow the latest one."""
    alias = request.POST.get("alias", "")
    mount = ALL_CONTEXTS.mount(context_key, alias)
    visible_bundle(request.user, str(mount.bundle_uuid), "reuse")
    version = _version(request) if request.POST.get("action") != "follow" else None
    mount_bundle(context_key, alias, mount.bundle_uuid, version=version)
    told = "follows the latest version now" if version is None else f"is at version {version} now"
    messages.success(request, f"“{alias}” {told}.", fail_silently=True)


def _version(request: HttpRequest) -> int:
    text: Any = request.POST.get("version", "")
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= len(str(_MAX_VERSION))):
        raise InvalidContext(f"{text!r:.80} is not the number of a version.")
    return int(text)
