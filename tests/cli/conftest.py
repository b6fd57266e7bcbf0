"""Servers, people with the client, and content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.standalone import Person, Rest, StandAlone


@pytest.fixture(scope="session")
def server() -> Iterator[StandAlone]:
    """A server."""
    with StandAlone() as server:
        yield server


@pytest.fixture(scope="session")
def other_server() -> Iterator[StandAlone]:
    """Another server, which knows nothing of the first."""
    with StandAlone() as server:
        yield server


@pytest.fixture
def rest(server: StandAlone) -> Rest:
    """Ada, without the client."""
    return Rest(server)


@pytest.fixture
def person(server: StandAlone, tmp_path: Path) -> Callable[[str], Person]:
    """Makes people with the client and a folder of their own, by their names."""

    def make(name: str) -> Person:
        home = tmp_path / f"home-{name}-{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        return Person(server, home, name)

    return make


@pytest.fixture
def ada(person: Callable[[str], Person]) -> Person:
    """Ada, with the client."""
    return person("ada")


@pytest.fixture
def collection(rest: Rest) -> str:
    """A collection of which bob is an author."""
    uuid = rest.collection()
    rest.give(uuid, "bob")
    return uuid


@pytest.fixture
def bundle(rest: Rest, collection: str) -> str:
    """A bundle with one version."""
    uuid = rest.bundle(collection)
    rest.commit(uuid, {"unit.xml": b"<unit/>", "static/a.txt": b"a", "empty.txt": b""})
    return uuid
