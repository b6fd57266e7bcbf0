"""What pages show to authors beside the content: other states, drafts, and ways to change it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from attrs import frozen
from django.urls import NoReverseMatch, reverse
from xblock.core import XBlock

from openedx_blockstore_xblock.conf import get_settings
from openedx_blockstore_xblock.data import MountData
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.views.looking import Look, looks


@frozen
class EditLink:
    """A block that can be edited."""

    title: str
    block_type: str
    address: str


@frozen
class AuthorPanel:
    """What an author is offered on a page.

    Attributes:
        draft: The draft in which changes are made.
        edits: The blocks that are shown.
        drafts: The drafts with changes that show here: a title, and the address of each.
    """

    looks: list[Look]
    left: str
    right: str
    compare_url: str
    unit: int
    draft: str
    edits: list[EditLink]
    drafts: list[tuple[str, str]]
    draft_url: str
    links_url: str
    context_url: str


def author_panel(
    runtime: BlockstoreRuntime, block: XBlock, unit: XBlock, mount: MountData, *, number: int
) -> AuthorPanel:
    """Return what the author of a block is offered on its page.

    Args:
        unit: What of the block is shown.
        number: The number of the unit.
    """
    key: BlockstoreUsageKey = block.scope_ids.usage_id
    preview = runtime.preview
    draft = (preview.draft if preview is not None else "") or mount.draft or get_settings().DRAFT
    offered = looks(mount.bundle_uuid, key.bundle_uuid, preview)
    return AuthorPanel(
        looks=offered,
        left=urlencode(Preview().query),
        right=_other(offered, preview),
        compare_url=_reverse("compare", usage=str(key)),
        unit=number,
        draft=draft,
        edits=_edits(unit, draft),
        drafts=[
            (contents.title, draft_url("draft", contents.bundle_uuid, draft, key))
            for contents in runtime.drafts_shown()
            if contents.bundle_uuid is not None
        ],
        draft_url=draft_url("draft", key.bundle_uuid, draft, key),
        links_url=draft_url("links", key.bundle_uuid, draft, key),
        context_url=_reverse("context", context=str(key.context_key)),
    )


def draft_url(
    page: str, bundle_uuid: UUID, draft: str, back: BlockstoreUsageKey | None = None
) -> str:
    """Return the address of a page about a bundle's draft.

    Args:
        back: Where its author comes from.
    """
    query = {"draft": draft, **({"back": str(back)} if back is not None else {})}
    return f"{_reverse(page, bundle=str(bundle_uuid))}?{urlencode(query)}"


def _other(offered: list[Look], preview: Preview | None) -> str:
    """Return what is best compared with what learners see."""
    if preview is not None and preview != Preview():
        return urlencode(preview.query)
    drafts = [look.query for look in offered if look.query.startswith("draft=")]
    return drafts[0] if drafts else urlencode(Preview(latest=True).query)


def _edits(unit: XBlock, draft: str) -> list[EditLink]:
    blocks = [unit, *unit.get_children()] if unit.has_children else [unit]
    return [
        EditLink(
            block.display_name_with_default,
            block.scope_ids.block_type,
            f"{address}?{urlencode({'draft': draft})}",
        )
        for block in blocks
        if (address := edit_url(block.scope_ids.usage_id)) is not None
    ]


def edit_url(usage_key: BlockstoreUsageKey) -> str | None:
    """Return where a block is edited; None where nothing edits."""
    try:
        return _reverse("edit", usage=str(usage_key))
    except NoReverseMatch:
        return None


def _reverse(name: str, **kwargs: Any) -> str:
    return reverse(f"openedx_blockstore_xblock:{name}", kwargs=kwargs)
