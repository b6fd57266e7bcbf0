"""The contract of search engines: small, the same for all, and in batches."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from openedx_blockstore.exceptions import BlockstoreError, Conflict, NotFound
from openedx_blockstore.plugin_api.search_values import (
    FIELDS,
    MAX_EXACT_TOTAL,
    MAX_FACET_SIZE,
    MAX_FACETS,
    MAX_FILTER_VALUES,
    MAX_FILTERS,
    MAX_LIMIT,
    MAX_TERMS,
    MAX_TEXT,
    PATCHABLE,
    Change,
    FacetValue,
    Filter,
    Generation,
    InvalidQuery,
    Mark,
    Parent,
    Patch,
    Put,
    Remove,
    SearchDocument,
    SearchHit,
    SearchQuery,
    SearchResults,
    Selection,
    Snippet,
    StoredDocument,
    Term,
    read_terms,
)

__all__ = [
    "FIELDS",
    "MAX_EXACT_TOTAL",
    "MAX_FACETS",
    "MAX_FACET_SIZE",
    "MAX_FILTERS",
    "MAX_FILTER_VALUES",
    "MAX_LIMIT",
    "MAX_TERMS",
    "MAX_TEXT",
    "PATCHABLE",
    "Change",
    "DocumentsRejected",
    "FacetValue",
    "Filter",
    "Generation",
    "GenerationInUse",
    "GenerationNotFound",
    "IndexMissing",
    "InvalidQuery",
    "Mark",
    "Parent",
    "Patch",
    "Put",
    "Remove",
    "SearchBackend",
    "SearchDocument",
    "SearchHit",
    "SearchQuery",
    "SearchResults",
    "SearchUnavailable",
    "Selection",
    "Snippet",
    "StoredDocument",
    "Term",
    "check_generation_name",
    "read_terms",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,59}")


class SearchUnavailable(BlockstoreError):
    """The engine does not answer now; what was asked may be asked again later.

    Attributes:
        engine: Its name.
        reason: What is wrong, for the people who run it.
    """

    code = "search_unavailable"

    def __init__(self, engine: str, reason: str) -> None:
        self.engine = engine
        self.reason = reason
        super().__init__(f"The search engine {engine!r} can not be used now: {reason}")


class IndexMissing(SearchUnavailable):
    """Nothing has been indexed yet: no generation is the current one."""

    code = "search_index_missing"

    def __init__(self, engine: str) -> None:
        super().__init__(engine, "there is no index yet. It has to be built first.")


class DocumentsRejected(BlockstoreError):
    """The engine answers, and will not take some documents, however often it is asked.

    Attributes:
        engine: Its name.
        reasons: What it says of each, by the documents' ids.
    """

    code = "search_documents_rejected"

    def __init__(self, engine: str, reasons: Mapping[str, str]) -> None:
        self.engine = engine
        self.reasons = dict(reasons)
        id_, reason = next(iter(self.reasons.items()))
        more = f" (and {len(self.reasons) - 1} more)" if len(self.reasons) > 1 else ""
        super().__init__(f"The search engine {engine!r} does not take {id_!r}{more}: {reason}")


class GenerationNotFound(NotFound):
    """The engine has no generation with this name."""

    code = "search_generation_not_found"

    def __init__(self, engine: str, generation: str) -> None:
        self.engine = engine
        self.generation = generation
        super().__init__(f"The search engine {engine!r} has no generation {generation!r}.")


class GenerationInUse(Conflict):
    """The current generation can not be dropped."""

    code = "search_generation_in_use"

    def __init__(self, generation: str) -> None:
        self.generation = generation
        super().__init__(
            f"Searches look in the generation {generation!r}: swap another one in first."
        )


def check_generation_name(name: str) -> None:
    """Look whether every engine can call a generation like this.

    Raises:
        ValueError: Some can not.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} can not name a generation: at most 60 of a to z, 0 to 9 and underscores, "
            "not beginning with an underscore."
        )


class SearchBackend(ABC):
    """One search engine.

    Entry-point group ``openedx_blockstore.search_backends``; the entry point's name is the
    engine's, and what settings choose it by. One object serves a process with all its threads, and
    those that are forked from it.

    Documents lie in *generations*. One of them is the current one: searches look there. A rebuild
    fills another one and swaps it in.

    Every method raises :class:`SearchUnavailable` where the engine does not answer, and nothing
    else that is the engine's own.
    """

    #: The engine's name, as in its entry point.
    name: str = ""

    def configure(self, options: Mapping[str, Any]) -> None:  # noqa: B027 - some need none
        """Take the settings of this engine; called once, before everything else.

        It must not need the engine.

        Raises:
            ImproperlyConfigured: Some are wrong or lacking; the message says how to mend it.
        """

    @abstractmethod
    def check(self) -> str:
        """Return what the engine is, with its version, for people to read."""

    def close(self) -> None:  # noqa: B027 - some hold nothing
        """Let go of connections. The object may be used again afterwards."""

    # Generations ---------------------------------------------------------------------------------

    @abstractmethod
    def create(self, generation: str) -> None:
        """Make an empty generation; one that is there stays as it is.

        Raises:
            ValueError: See :func:`check_generation_name`.
        """

    @abstractmethod
    def swap(self, generation: str) -> None:
        """Let searches look here from now on, in one step, with all that was written before.

        The one that was current stays until it is dropped.

        Raises:
            GenerationNotFound: There is none with this name.
        """

    @abstractmethod
    def drop(self, generation: str) -> None:
        """Remove a generation with all its documents, if it is there.

        Raises:
            GenerationInUse: It is the current one.
        """

    @abstractmethod
    def generations(self) -> tuple[Generation, ...]:
        """Return all of them, sorted by name."""

    def current(self) -> str | None:
        """Return the name of the generation in which searches look; None where there is none."""
        return next((each.name for each in self.generations() if each.current), None)

    # Documents -----------------------------------------------------------------------------------

    @abstractmethod
    def write(self, generation: str, changes: Sequence[Change]) -> None:
        """Do these changes in their order, as few requests as possible.

        After an error some may be done and some not: the same changes may be given again, and then
        leave what they would have left at once. Searches see them after :meth:`refresh` at the
        latest.

        Raises:
            DocumentsRejected: Some can not be indexed. Everything else is done.
            GenerationNotFound: There is none with this name.
        """

    @abstractmethod
    def refresh(self, generation: str) -> None:
        """Return when searches see everything that was written.

        Raises:
            GenerationNotFound: There is none with this name.
        """

    @abstractmethod
    def count(self, generation: str) -> int:
        """Return how many documents searches see.

        Raises:
            GenerationNotFound: There is none with this name.
        """

    @abstractmethod
    def scan(
        self,
        generation: str,
        *,
        bundles: Collection[UUID] | None = None,
        after: tuple[UUID, str] | None = None,
        limit: int = 1_000,
    ) -> tuple[StoredDocument, ...]:
        """Return what is there, sorted by bundle and id, of what searches see.

        Args:
            bundles: Only documents of these, at most 1,000.
            after: Only those behind this bundle and id.
            limit: At most 10,000.

        Raises:
            GenerationNotFound: There is none with this name.
        """

    # Searching -----------------------------------------------------------------------------------

    @abstractmethod
    def search(self, query: SearchQuery, *, generation: str | None = None) -> SearchResults:
        """Return one page of what is found.

        Args:
            generation: None for the current one.

        Raises:
            InvalidQuery: The cursor is of no use here.
            IndexMissing: There is no current generation.
            GenerationNotFound: There is none with this name.
        """
