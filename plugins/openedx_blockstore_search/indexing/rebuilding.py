"""Fills a new generation from the store, while searches and indexing go on in the current one.

Bundles are gone through in the order of their keys; after each few, a row says how far it is, so
that a rebuild which was ended can go on. What is indexed meanwhile is written to both generations.
At the end searches look in the new one, in one step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen

from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_api.search_backends import SearchBackend
from openedx_blockstore_search.exceptions import RebuildRunning
from openedx_blockstore_search.indexing.engines import (
    change_state,
    find_targets,
    get_state,
    new_generation,
)
from openedx_blockstore_search.indexing.syncing import IndexConflict, Syncer, sync_bundles
from openedx_blockstore_search.indexing.tagging import retag_bundles
from openedx_blockstore_search.models import IndexState

#: Called with bundles done, bundles in all, and what was done.
Progress = Callable[[int, int, str], None]

_PAGE = 50
_ATTEMPTS = 4


@frozen
class Rebuilt:
    """What a rebuild did.

    Attributes:
        resumed: It went on with one that had not ended.
        bundles: How many bundles are in the index now.
        documents: How many documents.
    """

    engine: str
    generation: str
    resumed: bool
    bundles: int
    documents: int


def rebuild(
    engine: SearchBackend,
    *,
    resume: bool = False,
    restart: bool = False,
    progress: Progress = lambda _done, _total, _what: None,
) -> Rebuilt:
    """Make the index anew.

    Args:
        resume: Go on with a rebuild that has not ended, if there is one.
        restart: Give up a rebuild that has not ended, if there is one.

    Raises:
        RebuildRunning: One has not ended, and neither of the two was said.
        SearchUnavailable: The engine does not answer; it can be resumed later.
    """
    state = get_state(engine)
    resumed = _begin(engine, state, resume=resume, restart=restart)
    state.refresh_from_db()
    while bundles := list(
        Bundle.objects.filter(pk__gt=state.checkpoint, deleted_at=None)
        .select_related("collection")
        .order_by("pk")[:_PAGE]
    ):
        _fill(engine, state.building, bundles)
        state.checkpoint = bundles[-1].pk
        state.bundles_done += len(bundles)
        state.bundles_total = max(state.bundles_total, state.bundles_done)
        # Only these columns: others may have changed.
        state.save(update_fields=["checkpoint", "bundles_done", "bundles_total"])
        progress(state.bundles_done, state.bundles_total, bundles[-1].title)
    return _end(engine, state, resumed=resumed)


def _begin(engine: SearchBackend, state: IndexState, *, resume: bool, restart: bool) -> bool:
    known = {each.name for each in engine.generations()}
    if state.building:
        if resume and state.building in known:
            return True
        if not resume and not restart:
            raise RebuildRunning(engine.name, state.building)
        engine.drop(state.building)
    generation = new_generation()
    engine.create(generation)
    if engine.current() is None:
        # There is nothing to search in, and nothing to go on with until there is.
        empty = f"{generation}e"
        engine.create(empty)
        engine.swap(empty)
    change_state(
        state,
        current=engine.current() or "",
        building=generation,
        checkpoint=0,
        bundles_done=0,
        bundles_total=Bundle.objects.filter(deleted_at=None).count(),
        rebuild_started_at=datetime.now(UTC),
    )
    return False


def _fill(engine: SearchBackend, generation: str, bundles: list[Bundle]) -> None:
    """Write all documents of some bundles to the new generation."""
    # Up to now in both, so that what follows is the same for the two.
    sync_bundles(engine, [bundle.uuid for bundle in bundles])
    left = bundles
    for _attempt in range(_ATTEMPTS):
        left = Syncer(find_targets(engine), only=generation).sync(left)
        if not left:
            break
        left = list(
            Bundle.objects.filter(pk__in=[bundle.pk for bundle in left]).select_related(
                "collection"
            )
        )
    else:
        raise IndexConflict(len(left))
    retag_bundles(engine, [bundle.uuid for bundle in bundles])


def _end(engine: SearchBackend, state: IndexState, *, resumed: bool) -> Rebuilt:
    generation = state.building
    engine.refresh(generation)
    engine.swap(generation)
    now = datetime.now(UTC)
    change_state(state, current=generation, building="", checkpoint=0, rebuilt_at=now)
    for each in engine.generations():
        if each.name != generation:
            engine.drop(each.name)
    return Rebuilt(
        engine=engine.name,
        generation=generation,
        resumed=resumed,
        bundles=state.bundles_done,
        documents=engine.count(generation),
    )
