"""The page on which authors edit a block: in its own editor, where it has one, and as OLX."""

from __future__ import annotations

import logging
from typing import Any

from attrs import frozen
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from web_fragments.fragment import Fragment

from openedx_blockstore.exceptions import BlockstoreError, Conflict, Invalid
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_rest import visible_bundle
from openedx_blockstore_xblock.api import save_fields, set_block_olx
from openedx_blockstore_xblock.conf import get_settings
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.data import BlockOlx
from openedx_blockstore_xblock.editing import EditSession, StoredBlock, read_draft_block
from openedx_blockstore_xblock.exceptions import BadOlx, EditConflict
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.requests import block_user, make_runtime
from openedx_blockstore_xblock.views.authoring import draft_url
from openedx_blockstore_xblock.views.base import page, show
from openedx_blockstore_xblock.views.pages import block_url

log = logging.getLogger(__name__)

#: Blocks whose one text is HTML, which is edited beside what it looks like.
_HTML = ("html",)


@frozen
class _Form:
    """What stands in a form that was not saved.

    Attributes:
        editor: Which of the page's forms it is.
        error: Why not.
    """

    editor: str
    text: str
    title: str
    base: str
    error: BlockstoreError

    @property
    def conflict(self) -> EditConflict | None:
        """What others have made of the block in the meantime."""
        return self.error if isinstance(self.error, EditConflict) else None

    @property
    def line(self) -> int | None:
        """Where it is wrong."""
        return self.error.line if isinstance(self.error, BadOlx) else None


@page("POST")
def edit_block(request: HttpRequest, usage: str) -> HttpResponse:
    """Show a block's editors; and save what was written in one of our own."""
    asked_for = BlockstoreUsageKey.from_string(usage)
    bundle = visible_bundle(request.user, str(asked_for.bundle_uuid), "author")
    # Says whether the name can be one.
    name = request.GET.get("draft", "").strip() or get_settings().DRAFT
    preview = Preview(draft=name)
    form = None
    if request.method == "POST":
        form = _save(asked_for, preview, request.POST)
        if form is None:
            messages.success(request, f"Saved to the draft “{name}”.", fail_silently=True)
            return redirect(request.get_full_path())
    return _show(request, asked_for, bundle, preview, form)


def _save(usage_key: BlockstoreUsageKey, preview: Preview, given: QueryDict) -> _Form | None:
    """Save a form; return what stood in it if that could not be."""
    editor, base = given.get("editor", ""), given.get("base", "")
    now = read_draft_block(usage_key, preview.draft)
    text, title = given.get("text", ""), given.get("title", "")
    try:
        if editor == "html":
            fields: dict[str, Any] = {"data": _as_written(text, _data(now))}
            if title:
                fields["display_name"] = title
            save_fields(usage_key, fields, draft=preview.draft, base=base or None)
        else:
            olx = _as_written(text, now.olx)
            set_block_olx(usage_key, olx, draft=preview.draft, base=base or None)
    except (Conflict, Invalid) as error:
        shown = error.digest if isinstance(error, EditConflict) else base
        return _Form(editor, text, title, shown, error)
    return None


def _as_written(text: str, old: str) -> str:
    """Return a text of a form as it was before the browser, which ends lines in its own way."""
    plain = text.replace("\r\n", "\n")
    if plain == old.replace("\r\n", "\n"):
        return old
    return text if "\r\n" in old else plain


def _show(
    request: HttpRequest,
    usage_key: BlockstoreUsageKey,
    bundle: Bundle,
    preview: Preview,
    form: _Form | None,
) -> HttpResponse:
    now = read_draft_block(usage_key, preview.draft)
    value = now.value
    title, fragment = _own_editor(request, usage_key, preview, value)
    is_html = usage_key.block_type in _HTML and now.element is not None
    return show(
        request,
        "edit.html",
        {
            "title": f"Edit {title}",
            "block_type": usage_key.block_type,
            "bundle": bundle,
            "draft": preview.draft,
            "olx": value.olx,
            "base": value.digest,
            "body_file": now.body_file,
            "fragment": fragment,
            "html": _html(now) if is_html else None,
            "form": form,
            "preview_url": block_url(usage_key, preview),
            "draft_url": draft_url("draft", bundle.uuid, preview.draft, usage_key),
        },
        status=_status(form),
    )


def _status(form: _Form | None) -> int:
    if form is None:
        return 200
    return 409 if isinstance(form.error, Conflict) else 422


def _data(now: StoredBlock) -> str:
    try:
        _document, _element, _class, parsed = now.parse()
    except BadOlx:
        return ""
    return str(parsed.values().get("data") or "")


def _html(now: StoredBlock) -> dict[str, str] | None:
    """Return what is edited of an HTML block."""
    try:
        _document, _element, _class, parsed = now.parse()
    except BadOlx:
        return None
    values = parsed.values()
    return {"text": values.get("data") or "", "title": values.get("display_name") or ""}


def _own_editor(
    request: HttpRequest, usage_key: BlockstoreUsageKey, preview: Preview, value: BlockOlx
) -> tuple[str, Fragment | None]:
    """Return a block's title, and what it shows to be edited; None where it can not do that here.

    It is shown where it is written, in its own bundle, wherever somebody has come across it.
    """
    own = BlockstoreUsageKey(
        GLOBAL_CONTEXT,
        usage_key.block_type,
        usage_key.bundle_uuid,
        usage_key.path,
        usage_key.inner_id,
        route=(str(usage_key.bundle_uuid),),
    )
    runtime = make_runtime(
        block_user(request, is_author=True),
        preview=preview,
        author_mode=True,
        editing=EditSession(preview.draft, {own: value.digest}),
    )
    block = runtime.get_block(own)
    title = block.display_name_with_default
    if not hasattr(block, "studio_view"):
        return title, None
    try:
        return title, runtime.render(block, "studio_view", {})
    except Exception as error:  # noqa: BLE001 - another package's code, written for Studio
        log.info("%s can not be edited in its own editor here: %s", usage_key, error)
        return title, None
