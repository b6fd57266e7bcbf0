"""The OpenAPI document: how operations are described, and what is said of the whole."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, Literal

from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from openedx_blockstore import __version__
from openedx_blockstore.rest_api.plugin_urls import HOST_PREFIX, mounted, plugin_urls

#: Statuses of errors that any operation may have, for callers who are logged in or not.
_ALWAYS = (401, 429, 503)

_REASONS = {
    400: "Something that was sent can not be accepted.",
    401: "Not logged in.",
    403: "The caller may see this, but not do that.",
    404: "It does not exist, or the caller may not see it.",
    409: "Somebody else changed the same, or something still needs what is to go.",
    413: "The body is too large.",
    415: "The body has a type that is not taken here.",
    422: "An archive that can not be imported.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The storage or the database failed; try again later.",
}

_EXAMPLES: dict[int, dict[str, Any]] = {
    400: {
        "code": "invalid_path",
        "message": "'../x' is not a possible path: it has a part '..'.",
        "facts": {"path": "../x", "reason": "it has a part '..'"},
    },
    401: {
        "code": "not_authenticated",
        "message": "Authentication credentials were not provided.",
        "facts": {},
    },
    403: {
        "code": "permission_denied",
        "message": "This needs the role of an author on the collection.",
        "facts": {},
    },
    404: {
        "code": "bundle_not_found",
        "message": "There is no bundle 3f1cbb29-5f1f-4f0e-8a4e-6d0b8c3c9a11.",
        "facts": {"bundle_uuid": "3f1cbb29-5f1f-4f0e-8a4e-6d0b8c3c9a11"},
    },
    409: {
        "code": "draft_conflict",
        "message": (
            "Draft 8a0e4b52-7d5e-4a57-9b0e-0d6f5a2f6c11 conflicts with changes by others: u1.xml: "
            "expected 9f86d081…, found 60303ae2…."
        ),
        "facts": {
            "draft_uuid": "8a0e4b52-7d5e-4a57-9b0e-0d6f5a2f6c11",
            "conflicts": [
                {
                    "path": "u1.xml",
                    "expected": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "actual": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
                    "mine": "fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
                }
            ],
        },
    },
    413: {
        "code": "too_large",
        "message": (
            "The body is larger than the limit of 67,108,864 bytes "
            "(OPENEDX_BLOCKSTORE['REST_MAX_JSON_BYTES'])."
        ),
        "facts": {"limit": 67108864, "setting": "REST_MAX_JSON_BYTES"},
    },
    415: {
        "code": "unsupported_media_type",
        "message": 'Unsupported media type "text/plain" in request.',
        "facts": {},
    },
    422: {
        "code": "invalid_archive",
        "message": "The archive can not be imported: it is neither a .tar.gz nor a .zip.",
        "facts": {"reason": "it is neither a .tar.gz nor a .zip", "entry": None},
    },
    429: {
        "code": "throttled",
        "message": "Request was throttled. Expected available in 7 seconds.",
        "facts": {"wait": 8},
    },
    503: {
        "code": "storage_error",
        "message": "The storage failed; try again later.",
        "facts": {},
    },
}


class ErrorSerializer(serializers.Serializer[Any]):
    """What every error answers."""

    code = serializers.CharField(help_text="For programs; stable.")
    message = serializers.CharField(help_text="For people.")
    facts = serializers.DictField(
        child=serializers.JSONField(), help_text="What the error is about, by name."
    )


_UUID = OpenApiTypes.UUID
_NUMBER = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}

#: What stands in a path, by its name.
_PATH_PARAMETERS: dict[str, tuple[Any, str]] = {
    "collection_uuid": (_UUID, "The collection."),
    "bundle_uuid": (_UUID, "The bundle."),
    "draft_uuid": (_UUID, "The draft."),
    "job_uuid": (_UUID, "The job."),
    "version_num": (_NUMBER, "The number of the version."),
    "path": (OpenApiTypes.STR, "The path of the file; it may have slashes in it."),
}


Direction = Literal["request", "response"]


class BlockstoreSchema(AutoSchema):
    """Describes an operation, with the errors that it may have."""

    def get_override_parameters(self) -> list[Any]:
        """Say of what kind the variables in the path are."""
        return [
            OpenApiParameter(name, kind, OpenApiParameter.PATH, description=text, required=True)
            for name, (kind, text) in _PATH_PARAMETERS.items()
            if f"{{{name}}}" in self.path
        ]

    def get_tags(self) -> list[str]:
        """Group operations by the resource, the first part of their paths."""
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        return [parts[1].partition("/")[0]] if len(parts) > 1 else ["about"]

    def get_operation_id(self) -> str:
        """Name an operation after what it does, as its view says, or after its path."""
        name = "_".join(
            part.strip("{}").replace("},{", "_")
            for part in self.path.split("/")[2:]
            if part and not part.startswith("{")
        )
        single = "_one" if self.path.endswith("}") else ""
        return f"{self.method.lower()}_{name or 'root'}{single}"

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in sorted(self._error_statuses()):
            bodies.setdefault(str(status), self._error_body(status))
        return dict(sorted(bodies.items()))

    def _error_statuses(self) -> Iterable[int]:
        yield from _ALWAYS
        if "{" in self.path:
            yield 404
        errors = getattr(self.view, "errors", {})
        if self.method != "GET" or errors.get("query"):
            yield 400
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            yield 403
        if self.method in {"POST", "PUT", "PATCH"}:
            yield from (413, 415)
        yield from errors.get(self.method.lower(), ())

    def _error_body(self, status: int) -> dict[str, Any]:
        reference = self.resolve_serializer(ErrorSerializer, "response").ref
        return {
            "description": _REASONS[status],
            "content": {
                "application/json": {
                    "schema": reference,
                    "examples": {_EXAMPLES[status]["code"]: {"value": _EXAMPLES[status]}},
                }
            },
        }


#: What drf-spectacular is told while it looks at our addresses, whatever the host tells it.
SPECTACULAR: dict[str, Any] = {
    "TITLE": "Blockstore",
    "VERSION": __version__,
    "DESCRIPTION": (
        "Stores learning content: small, re-usable, versioned groups of files.\n\n"
        "Errors are JSON with a stable `code`, a `message` for people, and `facts`. Lists come in "
        "pages: follow `next` until it is null. What a caller may not see answers as what does "
        "not exist."
    ),
    "LICENSE": {"name": "AGPL-3.0", "url": "https://www.gnu.org/licenses/agpl-3.0.html"},
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SCHEMA_PATH_PREFIX": "/v1",
    "PREPROCESSING_HOOKS": [],
    "POSTPROCESSING_HOOKS": [],
    "SORT_OPERATIONS": True,
    "AUTHENTICATION_WHITELIST": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "token": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Token …`, where tokens are set up; or `JWT …`.",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "A browser's session; writing needs the CSRF token, too.",
            },
        }
    },
}


def build_schema(*, server: str) -> dict[str, Any]:
    """Return the OpenAPI document.

    Args:
        server: What stands before ``/v1/…`` in the addresses of this installation.
    """
    with patched_settings({**SPECTACULAR, "SERVERS": [{"url": server}]}):
        patterns = [
            path("v1/", include("openedx_blockstore.rest_api.v1.urls")),
            *(
                mounted(urls, below="^")
                for urls in plugin_urls()
                if urls.regex.startswith(HOST_PREFIX)
            ),
        ]
        generator: Any = SchemaGenerator
        document: dict[str, Any] = generator(patterns=patterns).get_schema(
            request=None, public=True
        )
    security: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
    for operations in document["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation["security"] = security
    return document


@functools.lru_cache(maxsize=8)
def cached_schema(server: str) -> dict[str, Any]:
    """Return what :func:`build_schema` returns, made once."""
    return build_schema(server=server)
