"""The index is made anew while it is used, compared with the store, and mended."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore.plugin_api.search_backends import (
    IndexMissing,
    Patch,
    Put,
    Remove,
    SearchDocument,
    Selection,
)
from openedx_blockstore_search.exceptions import RebuildRunning
from openedx_blockstore_search.indexing import rebuilding
from openedx_blockstore_search.indexing.checking import check
from openedx_blockstore_search.indexing.rebuilding import rebuild
from openedx_blockstore_search.indexing.syncing import sync_bundles
from openedx_blockstore_search.models import IndexedBundle, IndexState
from tests.core.helpers import make_version
from tests.plugins.search.helpers import PROBLEM, index_everything, make_bundle, stored, titles
from tests.plugins.search.hosts import Host

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bundles(engine: SearchBackend, collection: CollectionData) -> list[UUID]:
    """Some bundles with several versions, indexed."""
    made = [
        make_bundle(
            collection.uuid, {"problem.xml": PROBLEM.format(title=f"Owl {n}", label="First")}
        )
        for n in range(6)
    ]
    for bundle in made[:3]:
        make_version(bundle, {"problem.xml": PROBLEM.format(title="Later", label="Second")})
    index_everything()
    return made


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebuild notes how far it is after every bundle."""
    monkeypatch.setattr(rebuilding, "_PAGE", 1)


def _everything(bundles: list[UUID]) -> list[SearchDocument]:
    return [document for bundle in bundles for document in stored(bundle)]


def test_a_rebuild_leaves_what_was_there(engine: SearchBackend, bundles: list[UUID]) -> None:
    before = _everything(bundles)
    old = engine.current()
    done = rebuild(engine)
    assert engine.current() == done.generation != old
    assert [each.name for each in engine.generations()] == [done.generation]
    assert _everything(bundles) == before
    assert (done.bundles, done.documents) == (6, len(before))
    state = IndexState.objects.get()
    assert (state.current, state.building) == (done.generation, "")
    assert state.rebuilt_at is not None
    assert check(engine).count == 0


def test_what_is_committed_during_a_rebuild_is_in_both(
    engine: SearchBackend, bundles: list[UUID], small_pages: None
) -> None:
    seen: list[list[str]] = []

    def meanwhile(done: int, _total: int, _what: str) -> None:
        # One that is done already, one that is to come, and one that is new.
        for bundle in (bundles[0], bundles[-1]):
            text = PROBLEM.format(title=f"During {done}", label="Third")
            make_version(bundle, {"problem.xml": text})
            sync_bundles(engine, [bundle])
        if done == 2:
            made = api.create_bundle(api.get_bundle(bundles[0]).collection_uuid or "", "n", "New")
            sync_bundles(engine, [made.uuid])
            api.delete_bundle(bundles[1])
            sync_bundles(engine, [bundles[1]])
        engine.refresh(engine.current() or "")
        seen.append(titles("during"))

    done = rebuild(engine, progress=meanwhile)
    assert seen == [[f"During {n}"] * 2 for n in range(1, 8)], "searches saw all of it at once"
    assert engine.current() == done.generation
    assert titles("during") == ["During 7", "During 7"]
    assert titles("new", kinds=["bundle"]) == ["New"]
    assert stored(bundles[1]) == []
    assert check(engine).count == 0


def test_a_rebuild_that_was_ended_goes_on(
    engine: SearchBackend, bundles: list[UUID], small_pages: None
) -> None:
    before = _everything(bundles)

    def crash(done: int, _total: int, _what: str) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(engine, progress=crash)
    assert _everything(bundles) == before, "searches go on in the old one"
    make_version(bundles[0], {"problem.xml": PROBLEM.format(title="Between", label="x")})
    sync_bundles(engine, [bundles[0]])
    with pytest.raises(RebuildRunning, match="--resume"):
        rebuild(engine)
    steps: list[int] = []
    done = rebuild(engine, resume=True, progress=lambda done, _total, _what: steps.append(done))
    assert done.resumed
    assert steps == [5, 6]
    assert titles("between") == ["Between"]
    assert check(engine).count == 0


