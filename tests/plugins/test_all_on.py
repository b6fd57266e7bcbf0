"""All plugins are on: what that costs whoever commits, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from pytest_django import Settings

from openedx_blockstore import api
from tests.counting import counted_storage, counting

pytestmark = pytest.mark.django_db(transaction=True)

PROBLEM = '<problem display_name="Owls {number}"><p>They hoot.</p></problem>'


@pytest.fixture(params=["files", "objects"], autouse=True)
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Requests to the storage are counted, in both ways in which one is used."""
    with counted_storage(request.param, str(tmp_path / "files")):
        yield


@pytest.fixture
def workers(settings: Settings) -> None:
    """Events are handed over by workers of their own, as in production."""
    settings.OPENEDX_BLOCKSTORE = {**settings.OPENEDX_BLOCKSTORE, "EVENT_RUNNER": "command"}


@pytest.fixture
def bundle() -> UUID:
    """A bundle with 100 problems."""
    collection = api.create_collection("Owls")
    made = api.create_bundle(collection.uuid, "owls", "Owls", type="sequence")
    api.import_version(made.uuid, problems(100))
    return made.uuid


def problems(count: int, *, edition: int = 1) -> dict[str, str]:
    """Return so many files."""
    return {
        f"problem/p{number}/definition.xml": PROBLEM.format(number=1000 * edition + number)
        for number in range(count)
    }


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("changed", [1, 100])
def test_a_commit_costs_no_more_than_without_plugins(bundle: UUID, changed: int) -> None:
    """Neither statements nor requests to the storage: they read the log later."""
    draft = api.get_or_create_bundle_draft(bundle, "work").uuid
    api.write_draft_files(draft, problems(changed, edition=2))
    with counting() as cost:
        api.commit_draft(draft)
    assert cost.statements <= 8, cost.queries
    assert cost.writes == 1
    assert cost.reads == cost.checks == 0


@pytest.mark.usefixtures("workers")
def test_a_commit_with_links_costs_no_more_than_without_plugins(bundle: UUID) -> None:
    """The closure is the second thing that is written."""
    lender = api.create_bundle(
        api.get_bundle(bundle).collection_uuid or "", "lender", "Lender"
    ).uuid
    api.import_version(lender, {"a.txt": "a"})
    draft = api.get_or_create_bundle_draft(bundle, "work").uuid
    api.set_draft_link(draft, "lender", lender, 1)
    with counting() as cost:
        api.commit_draft(draft)
    assert cost.statements <= 12, cost.queries
    assert cost.writes == 2


@pytest.mark.usefixtures("workers")
def test_a_first_version_of_100_files_costs_no_more_than_without_plugins() -> None:
    """Drafts are nobody's business but the author's."""
    collection = api.create_collection("Owls")
    made = api.create_bundle(collection.uuid, "new", "New", type="sequence")
    draft = api.get_or_create_bundle_draft(made.uuid, "work").uuid
    with counting() as cost:
        api.write_draft_files(draft, problems(100))
        api.commit_draft(draft)
    assert cost.statements <= 15, cost.queries
    assert cost.writes == 101


@pytest.mark.usefixtures("workers")
def test_what_a_commit_leaves_behind_is_done_by_the_workers(
    bundle: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once the command has run, nobody lags behind."""
    draft = api.get_or_create_bundle_draft(bundle, "work").uuid
    api.write_draft_files(draft, problems(1, edition=3))
    api.commit_draft(draft)
    call_command("blockstore_consume", "--once")
    capsys.readouterr()
    consumers = api.get_event_consumers()
    assert {consumer.name for consumer in consumers} >= {
        "licensing",
        "search",
        "tagging",
        "webhooks",
    }
    assert [(each.name, each.lag) for each in consumers if each.lag] == []


def test_an_export_and_import_goes_through_all_plugins(
    bundle: UUID, tmp_path: Path, make_target: Callable[[], UUID]
) -> None:
    """And comes out with the same files."""
    archive = tmp_path / "owls.tar.gz"
    api.export_bundle(bundle, 1, to=str(archive))
    imported = api.import_bundle(str(archive), collection_uuid=make_target())
    assert api.get_bundle_files_dict(imported.bundle_uuid).keys() == problems(100).keys()


@pytest.fixture
def make_target() -> Callable[[], UUID]:
    """Make another collection."""
    return lambda: api.create_collection("Elsewhere").uuid
