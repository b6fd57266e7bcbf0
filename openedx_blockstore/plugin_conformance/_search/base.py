"""What all parts share: an engine with nothing in it, and documents to put there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from openedx_blockstore.plugin_api.search_backends import (
    Filter,
    Put,
    SearchBackend,
    SearchDocument,
    SearchQuery,
    SearchResults,
)

#: Two collections, and two bundles.
OURS = UUID("0a000000-0000-4000-8000-000000000001")
THEIRS = UUID("0a000000-0000-4000-8000-000000000002")
BUNDLE = UUID("0b000000-0000-4000-8000-000000000001")
OTHER = UUID("0b000000-0000-4000-8000-000000000002")

_BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


def document(id: str, text: str = "", **facts: Any) -> SearchDocument:
    """Return a part of :data:`BUNDLE` in :data:`OURS`, unless it is said otherwise."""
    values: dict[str, Any] = {
        "kind": "part",
        "bundle_uuid": BUNDLE,
        "collection_uuid": OURS,
        "first_version": 1,
        **facts,
    }
    return SearchDocument(id=id, text=text, **values)


def moment(number: int) -> datetime:
    """Return one of a sequence of moments."""
    return _BEGINNING + timedelta(minutes=number)


def ids(results: SearchResults) -> list[str]:
    """Return the ids of what was found."""
    return [hit.document.id for hit in results.hits]


def where(**values: str | tuple[str, ...]) -> tuple[Filter, ...]:
    """Return filters: for each field its value, or its values."""
    return tuple(
        Filter(name.replace("__", ":"), (value,) if isinstance(value, str) else value)
        for name, value in values.items()
    )


class SearchBackendSuite:
    """What each part inherits."""

    #: The engine.
    plugin: ClassVar[type[Any]]

    @pytest.fixture
    def search_options(self) -> Mapping[str, Any]:
        """The engine's settings for one test: nobody else has put anything where they lead."""
        return {}

    @pytest.fixture
    def make_backend(
        self, search_options: Mapping[str, Any]
    ) -> Iterator[Callable[[], SearchBackend]]:
        """Makes objects that stand for one process each, all with the same settings."""
        made: list[SearchBackend] = []

        def make() -> SearchBackend:
            backend: SearchBackend = type(self).plugin()
            backend.configure(search_options)
            made.append(backend)
            return backend

        yield make
        for backend in made:
            backend.close()

    @pytest.fixture
    def backend(self, make_backend: Callable[[], SearchBackend]) -> SearchBackend:
        """The engine, with an empty generation ``one`` that is the current one."""
        backend = make_backend()
        backend.create("one")
        backend.swap("one")
        return backend

    @staticmethod
    def fill(backend: SearchBackend, *documents: SearchDocument, generation: str = "one") -> None:
        """Put documents into a generation, and wait until searches see them."""
        backend.write(generation, [Put(each) for each in documents])
        backend.refresh(generation)

    @staticmethod
    def search(backend: SearchBackend, text: str = "", **options: Any) -> SearchResults:
        """Search among everything, unless it is said otherwise."""
        return backend.search(SearchQuery(**{"visible": None, "text": text, **options}))

    def find(self, backend: SearchBackend, text: str = "", **options: Any) -> list[str]:
        """Return the ids of what is found, sorted."""
        return sorted(ids(self.search(backend, text, **{"limit": 100, **options})))
