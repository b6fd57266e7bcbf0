"""Searching, and which file is used where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from openedx_blockstore.plugin_api.search_backends import InvalidQuery, SearchUnavailable
from openedx_blockstore.plugin_rest import (
    PAGE,
    PluginView,
    extend_schema,
    visible_bundle,
    visible_bundles,
)
from openedx_blockstore_search import api
from openedx_blockstore_search.exceptions import InvalidSearch
from openedx_blockstore_search.rest_api.forms import (
    SEARCH,
    FileUsageSerializer,
    ResultsSerializer,
    UnusedFilesSerializer,
    show_results,
    show_use,
)

_BUNDLE = OpenApiParameter(
    "bundle_uuid", OpenApiTypes.UUID, description="The bundle.", required=True
)
_FILE = OpenApiParameter(
    "path", OpenApiTypes.STR, description="The path of the file.", required=True
)
_DEFAULT_LIMIT = 100


class EngineUnavailable(APIException):
    """The search engine does not answer. What is wrong with it is not for everybody to know."""

    status_code = 503

    def __init__(self, error: SearchUnavailable) -> None:
        self.default_code = error.code
        super().__init__("Searching is not possible at the moment; try again later.")


@contextmanager
def answering() -> Iterator[None]:
    """Answer 503 where the engine does not, and name parameters as callers know them."""
    try:
        yield
    except InvalidSearch as error:
        name = _PARAMETERS.get(error.parameter, error.parameter)
        raise InvalidSearch(name, error.problem) from error
    except InvalidQuery as error:
        name = _PARAMETERS.get(error.field, error.field)
        raise InvalidQuery(name, error.problem) from error
    except SearchUnavailable as error:
        raise EngineUnavailable(error) from error


class SearchView(PluginView):
    """Searching."""

    errors = {"query": (400,)}

    @extend_schema(parameters=SEARCH, responses=ResultsSerializer)
    def get(self, request: Request) -> Response:
        """Find bundles, files and parts of them, among those that the caller may see.

        Of the values of one parameter, which may be given several times, one must fit; of several
        parameters, all.
        """
        query = request.query_params
        traits = _traits(request)
        arguments: dict[str, Any] = {
            argument: query.getlist(name) for name, argument in _FILTERS.items() if name in query
        }
        with answering():
            found = api.search(
                query.get("q", ""),
                user=self.user,
                traits=traits or None,
                versions=_versions(query.get("versions", "latest")),
                facets=query.getlist("facet"),
                facet_size=_number(query.get("facet_size"), "facet_size", 20),
                sort=query.get("sort", "relevance"),  # type: ignore[arg-type]  # looked at there
                cursor=query.get("cursor", ""),
                limit=_number(query.get("limit"), "limit", None),
                **arguments,
            )
        return Response(show_results(found, _next(request, found.next_cursor)))


class FileUsageView(PluginView):
    """Who uses a file."""

    errors = {"query": (400,), "get": (404, 409)}

    @extend_schema(parameters=[_BUNDLE, _FILE, *PAGE], responses=FileUsageSerializer)
    def get(self, request: Request) -> Response:
        """List the parts and files that refer to a file, in its bundle and in its borrowers.

        Places in bundles that the caller may not see are counted, and not named.
        """
        bundle = visible_bundle(self.user, _required(request, "bundle_uuid"))
        usage = api.get_file_usage(
            bundle.uuid,
            _required(request, "path"),
            limit=_number(request.query_params.get("limit"), "limit", _DEFAULT_LIMIT),
            cursor=request.query_params.get("cursor", ""),
        )
        seen = visible_bundles(self.user, {use.bundle_uuid for use in usage.uses})
        shown = [show_use(use) for use in usage.uses if use.bundle_uuid in seen]
        return Response(
            {
                "next": _next(request, usage.next_cursor),
                "results": shown,
                "version": usage.version,
                "hidden": len(usage.uses) - len(shown),
                "uncertain": list(usage.uncertain),
            }
        )


class UnusedFilesView(PluginView):
    """Files that nobody uses."""

    errors = {"query": (400,), "get": (404, 409)}

    @extend_schema(parameters=[_BUNDLE, *PAGE], responses=UnusedFilesSerializer)
    def get(self, request: Request) -> Response:
        """List the files of a bundle to which nothing refers, in it and in all its borrowers.

        Files that could not be read in full are named: what they refer to may be used after all.
        """
        bundle = visible_bundle(self.user, _required(request, "bundle_uuid"))
        unused = api.get_unused_files(
            bundle.uuid,
            limit=_number(request.query_params.get("limit"), "limit", _DEFAULT_LIMIT),
            cursor=request.query_params.get("cursor", ""),
        )
        return Response(
            {
                "next": _next(request, unused.next_cursor),
                "results": list(unused.paths),
                "version": unused.version,
                "uncertain": list(unused.uncertain),
                "uncertain_borrowers": len(unused.uncertain_borrowers),
            }
        )


#: The parameters of the query that filter, and the arguments that they are.
_FILTERS = {
    "collection": "collections",
    "bundle": "bundles",
    "kind": "kinds",
    "type": "types",
    "block_type": "block_types",
    "tag": "tags",
    "licence": "licences",
    "language": "languages",
    "parent": "parents",
    "reference": "references",
}


#: The names of parameters by those of the arguments that they are, and of what engines are asked.
_PARAMETERS = {
    **{argument: name for name, argument in _FILTERS.items()},
    "query": "q",
    "text": "q",
    "facets": "facet",
}


def _traits(request: Request) -> dict[str, list[str]]:
    traits: dict[str, list[str]] = defaultdict(list)
    traits["response"] = request.query_params.getlist("response")
    for given in request.query_params.getlist("trait"):
        name, colon, value = given.partition(":")
        if not colon or not name:
            raise ValidationError({"trait": "Give name:value, such as response:numerical."})
        traits[name].append(value)
    return {name: values for name, values in traits.items() if values}


def _versions(given: str) -> Any:
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 10 else given  # noqa: PLR2004


def _number(given: str | None, name: str, default: Any) -> Any:
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 9):  # noqa: PLR2004
        raise ValidationError({name: "Give a number."})
    return int(given)


def _required(request: Request, name: str) -> str:
    given = request.query_params.get(name, "")
    if not given:
        raise ValidationError({name: "This is needed."})
    return str(given)


def _next(request: Request, cursor: str | None) -> str | None:
    """Return the address of the next page, if there is one."""
    if cursor is None:
        return None
    parameters = [
        (name, value)
        for name, values in request.query_params.lists()
        for value in values
        if name != "cursor"
    ]
    query = urlencode([*parameters, ("cursor", cursor)])
    return str(request.build_absolute_uri(f"{request.path}?{query}"))
