"""The Python API of search: what is where, and which file is used where.

As the core's, it is for trusted code in the same process: it checks what it is given, and no
permissions but the one that makes a search what it is: results hold only what the user may see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

from openedx_blockstore.plugin_api.search_backends import (
    MAX_FILTER_VALUES,
    Filter,
    SearchQuery,
    SearchResults,
)
from openedx_blockstore.plugin_rest import User, readable_collections, sees_everything
from openedx_blockstore_search.conf import get_settings
from openedx_blockstore_search.data import FileUsage, UnusedFiles
from openedx_blockstore_search.exceptions import InvalidSearch
from openedx_blockstore_search.indexing.engines import get_engine
from openedx_blockstore_search.parts.languages import as_language
from openedx_blockstore_search.parts.vocabulary import SAME_TYPES
from openedx_blockstore_search.usage.files import (
    MAX_LIMIT,
    find_unused,
    find_usage,
    read_path_cursor,
)

#: What can be found.
KINDS = ("bundle", "file", "part")

#: In which order.
SORTS = ("relevance", "title", "newest")

#: Other names of types, as somebody may look for them.
_TYPE_NAMES = {**SAME_TYPES, "sequence": "sequential"}

Versions = Literal["latest", "all"] | int
Sort = Literal["relevance", "title", "newest"]


def search(
    query: str = "",
    *,
    user: User | None = None,
    collections: Iterable[UUID | str] | None = None,
    bundles: Iterable[UUID | str] | None = None,
    kinds: Iterable[str] | None = None,
    types: Iterable[str] | None = None,
    block_types: Iterable[str] | None = None,
    tags: Iterable[str] | None = None,
    licences: Iterable[str] | None = None,
    languages: Iterable[str] | None = None,
    traits: Mapping[str, Iterable[str]] | None = None,
    parents: Iterable[str] | None = None,
    references: Iterable[str] | None = None,
    versions: Versions = "latest",
    facets: Iterable[str] = (),
    facet_size: int = 20,
    sort: Sort = "relevance",
    cursor: str = "",
    limit: int | None = None,
) -> SearchResults:
    """Find bundles, files and parts of them. Of each filter, one of the values must fit.

    Args:
        query: Words that must all be there; ``"words in a row"``, ``begin*``, ``-not``. Empty for
            everything.
        user: Who asks; the results hold only what they may see. None for trusted code.
        collections: Only in these.
        bundles: Only in these.
        kinds: ``bundle``, ``file``, ``part``.
        types: The types of the bundles.
        block_types: The types of parts, such as ``problem``.
        tags: Each as ``taxonomy:tag``; what has a tag below is found as well.
        licences: Identifiers of licences.
        languages: BCP 47 tags.
        traits: What else parts have, by name, such as ``{"response": ["numerical"]}``.
        parents: The keys of parts around what is looked for.
        references: Names of files that it refers to.
        versions: States of ``latest`` versions, of ``all``, or of the versions with a number.
        facets: Fields whose values are to be counted over all results: ``block_type``,
            ``collection``, ``tag``, ``trait:response``, …
        facet_size: How many values of each.
        sort: ``relevance``, ``title`` or ``newest``.
        cursor: From the page before, with otherwise the same arguments.
        limit: Results on the page, at most 100, 0 for nothing but what is known of all; None for
            the setting ``PAGE_SIZE``.

    Returns:
        A page of results, with what is known of all.

    Raises:
        InvalidSearch, InvalidQuery: An argument is wrong; it says which, and what it may be.
        IndexMissing: Nothing was indexed yet.
        SearchUnavailable: The engine does not answer.
    """
    inside = _uuids("collections", collections)
    filters = [
        _filter("collection", inside),
        _filter("bundle", _uuids("bundles", bundles)),
        _filter("kind", _choices("kinds", kinds, KINDS)),
        _filter("bundle_type", _texts("types", types)),
        _filter("block_type", _types(block_types)),
        _filter("tag", _texts("tags", tags)),
        _filter("licence", _texts("licences", licences)),
        _filter("language", _languages(languages)),
        _filter("parent", _texts("parents", parents)),
        _filter("reference", _texts("references", references)),
        *(_filter(f"trait:{name}", _texts("traits", values)) for name, values in _traits(traits)),
    ]
    if not isinstance(query, str):
        raise InvalidSearch("query", f"a text is needed, not {query!r}.")
    if sort not in SORTS:
        raise InvalidSearch("sort", f"one of {', '.join(SORTS)}, not {sort!r}.")
    if not isinstance(cursor, str):
        raise InvalidSearch("cursor", "this is no cursor; take it from the page before.")
    return get_engine().search(
        SearchQuery(
            visible=visible_collections(user, inside),
            text=query,
            filters=tuple(each for each in filters if each is not None),
            versions=_versions(versions),
            facets=_texts("facets", facets) or (),
            facet_size=_number("facet_size", facet_size),
            sort=sort,
            limit=_number("limit", limit if limit is not None else get_settings().PAGE_SIZE),
            cursor=cursor,
            suggest=bool(query.strip()) and not cursor,
        )
    )


def visible_collections(
    user: User | None, among: Collection[str] | None = None
) -> frozenset[UUID] | None:
    """Return the collections in which a user may find something; None for all of them.

    Args:
        user: None for trusted code.
        among: Only these matter.
    """
    if user is None or sees_everything(user):
        return None
    rows = readable_collections(user)
    if among is not None:
        rows = rows.filter(uuid__in=list(among)[:MAX_FILTER_VALUES])
    return frozenset(rows.values_list("uuid", flat=True))


def get_file_usage(
    bundle_uuid: UUID | str, path: str, *, limit: int = 100, cursor: str = ""
) -> FileUsage:
    """Return which parts and files refer to a file, in its bundle and in those that link to it.

    It is about latest versions. A name counts if that is where it leads: beside the file that has
    it, then in its bundle, then through links.

    Args:
        limit: Places on the page, at most 1,000.
        cursor: From the page before.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleFileNotFound: Its latest version has no such file.
        BundleNotIndexed: What is in its latest version is not known yet.
        InvalidSearch: The limit or cursor is wrong.
    """
    if not isinstance(path, str):
        raise InvalidSearch("path", f"a text is needed, not {path!r}.")
    return find_usage(bundle_uuid, path, limit=_bounded(limit), cursor=cursor)


def get_unused_files(bundle_uuid: UUID | str, *, limit: int = 100, cursor: str = "") -> UnusedFiles:
    """Return the files of a bundle to which nothing refers, in it and in those that link to it.

    It is about latest versions. Files at the top of a bundle, which are found by their names, and
    what a course keeps beside its blocks, do not count as unused.

    Where something could not be read in full, the result names it: then a file may be used all the
    same.

    Args:
        limit: Files on the page, at most 1,000.
        cursor: From the page before.

    Raises:
        BundleNotFound: There is no such bundle.
        BundleNotIndexed: What is in its latest version is not known yet.
        InvalidSearch: The limit or cursor is wrong.
    """
    return find_unused(bundle_uuid, limit=_bounded(limit), after=read_path_cursor(cursor))


# Arguments ---------------------------------------------------------------------------------------


def _filter(field: str, values: tuple[str, ...] | None) -> Filter | None:
    return Filter(field, values) if values is not None else None


def _texts(name: str, values: Iterable[str] | None) -> tuple[str, ...] | None:
    if values is None:
        return None
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InvalidSearch(name, f"several texts are needed, not {values!r}.")
    given = tuple(values)
    if not all(isinstance(value, str) for value in given):
        raise InvalidSearch(name, "all of them must be texts.")
    found = tuple(dict.fromkeys(given))
    if len(found) > MAX_FILTER_VALUES:
        raise InvalidSearch(name, f"at most {MAX_FILTER_VALUES:,} values, not {len(found):,}.")
    return found


def _choices(
    name: str, values: Iterable[str] | None, known: Collection[str]
) -> tuple[str, ...] | None:
    found = _texts(name, values)
    for value in found or ():
        if value not in known:
            raise InvalidSearch(name, f"there is no {value!r}; there are: {', '.join(known)}.")
    return found


def _types(values: Iterable[str] | None) -> tuple[str, ...] | None:
    found = _texts("block_types", values)
    return None if found is None else tuple(_TYPE_NAMES.get(value, value) for value in found)


def _languages(values: Iterable[str] | None) -> tuple[str, ...] | None:
    found = _texts("languages", values)
    for value in found or ():
        if as_language(value) is None:
            raise InvalidSearch(
                "languages", f"{value!r} is no BCP 47 tag, such as 'en' or 'pt-BR'."
            )
    return None if found is None else tuple(as_language(value) or "" for value in found)


def _uuids(name: str, values: Iterable[UUID | str] | None) -> tuple[str, ...] | None:
    if values is None:
        return None
    if isinstance(values, (str, bytes, UUID)) or not isinstance(values, Iterable):
        raise InvalidSearch(name, f"several UUIDs are needed, not {values!r}.")
    try:
        return tuple(dict.fromkeys(str(UUID(str(value))) for value in values))
    except ValueError as error:
        raise InvalidSearch(name, "one of them is not a UUID.") from error


def _traits(traits: Any) -> Iterable[tuple[str, Iterable[str]]]:
    if traits is None:
        return ()
    if not isinstance(traits, Mapping) or not all(isinstance(name, str) for name in traits):
        raise InvalidSearch("traits", "a mapping from names to several texts is needed.")
    return traits.items()


def _versions(versions: Any) -> Any:
    is_number = isinstance(versions, int) and not isinstance(versions, bool)
    if versions in ("latest", "all") or (is_number and 1 <= versions < 2**31):
        return versions
    raise InvalidSearch("versions", f"'latest', 'all' or a number from 1, not {versions!r}.")


def _number(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidSearch(name, f"a number is needed, not {value!r}.")
    return value


def _bounded(limit: Any) -> int:
    if not 1 <= _number("limit", limit) <= MAX_LIMIT:
        raise InvalidSearch("limit", f"from 1 to {MAX_LIMIT:,}, not {limit}.")
    return int(limit)