def test_a_rebuild_can_begin_anew(
    engine: SearchBackend, bundles: list[UUID], small_pages: None
) -> None:
    def crash(_done: int, _total: int, _what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(engine, progress=crash)
    done = rebuild(engine, restart=True)
    assert not done.resumed
    assert [each.name for each in engine.generations()] == [done.generation]
    assert rebuild(engine, resume=True).resumed is False, "there is nothing to resume"


def test_an_index_that_is_gone_is_asked_to_be_rebuilt(
    engine: SearchBackend, bundles: list[UUID], host: Host
) -> None:
    before = _everything(bundles)
    host.lose()
    with pytest.raises(IndexMissing):
        sync_bundles(engine, bundles)
    with pytest.raises(IndexMissing):
        titles()
    rebuild(engine)
    assert _everything(bundles) == before


def test_somebody_else_who_indexes_the_same_does_no_harm(
    engine: SearchBackend, bundles: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_version(bundles[0], {"problem.xml": PROBLEM.format(title="Mine", label="x")})
    write = engine.write
    calls: list[str] = []

    def race(generation: str, changes: Any) -> None:
        write(generation, changes)
        if not calls:
            calls.append(generation)
            make_version(bundles[0], {"problem.xml": PROBLEM.format(title="Theirs", label="x")})
            sync_bundles(engine, [bundles[0]])

    monkeypatch.setattr(engine, "write", race)
    sync_bundles(engine, [bundles[0]])
    engine.refresh(engine.current() or "")
    assert (titles("mine"), titles("theirs")) == ([], ["Theirs"])
    assert titles("mine", versions="all") == ["Mine"]
    assert check(engine).count == 0


# Drift -------------------------------------------------------------------------------------------


def _lose(engine: SearchBackend, bundle: UUID) -> None:
    engine.write(engine.current() or "", [Remove(Selection(ids=(stored(bundle)[-1].id,)))])


def _close(engine: SearchBackend, bundle: UUID) -> None:
    where = Selection(ids=(stored(bundle)[-1].id,))
    engine.write(engine.current() or "", [Patch(where, {"last_version": 7})])


def _double(engine: SearchBackend, bundle: UUID) -> None:
    document = SearchDocument(
        id=f"{bundle}:x",
        kind="part",
        bundle_uuid=bundle,
        collection_uuid=stored(bundle)[0].collection_uuid,
        first_version=1,
        title="Twice",
    )
    engine.write(engine.current() or "", [Put(document)])


def _move(engine: SearchBackend, bundle: UUID) -> None:
    where = Selection(bundle_uuid=bundle)
    engine.write(engine.current() or "", [Patch(where, {"collection_uuid": UUID(int=0)})])


@pytest.mark.parametrize("harm", [_lose, _close, _double, _move])
def test_damage_is_found_and_mended(
    engine: SearchBackend, bundles: list[UUID], harm: Callable[[SearchBackend, UUID], None]
) -> None:
    before = _everything(bundles)
    harm(engine, bundles[2])
    drift = check(engine)
    assert list(drift.damaged) == [bundles[2]]
    assert (drift.behind, drift.strangers) == ([], [])
    assert IndexState.objects.get().drifted == 1
    assert check(engine, mend=True).mended
    assert _everything(bundles) == before
    assert check(engine).count == 0
    assert IndexState.objects.get().drifted == 0


def test_what_was_never_indexed_is_found_and_mended(
    engine: SearchBackend, bundles: list[UUID], collection: CollectionData
) -> None:
    make_version(bundles[0], {"problem.xml": PROBLEM.format(title="Missed", label="x")})
    made = make_bundle(collection.uuid, title="Missed, too")
    assert set(check(engine).behind) == {bundles[0], made}
    assert check(engine, mend=True).mended
    assert titles("missed") == ["Missed", "Missed, too"]


def test_what_is_not_in_the_store_is_found_and_taken_out(
    engine: SearchBackend, bundles: list[UUID]
) -> None:
    ghost = UUID(int=5)
    document = SearchDocument(
        id="ghost",
        kind="bundle",
        bundle_uuid=ghost,
        collection_uuid=UUID(int=6),
        first_version=1,
        title="Ghost",
    )
    engine.write(engine.current() or "", [Put(document)])
    Bundle.objects.filter(uuid=bundles[0]).delete()
    drift = check(engine, mend=True)
    assert set(drift.strangers) == {ghost, bundles[0]}
    assert titles("ghost") == titles('"Owl 0"') == []
    assert check(engine).count == 0


# Commands ----------------------------------------------------------------------------------------


def _run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_commands_say_what_they_did(engine: SearchBackend, bundles: list[UUID]) -> None:
    expected = f"Rebuilt: 21 documents of 6 bundles in {engine.name}"
    assert expected in _run("rebuild_search_index")
    assert "The index is as it should be." in _run("check_search_index")
    IndexedBundle.objects.filter(bundle__uuid=bundles[0]).update(documents=99)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_search_index", stdout=out, stderr=io.StringIO())
    assert ended.value.code == 1
    assert f"{bundles[0]}: 4 documents instead of 99" in out.getvalue()
    assert "All of that was mended." in _run("check_search_index", "--mend")
    assert json.loads(_run("check_search_index", "--json"))["damaged"] == {}
    assert _run("rebuild_search_index", "--verbosity", "0") == ""


def test_commands_end_with_a_sentence(engine: SearchBackend, bundles: list[UUID]) -> None:
    with pytest.raises(CommandError, match=r"no search engine 'none'; there are: .*sqlite"):
        _run("rebuild_search_index", "--engine", "none")
    IndexState.objects.update(building="gone")
    with pytest.raises(CommandError, match="--resume"):
        _run("rebuild_search_index")
    assert "Rebuilt" in _run("rebuild_search_index", "--resume")
