"""What search engines are given and give back: documents, changes of them, queries and results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from attrs import Attribute, field, frozen

from openedx_blockstore.exceptions import Invalid

#: Characters of a document's id.
MAX_ID = 500

#: The bounds of a query; more is refused with :class:`InvalidQuery`.
MAX_TEXT = 1_000
MAX_TERMS = 32
MAX_LIMIT = 100
MAX_FILTERS = 100
MAX_FILTER_VALUES = 10_000
MAX_FACETS = 20
MAX_FACET_SIZE = 1_000
#: Results are counted exactly up to here.
MAX_EXACT_TOTAL = 10_000

#: What no text consists of, and some engines do not bear: controls and halves of characters.
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

#: What results can be filtered and counted by; ``trait:{name}`` besides, for each trait.
FIELDS = frozenset(
    {
        "collection",
        "bundle",
        "kind",
        "bundle_type",
        "block_type",
        "tag",
        "licence",
        "language",
        "path",
        "parent",
        "reference",
    }
)

#: What :class:`Patch` may set, by the names of :class:`SearchDocument`.
PATCHABLE = frozenset(
    {"last_version", "collection_uuid", "bundle_type", "tags", "licence", "digest"}
)


class InvalidQuery(Invalid):
    """A query cannot be answered as it is.

    Attributes:
        field: The attribute of the query that is wrong.
        problem: Why, and what it may be.
    """

    code = "invalid_query"

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


def _is_usable_id(_document: object, _attribute: object, value: str) -> None:
    if not 0 < len(value) <= MAX_ID or _UNUSABLE.search(value):
        raise ValueError(f"{value!r} can not be a document's id.")


@frozen
class Parent:
    """Something around a part: its key in the bundle, its type and its title."""

    key: str
    type: str = ""
    title: str = ""


@frozen
class SearchDocument:
    """Something that can be found: one state of a bundle, of a file or of a part of one.

    A state is a document once, for all versions that have it; only its range of versions grows.

    Attributes:
        id: Identifies the document among all others, in at most :data:`MAX_ID` characters; a state
            of the same thing that another version has is a document with another id.
        first_version: The first version of the bundle that has this state.
        last_version: The last one; None while the latest version has it.
        key: Of a part: what identifies it in its bundle.
        block_type: Of a part: its type, such as ``problem``.
        languages: BCP 47 tags, the main one first. The first of them that the engine knows decides
            how the words are stemmed.
        traits: What else it can be filtered by: texts by a name.
        licence: Its licence's identifier.
        parents: The parts around it, the outermost first.
        references: The paths that it refers to.
        digest: Whatever the indexer wants to know later, to tell whether the document still is as
            it should be.
        modified_at: When the first version was made (aware); what is newest is sorted by.
    """

    id: str = field(validator=_is_usable_id)
    kind: Literal["bundle", "file", "part"]
    bundle_uuid: UUID
    collection_uuid: UUID
    first_version: int
    last_version: int | None = None
    path: str = ""
    key: str = ""
    bundle_type: str = ""
    block_type: str = ""
    title: str = ""
    text: str = ""
    languages: tuple[str, ...] = ()
    traits: Mapping[str, tuple[str, ...]] = field(factory=dict)
    tags: tuple[str, ...] = ()
    licence: str = ""
    parents: tuple[Parent, ...] = ()
    references: tuple[str, ...] = ()
    digest: str = ""
    modified_at: datetime | None = None


# Changes -----------------------------------------------------------------------------------------


@frozen
class Selection:
    """Which documents are meant: exactly one of the three says it.

    By id is cheapest: by bundle or collection, engines may have to look them up.
    """

    ids: tuple[str, ...] = ()
    bundle_uuid: UUID | None = None
    collection_uuid: UUID | None = None

    def __attrs_post_init__(self) -> None:
        """Look whether it is one."""
        given = (bool(self.ids), self.bundle_uuid is not None, self.collection_uuid is not None)
        if sum(given) > 1:
            raise ValueError("A selection is by ids, by a bundle or by a collection.")


@frozen
class Put:
    """A document is to be there, in the place of the one with its id, if there is one."""

    document: SearchDocument


@frozen
class Patch:
    """Some attributes of documents change. What is not there stays away.

    Attributes:
        values: The new values by name; the names are those of :data:`PATCHABLE`.
    """

    where: Selection
    values: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        """Look whether all of them can be set."""
        if unknown := set(self.values) - PATCHABLE:
            raise ValueError(f"Documents can not be changed in {', '.join(sorted(unknown))}.")


@frozen
class Remove:
    """Documents are not to be there any more."""

    where: Selection


#: One step of what :meth:`SearchBackend.write` does.
Change = Put | Patch | Remove


@frozen
class StoredDocument:
    """What an engine says of a document that it holds, to compare it with what should be there."""

    id: str
    bundle_uuid: UUID
    collection_uuid: UUID
    first_version: int
    last_version: int | None
    bundle_type: str = ""
    tags: tuple[str, ...] = ()
    licence: str = ""
    digest: str = ""


@frozen
class Generation:
    """One index, of which a rebuild makes a new one.

    Attributes:
        current: Searches look here.
        outdated: It was made by another version of the engine's code. It can still be searched and
            written, but a rebuild would make it better.
    """

    name: str
    current: bool = False
    outdated: bool = False


# Queries -----------------------------------------------------------------------------------------


@frozen
class Filter:
    """A document must have one of these values. Of several filters, all must hold.

    Attributes:
        field: One of :data:`FIELDS`, or ``trait:{name}``.
        values: As texts, UUIDs too. Without any, nothing has one of them.
    """

    field: str
    values: tuple[str, ...]

    def __attrs_post_init__(self) -> None:
        """Look whether there is such a field."""
        check_field(self.field, "filters")
        if (count := len(self.values)) > MAX_FILTER_VALUES:
            raise InvalidQuery("filters", f"at most {MAX_FILTER_VALUES} values, not {count}.")


def check_field(name: str, attribute: str) -> None:
    """Look whether results can be filtered or counted by this.

    Raises:
        InvalidQuery: They can not.
    """
    if name in FIELDS or (name.startswith("trait:") and name != "trait:"):
        return
    known = ", ".join(sorted(FIELDS))
    raise InvalidQuery(attribute, f"there is no {name!r}; there are {known}, and trait:NAME.")


@frozen
class Term:
    """One thing that a query's text asks for.

    Attributes:
        text: A word, or several that must follow one another.
        prefix: A word that begins like this is enough.
        excluded: It must not be there.
    """

    text: str
    prefix: bool = False
    excluded: bool = False


_TERM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s"]+))')


def read_terms(text: str) -> tuple[Term, ...]:
    """Return what a text asks for: words, ``"phrases"``, ``begin*``, and ``-not`` these.

    Nothing else has a meaning of its own, and every text can be read.
    """
    terms = []
    for found in _TERM.finditer(_UNUSABLE.sub(" ", text)):
        words = " ".join((found["phrase"] or found["word"] or "").split())
        prefix = found["phrase"] is None and words.endswith("*")
        words = words.rstrip("*") if prefix else words
        if any(each.isalnum() or ord(each) > 0x2000 for each in words):  # noqa: PLR2004
            terms.append(Term(words, prefix=prefix, excluded=found["minus"] is not None))
    return tuple(terms)


def _bounded(low: int, high: int) -> Any:
    def check(_query: object, attribute: Attribute[int], value: int) -> None:
        if not low <= value <= high:
            raise InvalidQuery(attribute.name, f"from {low} to {high}, not {value}.")

    return check


@frozen(kw_only=True)
class SearchQuery:
    """What somebody looks for.

    Attributes:
        visible: The collections that the caller may see; None for all. Nothing of any other may
            show in any part of the result.
        text: See :func:`read_terms`; empty for everything. All of its terms must be there.
        filters: All must hold.
        versions: Look at the states of latest versions, of all versions, or of the versions with
            this number.
        facets: Fields whose values are to be counted, over all results.
        facet_size: How many values of each: the most frequent ones.
        sort: Best first; by title; newest first. Without a text, ``relevance`` is ``newest``.
        limit: How many results at most.
        cursor: Of the page before, with the same query; empty for the first page.
        suggest: For words that nothing visible has, suggest similar ones.
    """

    visible: frozenset[UUID] | None
    text: str = ""
    filters: tuple[Filter, ...] = ()
    versions: Literal["latest", "all"] | int = "latest"
    facets: tuple[str, ...] = ()
    facet_size: int = field(default=20, validator=_bounded(1, MAX_FACET_SIZE))
    sort: Literal["relevance", "title", "newest"] = "relevance"
    limit: int = field(default=20, validator=_bounded(0, MAX_LIMIT))
    cursor: str = ""
    suggest: bool = False

    def __attrs_post_init__(self) -> None:
        """Look whether it can be answered.

        Raises:
            InvalidQuery: It can not.
        """
        if len(self.text) > MAX_TEXT:
            raise InvalidQuery("text", f"at most {MAX_TEXT} characters, not {len(self.text)}.")
        if (count := len(self.terms)) > MAX_TERMS:
            raise InvalidQuery("text", f"at most {MAX_TERMS} words, not {count}.")
        if self.text.strip() and all(each.excluded for each in self.terms):
            raise InvalidQuery("text", "at least one word to look for is needed.")
        if self.sort not in {"relevance", "title", "newest"}:
            raise InvalidQuery("sort", f"relevance, title or newest, not {self.sort!r}.")
        if not isinstance(self.versions, int) and self.versions not in {"latest", "all"}:
            raise InvalidQuery("versions", f"latest, all or a number, not {self.versions!r}.")
        if (count := len(self.filters)) > MAX_FILTERS:
            raise InvalidQuery("filters", f"at most {MAX_FILTERS}, not {count}.")
        if (count := len(self.facets)) > MAX_FACETS:
            raise InvalidQuery("facets", f"at most {MAX_FACETS}, not {count}.")
        for name in self.facets:
            check_field(name, "facets")

    @property
    def terms(self) -> tuple[Term, ...]:
        """What the text asks for."""
        return read_terms(self.text)


# Results -----------------------------------------------------------------------------------------

#: A part of a text: where it begins and where it ends, in characters.
Mark = tuple[int, int]


@frozen
class Snippet:
    """A piece of a document's text, as it is: not markup, but what may look like it.

    Attributes:
        marks: Where in it there is what was looked for.
    """

    text: str
    marks: tuple[Mark, ...] = ()


@frozen
class SearchHit:
    """One document that was found.

    Attributes:
        document: The document, with an empty text.
        score: How well it fits, compared with others of the same page.
        title_marks: Where in its title there is what was looked for.
        snippets: Pieces of its text with what was looked for; else the text's beginning, if it has
            any.
    """

    document: SearchDocument
    score: float = 0.0
    title_marks: tuple[Mark, ...] = ()
    snippets: tuple[Snippet, ...] = ()


@frozen
class FacetValue:
    """A value, and how many of the results have it."""

    value: str
    count: int


@frozen
class SearchResults:
    """One page of results, and what is known of all.

    Attributes:
        total: How many there are on all pages; at most :data:`MAX_EXACT_TOTAL` unless exact.
        total_is_exact: Otherwise there are more.
        facets: The values by field, the most frequent first, those as frequent sorted.
        suggestions: Texts that differ from the query's in words that nothing visible has, the most
            likely first.
        next_cursor: For the next page; None where this is the last one.
    """

    hits: tuple[SearchHit, ...]
    total: int
    total_is_exact: bool = True
    facets: Mapping[str, tuple[FacetValue, ...]] = field(factory=dict)
    suggestions: tuple[str, ...] = ()
    next_cursor: str | None = None
