"""Turns every error into one form: a status, and JSON with a stable code, a message and facts.

Errors of Blockstore bring their code and their facts; here stands what each family means in HTTP.
No answer names a bundle that the caller may not see, unless the caller named it first.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import attrs
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from openedx_blockstore.exceptions import (
    BlockstoreError,
    Conflict,
    ImportRefused,
    InUse,
    Invalid,
    InvalidArchive,
    NotFound,
    PluginError,
    PluginFailed,
    StorageError,
)
from openedx_blockstore.models import Bundle
from openedx_blockstore.permissions import User, readable_bundles

logger = logging.getLogger(__name__)

#: What each family of errors means; the first that fits.
STATUSES: tuple[tuple[type[BlockstoreError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (InUse, 409),
    (InvalidArchive, 422),
    (ImportRefused, 422),
    (Invalid, 400),
    (StorageError, 503),
    (PluginError, 503),
    (PluginFailed, 503),
    # A commit without changes, as in the first Blockstore.
    (BlockstoreError, 400),
)

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HIDDEN = "(hidden)"


class InvalidReference(BlockstoreError):
    """A body refers to something that does not exist, or not for the caller."""

    def __init__(self, error: NotFound) -> None:
        self.code = error.code  # type: ignore[misc]  # the code of what is missing
        self.__dict__.update(error.__dict__)
        super().__init__(str(error))


class TooLarge(BlockstoreError):
    """A body is larger than a setting allows."""

    code = "too_large"

    def __init__(self, *, limit: int, setting: str) -> None:
        self.limit = limit
        self.setting = setting
        super().__init__(
            f"The body is larger than the limit of {limit:,} bytes "
            f"(OPENEDX_BLOCKSTORE[{setting!r}])."
        )


def handle_error(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the answer to an error; None for one that nobody expected.

    The signature is the one that Django REST framework asks of an exception handler.
    """
    request: Request | None = context.get("request")
    headers: dict[str, str] = {}
    if isinstance(error, BlockstoreError):
        status, body = _blockstore(error)
        # What an archive names was named by whoever sent it.
        if not isinstance(error, (InvalidArchive, ImportRefused)):
            body = _redacted(body, request)
    elif (found := _django(error)) is not None:
        status, body = found
    elif isinstance(error, drf.APIException):
        status, body = _rest_framework(error)
        if scheme := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = scheme
        if "wait" in body["facts"]:
            headers["Retry-After"] = str(body["facts"]["wait"])
    else:
        return None
    if status >= 500:  # noqa: PLR2004
        logger.error("%s: %s", body["code"], error, exc_info=error)
    # A host may run each request in a transaction.
    set_rollback()
    return Response(body, status=status, headers=headers)


def _blockstore(error: BlockstoreError) -> tuple[int, dict[str, Any]]:
    if isinstance(error, StorageError):
        # Its facts are names and messages of the storage, which are for those who run it.
        return 503, _body(error.code, "The storage failed; try again later.")
    if isinstance(error, (PluginError, PluginFailed)):
        # Likewise. Where plugins live and what they raise is in the log.
        return 503, _body(error.code, "A plugin of this server failed; its operators can tell why.")
    if isinstance(error, TooLarge):
        status = 413
    else:
        status = next(status for family, status in STATUSES if isinstance(error, family))
    facts = {name: value for name, value in error.__dict__.items() if name != "code"}
    return status, _body(error.code, str(error), facts)


_DJANGO: tuple[tuple[tuple[type[Exception], ...], int, str, str], ...] = (
    ((Http404,), 404, "not_found", "There is nothing at this address."),
    ((PermissionDenied,), 403, "permission_denied", ""),
    ((RequestDataTooBig,), 413, "too_large", "The body is larger than the server takes."),
    ((SuspiciousOperation,), 400, "invalid", ""),
    ((DataError,), 400, "invalid", "A value does not fit into the database."),
    (
        (OperationalError, InterfaceError),
        503,
        "database_unavailable",
        "The database is busy; try again later.",
    ),
)


