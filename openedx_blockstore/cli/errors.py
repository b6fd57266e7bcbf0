"""What can go wrong, as a sentence, what to do about it, and the exit code that scripts see."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any


class ExitCode(enum.IntEnum):
    """What the program ends with; documented in ``docs/reference/client.rst``."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    NOT_ALLOWED = 5
    SERVER = 6
    REFUSED = 7
    LOCAL = 8
    INCOMPLETE = 9
    INTERRUPTED = 130


class ClientError(Exception):
    """Something that the user has to know.

    Attributes:
        code: For scripts; that of the server, where it has said what is wrong.
        message: A sentence.
        mend: What to do about it, or an empty text.
        exit_code: What the program ends with.
        facts: What else is known.
    """

    exit_code = ExitCode.FAILED
    default_code = "failed"

    def __init__(
        self,
        message: str,
        mend: str = "",
        *,
        code: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.code = code or self.default_code
        self.message = message
        self.mend = mend
        self.facts = dict(facts or {})
        super().__init__(message)


class UsageError(ClientError):
    """What was asked for makes no sense."""

    exit_code = ExitCode.USAGE
    default_code = "usage"


class NotFoundError(ClientError):
    """There is no such thing, or not for this user."""

    exit_code = ExitCode.NOT_FOUND
    default_code = "not_found"


class ConflictError(ClientError):
    """Others have changed the same. Nothing was overwritten."""

    exit_code = ExitCode.CONFLICT
    default_code = "conflict"


class NotAllowedError(ClientError):
    """The user is not logged in, or may not do this."""

    exit_code = ExitCode.NOT_ALLOWED
    default_code = "not_allowed"


class ServerError(ClientError):
    """The server can not be reached, or fails."""

    exit_code = ExitCode.SERVER
    default_code = "server"


class RefusedError(ClientError):
    """The server does not take what was sent."""

    exit_code = ExitCode.REFUSED
    default_code = "refused"


class LocalError(ClientError):
    """Something on this machine is in the way."""

    exit_code = ExitCode.LOCAL
    default_code = "local"


class IncompleteError(ClientError):
    """Most was done, but not all that was asked for is there."""

    exit_code = ExitCode.INCOMPLETE
    default_code = "incomplete"


class InterruptedByUserError(ClientError):
    """The user has had enough."""

    exit_code = ExitCode.INTERRUPTED
    default_code = "interrupted"
