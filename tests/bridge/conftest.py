"""Bundles, contexts and users for the tests of the bridge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from codejail import jail_code
from django.contrib.auth import get_user_model
from django.core.cache import cache
from pytest_django import Settings

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock.bundles import VisibleDrafts
from openedx_blockstore_xblock.contexts import GLOBAL_CONTEXT
from openedx_blockstore_xblock.contexts.dispatch import AllContexts
from openedx_blockstore_xblock.editing import EditSession
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from openedx_blockstore_xblock.surroundings import Surroundings
from tests.bridge.jail import jail, set_sandbox

Published = list[tuple[BlockstoreUsageKey, str, dict[str, Any]]]


@pytest.fixture
def make_bundle(db: None) -> Callable[..., UUID]:
    """Make bundles with a first version."""
    collection = api.create_collection("Owls")
    count = 0

    def make(files: Mapping[str, str], links: Mapping[str, LinkTarget] | None = None) -> UUID:
        nonlocal count
        count += 1
        bundle = api.create_bundle(collection.uuid, f"bundle-{count}", f"Bundle {count}")
        # As authors write: an import would be checked, and what is broken would not come in.
        draft = api.get_or_create_bundle_draft(bundle.uuid, "work").uuid
        api.write_draft_files(draft, dict(files))
        for alias, target in (links or {}).items():
            api.set_draft_link(draft, alias, target.bundle_uuid, target.version)
        api.commit_draft(draft)
        return bundle.uuid

    return make


@pytest.fixture
def make_context(db: None) -> Callable[..., BlockstoreContextKey]:
    """Make learning contexts that mount bundles as ``main``."""

    def make(context_id: str, bundle_uuid: UUID, **mount: Any) -> BlockstoreContextKey:
        key = bridge.create_learning_context(context_id).key
        bridge.mount_bundle(key, "main", bundle_uuid, **mount)
        return key

    return make


@pytest.fixture
def published() -> Published:
    """What blocks of this test have published."""
    return []


@pytest.fixture
def make_runtime(published: Published) -> Callable[..., BlockstoreRuntime]:
    """Make runtimes, each as one request has it."""

    def make(
        user: BlockUser | None = None,
        *,
        author_mode: bool = False,
        preview: Preview | None = None,
        visible_drafts: VisibleDrafts = set,
        editing: EditSession | None = None,
    ) -> BlockstoreRuntime:
        return BlockstoreRuntime(
            user or BlockUser(visitor="somebody"),
            Surroundings(
                contexts=AllContexts(),
                handler_url=lambda block, handler, suffix, query: (
                    f"/handler/{block.scope_ids.usage_id}/{handler}/{suffix}?{query}"
                ),
                resource_url=lambda _block, uri: f"/resource/{uri}",
                publish=lambda block, kind, data: published.append(
                    (block.scope_ids.usage_id, kind, data)
                ),
                author_mode=author_mode,
                preview=Preview(draft=editing.draft) if editing is not None else preview,
                editing=editing,
                visible_drafts=visible_drafts,
            ),
        )

    return make


@pytest.fixture
def make_user(db: None) -> Callable[[str], BlockUser]:
    """Make users with an account."""

    def make(username: str) -> BlockUser:
        row = get_user_model().objects.create_user(username)
        return BlockUser(user_id=row.pk, username=username)

    return make


def usage(
    bundle_uuid: UUID,
    path: str,
    *,
    context: BlockstoreContextKey = GLOBAL_CONTEXT,
    block_type: str = "unit",
    **more: Any,
) -> BlockstoreUsageKey:
    """Return the usage of a block, in a bundle that the context mounts."""
    alias = str(bundle_uuid) if context == GLOBAL_CONTEXT else "main"
    return BlockstoreUsageKey(context, block_type, bundle_uuid, path, **{"route": (alias,), **more})


@pytest.fixture(scope="session")
def code_jail() -> Iterator[dict[str, object]]:
    """A jail."""
    with jail() as settings:
        yield settings


@pytest.fixture
def jailed(code_jail: dict[str, object], settings: Settings) -> Iterator[None]:
    """Problems may run programs, in the jail."""
    settings.CODE_JAIL = code_jail
    set_sandbox(settings, on=True)
    limits, cached = dict(jail_code.LIMITS), dict(jail_code.COMMANDS)
    cache.clear()
    yield
    jail_code.COMMANDS.clear()
    jail_code.COMMANDS.update(cached)
    jail_code.LIMITS.update(limits)