def _django(error: Exception) -> tuple[int, dict[str, Any]] | None:
    for families, status, code, message in _DJANGO:
        if isinstance(error, families):
            return status, _body(code, message or str(error) or "You may not do this.")
    return None


_CODES: tuple[tuple[type[drf.APIException], int, str], ...] = (
    (drf.NotAuthenticated, 401, "not_authenticated"),
    (drf.AuthenticationFailed, 401, "authentication_failed"),
    (drf.PermissionDenied, 403, "permission_denied"),
    (drf.NotFound, 404, "not_found"),
    (drf.MethodNotAllowed, 405, "method_not_allowed"),
    (drf.UnsupportedMediaType, 415, "unsupported_media_type"),
    (drf.Throttled, 429, "throttled"),
    (drf.ParseError, 400, "parse_error"),
)


def _rest_framework(error: drf.APIException) -> tuple[int, dict[str, Any]]:
    if isinstance(error, drf.ValidationError):
        fields = error.get_full_details()
        return 400, _body("invalid", _sentence(error.detail), {"fields": _messages(fields)})
    for family, status, code in _CODES:
        if isinstance(error, family):
            facts = {}
            if (wait := getattr(error, "wait", None)) is not None:
                facts["wait"] = int(wait) + 1
            return status, _body(code, str(error.detail), facts)
    return error.status_code, _body(str(error.default_code), str(error.detail))


def _messages(details: Any) -> Any:
    """Return what is wrong with each field: its name, and for each fault a code and a message."""
    if isinstance(details, Mapping) and {"message", "code"} != set(details):
        return {str(name): _messages(value) for name, value in details.items()}
    return details


def _sentence(detail: Any, name: str = "") -> str:
    """Return the first fault as a sentence."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            own = "" if key == "non_field_errors" else str(key)
            return _sentence(value, f"{name}.{own}".strip("."))
    if isinstance(detail, (list, tuple)):
        for value in detail:
            if value:
                return _sentence(value, name)
    return f"{name}: {detail}" if name else str(detail)


def _body(code: str, message: str, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "facts": _plain(facts or {})}


def _plain(value: Any) -> Any:
    """Return a fact as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if attrs.has(type(value)):
        return {a.name: _plain(getattr(value, a.name)) for a in attrs.fields(type(value))}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


# What must not be told ---------------------------------------------------------------------------


def _redacted(body: dict[str, Any], request: Request | None) -> dict[str, Any]:
    """Take out of an error what the caller may not see and has not named."""
    if request is None:
        return body
    told = _uuids(body) - _uuids(_asked(request))
    hidden = hidden_bundles(request.user, told) if told else set()
    return _without(body, hidden) if hidden else body


def _asked(request: Request) -> list[Any]:
    """Return what a caller has sent, as far as it was read."""
    return [request.get_full_path(), getattr(request, "_full_data", None)]


def _uuids(value: Any) -> set[str]:
    return {uuid.lower() for text in _texts(value) for uuid in _UUID.findall(text)}


def hidden_bundles(user: User, uuids: Iterable[str]) -> set[str]:
    """Return those that are UUIDs of bundles that a user may not see."""
    wanted = [UUID(text) for text in uuids]
    rows = Bundle.objects.filter(uuid__in=wanted[:1000])
    seen = readable_bundles(user).filter(uuid__in=wanted[:1000])
    return {
        str(uuid)
        for uuid in set(rows.values_list("uuid", flat=True))
        - set(seen.values_list("uuid", flat=True))
    } | {str(uuid) for uuid in wanted[1000:]}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _without(value: Any, hidden: set[str]) -> Any:
    if isinstance(value, str):
        for uuid in hidden:
            value = re.sub(rf"{uuid}(?:@\d+)?", _HIDDEN, value, flags=re.IGNORECASE)
        return value
    if isinstance(value, dict):
        return {key: _without(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, hidden) for item in value]
    return value
