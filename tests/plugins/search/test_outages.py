"""An engine that does not answer, or has lost its index: authors notice nothing of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData
from openedx_blockstore.models import EventConsumerState
from openedx_blockstore.plugin_api import SearchBackend
from openedx_blockstore.plugin_api.search_backends import IndexMissing, SearchUnavailable
from openedx_blockstore_search.api import get_unused_files, search
from openedx_blockstore_search.exceptions import BundleNotIndexed
from openedx_blockstore_search.indexing.checking import check
from openedx_blockstore_search.indexing.rebuilding import rebuild
from openedx_blockstore_search.models import IndexState
from tests.core.helpers import make_version
from tests.plugins.search.helpers import PROBLEM, make_bundle, stored, titles
from tests.plugins.search.hosts import ENGINES, Folder, Host, Node, running
from tests.services.search_engines import Elasticsearch, SearchEngine

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def own_server() -> Iterator[SearchEngine]:
    """A server that may be killed: nobody else uses it."""
    with running(Elasticsearch) as server:
        yield server


@pytest.fixture(params=ENGINES)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    """Where the index lies: something that can be taken away."""
    if request.param == "sqlite":
        return Folder(tmp_path / "index")
    server: SearchEngine = request.getfixturevalue("own_server")
    return Node(server.url, server)


def consume() -> None:
    """Hand over what is in the log, also to a consumer that is to be left alone for a while."""
    EventConsumerState.objects.update(next_attempt=datetime.now(UTC) - timedelta(seconds=1))
    call_command("blockstore_consume", "--once", "--consumer", "search", stdout=io.StringIO())


def test_nobody_notices_an_outage_and_nothing_is_missing_afterwards(
    inline: SearchBackend, host: Host, collection: CollectionData, admin_client: Client
) -> None:
    bundle = make_bundle(
        collection.uuid, {"problem.xml": PROBLEM.format(title="Before", label="x")}
    )
    assert titles("before") == ["Before"]
    host.halt()
    try:
        for number in range(5):
            text = PROBLEM.format(title=f"During {number}", label="x")
            make_version(bundle, {"problem.xml": text})
        made = make_bundle(collection.uuid, title="New during")
        api.update_bundle(bundle, title="Renamed during")
        gone = make_bundle(collection.uuid, title="Gone during")
        api.delete_bundle(gone)
        # A consumer asks again now and then, and fails again.
        consume()
        assert api.get_bundle(bundle).latest_version == 6
        with pytest.raises(SearchUnavailable):
            titles("before")
        with pytest.raises(BundleNotIndexed):
            get_unused_files(made)
        _say_so_on_the_web(host, admin_client)
    finally:
        host.resume()
    consume()
    assert titles("during") == ["During 4", "New during", "Renamed during"]
    assert len(titles("during", versions="all", kinds=["part"])) == 5
    assert check(inline).count == 0


def _say_so_on_the_web(host: Host, admin_client: Client) -> None:
    staff = User.objects.create_user("somebody", is_staff=True)
    client = APIClient()
    client.force_authenticate(staff)
    answer = client.get("/api/v1/search?q=before")
    assert (answer.status_code, answer.json()["code"]) == (503, "search_unavailable")
    for private in map(str, host.options.values()):
        assert private not in answer.content.decode() or len(private) < 4
    bundle = api.get_bundles()[0].uuid
    usage = client.get(f"/api/v1/search/unused_files?bundle_uuid={bundle}")
    assert usage.status_code in {200, 409}, "no engine is needed for that"
    state = IndexState.objects.get()
    page = admin_client.get(f"/admin/openedx_blockstore_search/indexstate/{state.pk}/change/")
    assert state.current in page.content.decode()


def test_an_index_that_is_lost_is_made_anew_by_the_process_that_lost_it(
    inline: SearchBackend, host: Host, collection: CollectionData
) -> None:
    bundles = [make_bundle(collection.uuid, title="Before")]
    before = stored(bundles[0])
    host.lose()
    bundles.append(make_bundle(collection.uuid, title="During"))
    with pytest.raises(IndexMissing):
        search()
    rebuild(inline)
    assert titles() == ["Before", "During"]
    assert stored(bundles[0]) == before
    consume()
    make_bundle(collection.uuid, title="After")
    assert titles() == ["After", "Before", "During"]
    assert check(inline).count == 0


def test_a_rebuild_goes_on_after_an_outage(
    engine: SearchBackend, host: Host, collection: CollectionData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openedx_blockstore_search.indexing.rebuilding._PAGE", 1)
    for number in range(4):
        make_bundle(collection.uuid, title=f"Nest {number}")
    consume()

    def halt(done: int, _total: int, _what: str) -> None:
        if done == 2:
            host.halt()

    try:
        with pytest.raises(SearchUnavailable):
            rebuild(engine, progress=halt)
    finally:
        host.resume()
    assert titles("nest") == [f"Nest {number}" for number in range(4)], "in the old one"
    steps: list[int] = []
    done = rebuild(engine, resume=True, progress=lambda done, _total, _what: steps.append(done))
    assert (done.resumed, steps) == (True, [3, 4])
    assert titles("nest") == [f"Nest {number}" for number in range(4)]
    assert check(engine).count == 0
