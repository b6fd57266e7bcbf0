"""HTTP: one request at a time, tried again where that is right, with errors made into sentences."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
import requests.auth
from requests.adapters import HTTPAdapter

from openedx_blockstore import __version__
from openedx_blockstore.cli.errors import (
    ClientError,
    ConflictError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    ServerError,
)

#: How often a request is tried before the server counts as down.
ATTEMPTS_VARIABLE = "BLOCKSTORE_ATTEMPTS"

_ATTEMPTS = 6
_TIMEOUT = (10.0, 120.0)
_LONGEST_WAIT = 60.0
# The server has not done it, and says so.
_BUSY = frozenset({429, 503})
# A proxy in between has lost it; it may have been done.
_LOST = frozenset({502, 504})
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_POOL = 32

#: Opens the body of a request anew for each attempt, and says how long it is.
Body = Callable[[], "SizedBody"]


class SizedBody:
    """The body of a request: a file, of which exactly so many bytes are sent."""

    def __init__(
        self, file: BinaryIO, size: int, progress: Callable[[int], None] | None = None
    ) -> None:
        self._file = file
        self._left = size
        self._progress = progress
        self.size = size

    def __len__(self) -> int:
        return self._left

    def read(self, count: int = -1) -> bytes:
        """Read on."""
        wanted = self._left if count < 0 else min(count, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        if self._progress is not None:
            self._progress(len(data))
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _TokenAuth(requests.auth.AuthBase):
    """The token; set this way, so that no ``.netrc`` takes its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Token {self._token}"
        return request


class Transport:
    """Sends requests; from several threads, if need be.

    Args:
        token: Of the user; empty for nobody.
        notify: Is told in a sentence that, and why, something takes longer.
    """

    def __init__(self, token: str, notify: Callable[[str], None] | None = None) -> None:
        self._auth = _TokenAuth(token)
        self._notify = notify or (lambda _text: None)
        self._sessions = threading.local()
        self._attempts = _attempts()

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        auth: requests.auth.AuthBase | tuple[str, str] | None = None,
    ) -> requests.Response:
        """Return the answer to a request, if it is a good one.

        Args:
            stream: Leave the body of the answer to be read bit by bit.
            auth: How to log in, if not by the token.

        Raises:
            ClientError: It is not.
        """
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                response = self._once(
                    method,
                    url,
                    body,
                    params=params,
                    json=json,
                    headers=headers,
                    stream=stream,
                    auth=auth or self._auth,
                )
            except requests.RequestException as error:
                if last or not _may_repeat(method, error):
                    raise _unreachable(url, error) from error
                self._wait(attempt, None, "The connection was lost")
                continue
            status = response.status_code
            if not last and (status in _BUSY or (status in _LOST and method in _REPEATABLE)):
                wait = response.headers.get("Retry-After")
                response.close()
                self._wait(attempt, wait, f"The server is busy ({status})")
                continue
            if status >= 400:  # noqa: PLR2004
                raise error_of(response)
            return response
        raise AssertionError  # pragma: no cover  (the last attempt returns or raises)

    def wait(self, attempt: int, what: str) -> None:
        """Wait before another attempt at something, longer each time."""
        self._wait(attempt, None, what)

    @property
    def attempts(self) -> int:
        """How often to try."""
        return self._attempts

    def _once(self, method: str, url: str, body: Body | None, **options: Any) -> requests.Response:
        headers = {**(options.pop("headers") or {})}
        if body is None:
            return self._session().request(
                method, url, headers=headers, timeout=_TIMEOUT, **options
            )
        opened = body()
        headers.setdefault("Content-Type", "application/octet-stream")
        try:
            # An empty file would be sent without saying how long it is.
            data: Any = opened if opened.size else b""
            return self._session().request(
                method, url, data=data, headers=headers, timeout=_TIMEOUT, **options
            )
        finally:
            opened.close()

    def _session(self) -> requests.Session:
        if not hasattr(self._sessions, "session"):
            session = requests.Session()
            adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_POOL)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            session.headers["User-Agent"] = f"blockstore/{__version__}"
            # The bytes as they are, so that digests and ranges are those of the file.
            session.headers["Accept-Encoding"] = "identity"
            self._sessions.session = session
        session = self._sessions.session
        assert isinstance(session, requests.Session)
        return session

    def _wait(self, attempt: int, retry_after: str | None, what: str) -> None:
        seconds = min(_LONGEST_WAIT, 0.25 * 2**attempt) * random.uniform(0.75, 1.25)  # noqa: S311
        if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
            seconds = min(_LONGEST_WAIT, max(seconds, float(retry_after)))
        self._notify(f"{what}; trying again in {seconds:.0f} s.")
        time.sleep(seconds)


def _attempts() -> int:
    given = os.environ.get(ATTEMPTS_VARIABLE, "")
    return max(1, int(given)) if given.isascii() and given.isdigit() else _ATTEMPTS


def _may_repeat(method: str, error: requests.RequestException) -> bool:
    """Tell whether a request that got no answer may be sent again."""
    if isinstance(
        error,
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
            requests.exceptions.SSLError,
            requests.exceptions.TooManyRedirects,
        ),
    ):
        return False
    return method in _REPEATABLE or isinstance(error, requests.exceptions.ConnectTimeout)


def _unreachable(url: str, error: requests.RequestException) -> ServerError:
    place = urlsplit(url).netloc or url
    if isinstance(error, requests.exceptions.SSLError):
        return ServerError(
            f"{place} can not prove who it is ({error}).",
            "If it has a certificate of its own, name it with REQUESTS_CA_BUNDLE.",
            code="certificate",
        )
    reason = "it does not answer" if isinstance(error, requests.Timeout) else "no connection"
    return ServerError(
        f"{place} can not be reached: {reason}.",
        "Check the address and the network, and try again; what was done so far is kept.",
        code="unreachable",
    )


# Errors ------------------------------------------------------------------------------------------

_FAMILIES: tuple[tuple[frozenset[int], type[ClientError], str], ...] = (
    (frozenset({401}), NotAllowedError, "Log in: blockstore login"),
    (frozenset({403}), NotAllowedError, "Ask an admin of the collection for a role on it."),
    (
        frozenset({404, 410}),
        NotFoundError,
        "Check the UUID; what you may not see looks as if it were not there.",
    ),
    (frozenset({409, 412}), ConflictError, ""),
    (frozenset({429, 500, 502, 503, 504}), ServerError, "Try again later."),
)


def error_of(response: requests.Response) -> ClientError:
    """Return the error that an answer tells of."""
    status = response.status_code
    code, message = "", ""
    facts: dict[str, Any] = {}
    try:
        document = response.json()
    except (ValueError, requests.RequestException):
        document = None
    if isinstance(document, dict):
        code, message = str(document.get("code", "")), str(document.get("message", ""))
        facts = document["facts"] if isinstance(document.get("facts"), dict) else {}
    response.close()
    message = message or f"The server answered {status} {response.reason}."
    facts = {**facts, "status": status, "address": response.url}
    for statuses, family, mend in _FAMILIES:
        if status in statuses:
            return family(message, mend, code=code, facts=facts)
    if status > 500:  # noqa: PLR2004
        return ServerError(message, "Try again later.", code=code, facts=facts)
    return RefusedError(message, code=code, facts=facts)
