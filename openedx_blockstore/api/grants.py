"""Grants: addresses that let whoever has them read some files for a while, without a login.

A grant is a signed text in the path of a URL, in front of the path of the file, so that relative
references in what is served lead to the other files of the same version. It says which version it
is for, and until when; nothing is stored. Whoever gives one away has made sure of the permission.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from openedx_blockstore.api._draft_views import find_draft
from openedx_blockstore.api._lookup import require_version
from openedx_blockstore.api._values import is_positive
from openedx_blockstore.conf import content_root_url, get_settings, public_root_url
from openedx_blockstore.data import GrantData
from openedx_blockstore.exceptions import GrantNotFound, Invalid

Scope = Literal["static", "preview", "read"]

_SIGNER_SALT = "openedx_blockstore.grant"
_SCOPES: dict[str, Scope] = {"s": "static", "p": "preview", "r": "read"}

# Grants made within the same fraction of their life are equal, so that browsers can keep what they
# have fetched. They are good for up to that fraction longer than was asked for.
_ROUNDING = 8


def grant_static_access(
    bundle_uuid: UUID | str,
    version_number: int,
    *,
    expires_in: int | None = None,
    user_id: int | None = None,
) -> str:
    """Return a base URL under which a browser may read a version's static files for a while.

    A file's path follows the base: ``base + "static/cat.png"``. There are the files that lie in a
    folder ``static``, at any depth, and the public ones; those of linked versions as well, as
    ``links/{alias}/…``. There is no OLX, which holds the answers.

    Args:
        expires_in: Seconds, at least; None for the setting ``GRANT_SECONDS``.
        user_id: The key of the user it is for. The URL works for nobody once that user is locked
            out or deleted, but is not tied to a session: pages of authors are cut off from it.

    Returns:
        An absolute URL that ends with a slash, on the domain for content if there is one.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleVersionNotFound: It has no such version.
        Invalid: It is to expire before it begins.
    """
    version = require_version(bundle_uuid, version_number)
    payload = {"b": version.bundle.uuid.hex, "v": version.version_num}
    return grant_url(_sign(payload, "s", expires_in, user_id))


def grant_static_draft_access(
    draft_uuid: UUID | str, *, expires_in: int | None = None, user_id: int | None = None
) -> str:
    """Return a base URL as :func:`grant_static_access` does, for the files that a draft shows.

    Raises:
        DraftNotFound: There is no such draft.
        Invalid: It is to expire before it begins.
    """
    state = find_draft(draft_uuid)
    return grant_url(_sign({"d": state.row.uuid.hex}, "s", expires_in, user_id))


def grant_preview(
    *,
    user_id: int,
    bundle_uuid: UUID | None = None,
    version_number: int | None = None,
    draft_uuid: UUID | None = None,
    with_olx: bool = False,
) -> str:
    """Return a base URL for the files of a version or a draft that a user is looking at.

    It lets a page that is cut off from the site, and so from the user's session, load the files
    beside it; no OLX either, unless it is for a program of the user's that fetches without logging
    in (``with_olx``). Each request is checked against what the user may read at that moment.
    """
    if draft_uuid is not None:
        payload: dict[str, Any] = {"d": draft_uuid.hex}
    elif bundle_uuid is not None:
        payload = {"b": bundle_uuid.hex, "v": version_number}
    else:
        raise Invalid("A preview is of a version or of a draft.")
    return grant_url(_sign(payload, "r" if with_olx else "p", None, user_id))


def read_grant(text: str) -> GrantData:
    """Return what a grant is for.

    Raises:
        GrantNotFound: It was not made here, or has expired.
    """
    try:
        payload = Signer(salt=_SIGNER_SALT).unsign_object(text)
    except (BadSignature, ValueError) as error:
        raise GrantNotFound from error
    if payload["e"] <= time.time():
        raise GrantNotFound
    return GrantData(
        bundle_uuid=UUID(payload["b"]) if "b" in payload else None,
        version=payload.get("v"),
        draft_uuid=UUID(payload["d"]) if "d" in payload else None,
        scope=_SCOPES[payload["s"]],
        user_id=payload.get("u"),
        expires_at=datetime.fromtimestamp(payload["e"], UTC),
    )


def grant_url(text: str) -> str:
    """Return the base URL that a grant is the essential part of."""
    path = reverse("openedx_blockstore:granted-file", kwargs={"grant": text, "path": "x"})
    return (content_root_url() or public_root_url()) + path.removesuffix("x")


def _sign(payload: dict[str, Any], scope: str, expires_in: Any, user_id: Any) -> str:
    seconds = get_settings().GRANT_SECONDS if expires_in is None else expires_in
    if not is_positive(seconds):
        raise Invalid(f"A grant must be good for a second at least, not for {seconds!r:.80}.")
    if not isinstance(user_id, (int, str, type(None))):
        raise Invalid(f"{user_id!r:.80} is not the key of a user.")
    step = max(1, seconds // _ROUNDING)
    expires = -(-int(time.time() + seconds) // step) * step
    user = {"u": user_id} if user_id is not None else {}
    return Signer(salt=_SIGNER_SALT).sign_object({**payload, "s": scope, "e": expires, **user})
