"""Drafts of bundles: what is staged, publishing it, and links to bring up to date."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from opaque_keys import InvalidKeyError

from openedx_blockstore import api
from openedx_blockstore.data import DraftData, LinkTarget
from openedx_blockstore.exceptions import (
    DraftConflict,
    DraftHasNoChangesToCommit,
    Invalid,
    NotFound,
)
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_rest import visible_bundle
from openedx_blockstore_xblock.bundles import BundleStates
from openedx_blockstore_xblock.changes import Differences, differences
from openedx_blockstore_xblock.conf import get_settings
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.requests import see_drafts_of
from openedx_blockstore_xblock.updates import outdated_links
from openedx_blockstore_xblock.views.authoring import draft_url
from openedx_blockstore_xblock.views.base import page, show
from openedx_blockstore_xblock.views.pages import block_url

_KINDS = {"content": "Content", "typo": "Only spelling or looks", "grading": "How it is graded"}
_MAX_VERSION_DIGITS = 10


@frozen
class _Draft:
    """The draft that a page is about, which need not be there.

    Attributes:
        data: What is in it; None where there is none.
        back: The usage from which its author comes.
    """

    bundle: Bundle
    name: str
    data: DraftData | None
    back: BlockstoreUsageKey | None


@page("POST")
def show_draft(request: HttpRequest, bundle: str) -> HttpResponse:
    """Show what is staged in a draft; and publish it."""
    draft = _asked_for(request, bundle)
    conflict = None
    if request.method == "POST":
        try:
            return _publish(request, draft)
        except DraftConflict as error:
            conflict = error
        except DraftHasNoChangesToCommit:
            messages.info(request, "There is nothing to publish.", fail_silently=True)
            return redirect(request.get_full_path())
    return show(
        request,
        "draft.html",
        {
            **_about(draft),
            "title": f"Draft of {draft.bundle.title}",
            "changes": _staged(draft),
            "behind": _behind(draft),
            "conflict": conflict,
            "kinds": _KINDS,
            "given": request.POST,
        },
        status=409 if conflict is not None else 200,
    )


@page("POST")
def show_links(request: HttpRequest, bundle: str) -> HttpResponse:
    """Show the links that newer versions have overtaken; and bring them up to date in the draft."""
    draft = _asked_for(request, bundle)
    contents = api.get_bundle_contents(draft.bundle.uuid, use_draft=draft.name)
    outdated = outdated_links(request.user, contents)
    if request.method == "POST":
        wanted = {each.alias: each.latest_version for each in outdated}
        if alias := request.POST.get("alias"):
            wanted = {alias: _version(request.POST.get("version", ""))}
        return _upgrade(request, draft, contents.links, wanted)
    return show(
        request,
        "links.html",
        {**_about(draft), "title": f"Links of {draft.bundle.title}", "outdated": outdated},
    )


def _asked_for(request: HttpRequest, bundle: str) -> _Draft:
    row = visible_bundle(request.user, bundle, "author")
    # Says whether the name can be one.
    name = Preview(draft=request.GET.get("draft", "").strip() or get_settings().DRAFT).draft
    uuid = api.get_bundle(row.uuid).drafts.get(name)
    data = api.get_draft(uuid) if uuid is not None else None
    return _Draft(row, name, data, _back(request))


def _back(request: HttpRequest) -> BlockstoreUsageKey | None:
    try:
        return BlockstoreUsageKey.from_string(request.GET.get("back", ""))
    except InvalidKeyError:
        return None


def _about(draft: _Draft) -> dict[str, object]:
    back = draft.back
    return {
        "bundle": draft.bundle,
        "draft": draft.name,
        "back": block_url(back, Preview(draft=draft.name)) if back is not None else "",
        "draft_url": draft_url("draft", draft.bundle.uuid, draft.name, back),
        "links_url": draft_url("links", draft.bundle.uuid, draft.name, back),
    }


def _staged(draft: _Draft) -> Differences | None:
    """Return what the draft changes of the version on which it lies."""
    if draft.data is None:
        return None
    base = api.get_bundle_contents(draft.bundle.uuid, draft.data.base_version)
    return differences(base, api.get_bundle_contents(draft.bundle.uuid, use_draft=draft.name))


def _behind(draft: _Draft) -> int | None:
    """Return the latest version, where others have made it since the draft was begun."""
    latest = api.get_bundle(draft.bundle.uuid).latest_version
    return latest if draft.data is not None and draft.data.base_version < latest else None


def _publish(request: HttpRequest, draft: _Draft) -> HttpResponse:
    if draft.data is None:
        raise DraftHasNoChangesToCommit(f"Draft {draft.name!r}")
    version = api.commit_draft(
        draft.data.uuid,
        change_description=request.POST.get("description", "").strip(),
        change_kind=request.POST.get("kind") or "content",  # type: ignore[arg-type]  # it is checked there
        author=request.user.get_username(),
        on_conflict=request.POST.get("on_conflict") or "error",  # type: ignore[arg-type]
    )
    messages.success(
        request,
        f"Published as version {version.version} of {draft.bundle.title}.",
        fail_silently=True,
    )
    return redirect(_after(request, draft))


def _after(request: HttpRequest, draft: _Draft) -> str:
    """Return where to go when something was published.

    That is where learners see it; or, where they do not yet, to the links that lead them there.
    """
    back = draft.back
    if back is None:
        return request.get_full_path()
    states = BundleStates(ALL_CONTEXTS, preview=None, visible_drafts=see_drafts_of(None))
    try:
        way = [contents.bundle_uuid for contents in states.along(back)]
        position = way.index(draft.bundle.uuid)
        if position > 0:
            borrower = visible_bundle(request.user, str(way[position - 1]), "author")
            return draft_url("links", borrower.uuid, draft.name, back)
        if ALL_CONTEXTS.mount(back.context_key, back.route[0]).version is not None:
            return reverse(
                "openedx_blockstore_xblock:context", kwargs={"context": str(back.context_key)}
            )
    except (NotFound, ValueError, PermissionDenied):
        pass
    return block_url(back)


def _upgrade(
    request: HttpRequest,
    draft: _Draft,
    links: Mapping[str, LinkTarget],
    wanted: dict[str, int],
) -> HttpResponse:
    """Stage other versions of what links lead to; publish them if that was asked for."""
    targets: dict[str, LinkTarget | None] = {}
    for alias, version in wanted.items():
        target = links.get(alias)
        if target is None:
            raise Invalid(f"{draft.bundle.title} has no link {alias!r:.80}.")
        visible_bundle(request.user, str(target.bundle_uuid), "reuse")
        targets[alias] = LinkTarget(target.bundle_uuid, version, target.weak)
    data = draft.data or api.get_or_create_bundle_draft(draft.bundle.uuid, draft.name)
    api.change_draft(data.uuid, links=targets)
    names = ", ".join(f"“{alias}” at version {version}" for alias, version in wanted.items())
    if not request.POST.get("publish"):
        messages.success(request, f"In the draft: {names}.", fail_silently=True)
        return redirect(request.get_full_path())
    try:
        made = api.commit_draft(
            data.uuid,
            paths=[f"links/{alias}" for alias in targets],
            change_description=f"Links: {names}",
            author=request.user.get_username(),
        )
    except DraftHasNoChangesToCommit:
        messages.info(request, "There is nothing to publish.", fail_silently=True)
        return redirect(request.get_full_path())
    told = f"Published as version {made.version} of {draft.bundle.title}: {names}."
    messages.success(request, told, fail_silently=True)
    return redirect(_after(request, draft))


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_VERSION_DIGITS):
        raise Invalid(f"{text!r:.80} is not the number of a version.")
    return int(text)
