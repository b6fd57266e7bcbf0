"""Whatever happens in the store, searches know of it."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from openedx_blockstore import api
from openedx_blockstore.courses import import_course
from openedx_blockstore.data import CollectionData
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore_search.api import search
from openedx_blockstore_search.indexing.checking import check
from tests.core.helpers import make_version
from tests.counting import counting
from tests.plugins.search.helpers import PROBLEM, keys, make_bundle, stored, titles

pytestmark = pytest.mark.django_db(transaction=True)


def consume() -> None:
    """Hand over what is in the log."""
    call_command("blockstore_consume", "--once", "--consumer", "search", stdout=io.StringIO())


def test_what_is_committed_is_found_at_once(
    inline: SearchBackend, collection: CollectionData
) -> None:
    bundle = make_bundle(
        collection.uuid, {"problem.xml": PROBLEM.format(title="Owls", label="Silent?")}
    )
    assert keys("silent") == ["problem.xml"]
    make_version(bundle, {"problem.xml": PROBLEM.format(title="Owls", label="Loud?")})
    assert (keys("silent"), keys("loud")) == ([], ["problem.xml"])
    api.update_bundle(bundle, title="Screech")
    assert titles("screech") == ["Screech"]
    api.delete_bundle(bundle)
    assert titles() == []
    api.undelete_bundle(bundle)
    assert keys("loud") == ["problem.xml"]
    other = api.create_collection("Other").uuid
    api.update_bundle(bundle, collection_uuid=other)
    assert keys("loud", collections=[collection.uuid]) == []
    assert keys("loud", collections=[other]) == ["problem.xml"]


def test_an_imported_course_can_be_searched_right_away(inline: SearchBackend, db: None) -> None:
    report = import_course("sample_course")
    found = search(block_types=["problem"], collections=[report.collection_uuid or UUID(int=0)])
    assert found.total == 4
    assert [hit.document.title for hit in search("microseconds", kinds=["part"]).hits][:1] == [
        "Microseconds"
    ]
    assert check(inline).count == 0


def test_the_whole_log_may_come_again(engine: SearchBackend, collection: CollectionData) -> None:
    bundles = [
        make_bundle(collection.uuid, {"problem.xml": PROBLEM.format(title=f"O{n}", label="x")})
        for n in range(4)
    ]
    api.delete_bundle(bundles[3])
    consume()
    before = [stored(bundle) for bundle in bundles]
    api.replay_events("search")
    consume()
    assert [stored(bundle) for bundle in bundles] == before
    assert check(engine).count == 0


def test_events_of_many_bundles_are_indexed_together(
    engine: SearchBackend, collection: CollectionData, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        make_bundle(collection.uuid, {"problem.xml": PROBLEM.format(title=f"O{number}", label="x")})
    write = engine.write
    calls: list[int] = []

    def note(generation: str, changes: Any) -> None:
        calls.append(len(changes))
        write(generation, changes)

    monkeypatch.setattr(engine, "write", note)
    consume()
    assert sum(calls) == 180
    assert len(calls) <= 3


def _library(collection: CollectionData, size: int) -> UUID:
    """A bundle of so many files, of which every tenth is a problem; it is indexed."""
    files = {f"static/{n}.txt": f"text {n}" for n in range(size - size // 10)}
    files |= {
        f"problem/{n}/definition.xml": PROBLEM.format(title=f"P{n}", label=f"Label {n}")
        for n in range(size // 10)
    }
    bundle = make_bundle(collection.uuid, files, type="library")
    consume()
    return bundle


@pytest.mark.parametrize(
    ("size", "versions"),
    [
        pytest.param(2_000, 10, marks=pytest.mark.slow),
        pytest.param(10_000, 100, marks=pytest.mark.big),
    ],
)
def test_a_small_change_of_a_huge_bundle_costs_the_change(
    engine: SearchBackend,
    collection: CollectionData,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    versions: int,
) -> None:
    sent: list[Any] = []
    write = engine.write

    def note(generation: str, changes: Any) -> None:
        sent.extend(changes)
        write(generation, changes)

    monkeypatch.setattr(engine, "write", note)

    def change(bundle: UUID, number: int) -> tuple[int, int, int, int]:
        """Change one problem; return statements, those of ours, files read, documents sent."""
        text = PROBLEM.format(title=f"Changed {number}", label="x")
        make_version(bundle, {"problem/0/definition.xml": text})
        sent.clear()
        with counting() as cost:
            consume()
        own = [sql for sql, _parameters in cost.queries if "openedx_blockstore_search_" in sql]
        return cost.statements, len(own), len(cost.read), len(sent)

    small, huge = _library(collection, 10), _library(collection, size)
    change(small, 0)
    expected = change(small, 1)
    change(huge, 0)
    costs = [change(huge, number) for number in range(1, versions)]
    assert set(costs) == {expected}, "neither files nor versions count"
    assert expected[1] <= 20
    assert expected[3] <= 4, "the former part and file are closed, and the new ones put"
    assert keys(f'"Changed {versions - 1}"') == ["problem/0/definition.xml"]
    assert len(keys("changed", versions="all", bundles=[huge])) == versions
    assert check(engine).count == 0
