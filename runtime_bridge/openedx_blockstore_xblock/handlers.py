"""Addresses of handlers: signed for one visitor, block and handler, and good for a time.

Whoever has such an address acts as the visitor it was made for, as far as that handler goes. It
works without a session, so that blocks can stand in frames that have none.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen
from django.core import signing
from django.urls import reverse
from xblock.core import XBlock

from openedx_blockstore_xblock.editing import EditSession
from openedx_blockstore_xblock.exceptions import HandlerNotFound, InvalidPreview
from openedx_blockstore_xblock.keys import BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.services import BlockUser

_SALT = "openedx_blockstore_xblock.handler"

#: Seconds that an address is good for; longer than anybody looks at one page.
SECONDS = 24 * 3600


@frozen
class HandlerGrant:
    """What an address of a handler is for.

    Attributes:
        preview: The preview in which it acts; None for what lasts.
        base: The digest of the OLX that an author has begun to edit; empty where nobody edits.
    """

    usage_key: BlockstoreUsageKey
    handler: str
    user_id: int | None
    visitor: str
    preview: Preview | None = None
    base: str = ""


def handler_names(block: XBlock) -> list[str]:
    """Return the names of a block's handlers."""
    block_class = type(block)
    return sorted(
        name
        for name in dir(block_class)
        if getattr(getattr(block_class, name, None), "_is_xblock_handler", False)
    )


def handler_url(
    block: XBlock,
    name: str,
    suffix: str = "",
    query: str = "",
    *,
    user: BlockUser,
    preview: Preview | None = None,
    editing: EditSession | None = None,
) -> str:
    """Return the address of a handler for a visitor, who may be looking at a preview, or edit."""
    usage_key = block.scope_ids.usage_id
    base = editing.base(usage_key) if editing is not None else None
    grant = {
        "k": str(usage_key),
        "h": name,
        "u": user.user_id,
        "v": user.visitor,
        **({"p": preview.query} if preview is not None else {}),
        **({"b": base} if base else {}),
    }
    path = reverse(
        "openedx_blockstore_xblock:handler",
        kwargs={"grant": signing.dumps(grant, salt=_SALT, compress=True), "suffix": suffix},
    )
    return f"{path}?{query}" if query else path


def read_handler_grant(text: str) -> HandlerGrant:
    """Return what an address is for.

    Raises:
        HandlerNotFound: It was not made here, or was made too long ago.
    """
    try:
        found: dict[str, Any] = signing.loads(text, salt=_SALT, max_age=SECONDS)
        return HandlerGrant(
            BlockstoreUsageKey.from_string(found["k"]),
            found["h"],
            found["u"],
            found["v"],
            Preview.from_query(found.get("p", {})),
            found.get("b", ""),
        )
    except (signing.BadSignature, ValueError, KeyError, TypeError, InvalidPreview) as error:
        raise HandlerNotFound from error
