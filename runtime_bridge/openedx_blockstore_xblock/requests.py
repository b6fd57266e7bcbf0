"""Runtimes for requests: who is asking, and what blocks may tell about what has happened."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from xblock.core import XBlock

from openedx_blockstore.plugin_rest import User, authored_bundles
from openedx_blockstore_xblock.bundles import VisibleDrafts
from openedx_blockstore_xblock.contexts.dispatch import ALL_CONTEXTS
from openedx_blockstore_xblock.editing import EditSession
from openedx_blockstore_xblock.exceptions import HandlerNotFound
from openedx_blockstore_xblock.handlers import HandlerGrant, handler_url
from openedx_blockstore_xblock.preview import Preview, default_preview
from openedx_blockstore_xblock.publishing import publish
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from openedx_blockstore_xblock.surroundings import Surroundings


def block_user(request: HttpRequest, *, is_author: bool = False) -> BlockUser:
    """Return whoever is asking, as blocks see them; a visitor is known by a session."""
    user = request.user
    if user.is_authenticated:
        return _account(user, is_author=is_author)
    if request.session.session_key is None:
        request.session.create()
    return BlockUser(visitor=str(request.session.session_key))


def granted_account(grant: HandlerGrant) -> User:
    """Return the account that an address was made for.

    Raises:
        HandlerNotFound: It is locked or gone.
    """
    if grant.user_id is None:
        return AnonymousUser()
    user = get_user_model()._default_manager.filter(pk=grant.user_id, is_active=True).first()  # noqa: SLF001 - Django's own name
    if user is None:
        raise HandlerNotFound
    return user


def granted_user(grant: HandlerGrant, account: User, *, is_author: bool = False) -> BlockUser:
    """Return whoever an address was made for, as blocks see them."""
    if grant.user_id is None:
        return BlockUser(visitor=grant.visitor)
    return _account(account, is_author=is_author)


def make_runtime(
    user: BlockUser,
    *,
    preview: Preview | None = None,
    author_mode: bool = False,
    editing: EditSession | None = None,
    absolute: Callable[[str], str] = str,
) -> BlockstoreRuntime:
    """Return a runtime for one request.

    Args:
        preview: How mounts are looked at; None for what the process reads (``READS``). Whoever
            calls this has made sure that the user may read them; of drafts only those are shown
            that the user may edit.
        editing: Saves what the user, who has been found to be an author, changes in the preview.
        absolute: Makes addresses of paths; for what is shown on other sites.
    """
    preview = preview or default_preview()
    return BlockstoreRuntime(
        user,
        Surroundings(
            contexts=ALL_CONTEXTS,
            handler_url=lambda *which: absolute(
                handler_url(*which, user=user, preview=preview, editing=editing)
            ),
            resource_url=lambda *which: absolute(_resource_url(*which)),
            publish=partial(publish, user) if preview is None else _publish_nothing,
            author_mode=author_mode,
            preview=preview,
            visible_drafts=see_drafts_of(user.user_id),
            editing=editing,
        ),
    )


def see_drafts_of(user_id: int | None) -> VisibleDrafts:
    """Return what says whose drafts are shown to a user."""
    return partial(visible_drafts, user_id)


def visible_drafts(user_id: int | None, bundle_uuids: Collection[UUID]) -> Collection[UUID]:
    """Return those of some bundles whose drafts a user may see."""
    if user_id is None:
        return ()
    user = get_user_model()._default_manager.filter(pk=user_id).first()  # noqa: SLF001 - Django's own name
    if user is None:
        return ()
    bundles = authored_bundles(user).filter(uuid__in=bundle_uuids)
    return set(bundles.values_list("uuid", flat=True))


def _account(user: User, *, is_author: bool = False) -> BlockUser:
    name = user.get_full_name() if hasattr(user, "get_full_name") else ""
    return BlockUser(
        user_id=user.pk,
        username=user.get_username(),
        full_name=name,
        email=getattr(user, "email", ""),
        is_author=is_author,
    )


def _resource_url(block: XBlock, uri: str) -> str:
    return reverse(
        "openedx_blockstore_xblock:resource",
        kwargs={"block_type": block.scope_ids.block_type, "uri": uri},
    )


def _publish_nothing(_block: XBlock, _kind: str, _data: dict[str, Any]) -> None:
    """What happens in a preview is nobody's grade."""
