"""One HTTP request to a stranger: bounded in time and size, to an address that was judged.

It is built upon ``http.client`` alone. That follows no redirects, reads no proxies from the
environment, and lets us hand it the connected socket.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from openedx_blockstore_webhooks.addresses import (
    AddressRefused,
    IPAddress,
    Place,
    ResolutionTimedOut,
    Resolver,
    parse_url,
    resolve,
    system_resolver,
)
from openedx_blockstore_webhooks.conf import WebhooksSettings
from openedx_blockstore_webhooks.exceptions import InvalidWebhookURL

_REDIRECTS = range(300, 400)
_SUCCESSES = range(200, 300)
_MAX_MESSAGE = 500


@frozen
class Answer:
    """What came of a request.

    Attributes:
        status: None where there was no answer.
        error: A stable code; empty for a success.
        message: What went wrong, for people.
        address: Where the connection was made to, or was refused; empty before it came to that.
        retry_after: The header of that name, as it was sent.
    """

    status: int | None = None
    error: str = ""
    message: str = ""
    response: str = ""
    address: str = ""
    retry_after: str = ""
    seconds: float = field(default=0.0, eq=False)


class _Late(OSError):
    """The time that a request may take in all is over."""


class _Deadline:
    """Mixed into sockets: nothing on them lasts beyond a moment, however often it is called."""

    deadline: float | None = None

    def _tighten(self) -> None:
        if self.deadline is not None:
            self.settimeout(_left(self.deadline))  # type: ignore[attr-defined]

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._tighten()
        return int(super().recv_into(*args, **kwargs))  # type: ignore[misc]

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._tighten()
        return int(super().send(*args, **kwargs))  # type: ignore[misc]

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._tighten()
        super().sendall(*args, **kwargs)  # type: ignore[misc]


class _Socket(_Deadline, socket.socket):
    pass


class _TLSSocket(_Deadline, ssl.SSLSocket):
    pass


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise _Late
    return seconds


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was judged; the name stays that of the URL."""

    def __init__(
        self, place: Place, settings: WebhooksSettings, resolver: Resolver, deadline: float
    ) -> None:
        super().__init__(place.host, place.port)
        if place.scheme == "https":
            # What decides whether the port is named in the Host header.
            self.default_port = 443
        self.place, self._settings = place, settings
        self._resolver, self._deadline = resolver, deadline
        self.address = ""

    def connect(self) -> None:
        """Resolve, judge, connect, and make sure that it is who the URL names."""
        place = self.place
        addresses = resolve(
            place.host,
            place.port,
            self._settings,
            resolver=self._resolver,
            seconds=_left(self._deadline),
        )
        plain = self._connect_to_one(addresses)
        if place.scheme == "http":
            self.sock = plain
            return
        try:
            context = _context(self._settings.CA_FILE)
            plain.settimeout(_left(self._deadline))
            secure = context.wrap_socket(plain, server_hostname=place.host)
        except BaseException:
            plain.close()
            raise
        secure.deadline = self._deadline  # type: ignore[attr-defined]
        self.sock = secure

    def _connect_to_one(self, addresses: list[IPAddress]) -> socket.socket:
        for number, address in enumerate(addresses, start=1):
            self.address = str(address)
            family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004
            plain = _Socket(family, socket.SOCK_STREAM)
            try:
                plain.settimeout(_left(self._deadline) / (len(addresses) - number + 1))
                plain.connect((self.address, self.place.port))
            except BaseException as error:
                plain.close()
                if number == len(addresses) or not isinstance(error, OSError):
                    raise
            else:
                plain.deadline = self._deadline
                return plain
        raise AssertionError("there is at least one address")


def _context(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    context.sslsocket_class = _TLSSocket
    return context


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    settings: WebhooksSettings,
    *,
    resolver: Resolver = system_resolver,
) -> Answer:
    """Send something, and tell what came of it; nothing that a receiver does raises.

    Args:
        resolver: Says which addresses a host name has.
    """
    begun = time.monotonic()
    try:
        # Settings may have become stricter since the URL was accepted.
        place = parse_url(url, settings)
    except InvalidWebhookURL as error:
        return Answer(error="url_refused", message=str(error)[:_MAX_MESSAGE])
    connection = _Connection(place, settings, resolver, begun + settings.TIMEOUT_SECONDS)
    answer = _exchange(connection, body, headers, settings)
    return evolve(answer, message=answer.message[:_MAX_MESSAGE], seconds=time.monotonic() - begun)


def _exchange(
    connection: _Connection, body: bytes, headers: Mapping[str, str], settings: WebhooksSettings
) -> Answer:
    try:
        connection.request("POST", connection.place.target, body=body, headers=dict(headers))
        response = connection.getresponse()
        text = _beginning(response, settings.MAX_RESPONSE_BYTES)
    except Exception as error:
        code, message = _explain(error, settings)
        address = error.address if isinstance(error, AddressRefused) else connection.address
        if code is None:
            raise
        return Answer(error=code, message=message, address=address)
    finally:
        connection.close()
    error_code, message = _judge(response)
    return Answer(
        status=response.status,
        error=error_code,
        message=message,
        response=text,
        address=connection.address,
        retry_after=response.getheader("Retry-After") or "",
    )


def _beginning(response: http.client.HTTPResponse, size: int) -> str:
    # The answer is in the status: whatever is wrong with the body, or its length, changes nothing.
    received = b""
    try:
        while len(received) < size and (more := response.read1(size - len(received))):
            received += more
    except (OSError, http.client.HTTPException, ValueError):
        pass
    # Not every database takes NUL.
    return received.decode("utf-8", errors="replace").replace("\0", "\ufffd")


def _judge(response: http.client.HTTPResponse) -> tuple[str, str]:
    status = response.status
    if status in _SUCCESSES:
        return "", ""
    if status in _REDIRECTS:
        return (
            "redirect",
            f"The receiver answered {status}; redirects are not followed. Use the final URL.",
        )
    return "status", f"The receiver answered {status}; what counts as received is 200 to 299."


def _explain(error: Exception, settings: WebhooksSettings) -> tuple[str | None, str]:
    """Return a code and a message, or no code for what is our own defect."""
    explanations: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
        (AddressRefused, "address_refused", f"{error}."),
        (
            (_Late, TimeoutError, ResolutionTimedOut),
            "timeout",
            f"No answer within {settings.TIMEOUT_SECONDS} seconds (TIMEOUT_SECONDS).",
        ),
        (socket.gaierror, "name", f"The host name can not be resolved ({_said(error)})."),
        (
            ssl.SSLCertVerificationError,
            "certificate",
            f"The certificate is not accepted: {getattr(error, 'verify_message', error)}.",
        ),
        (ssl.SSLError, "tls", f"No secure connection: {getattr(error, 'reason', '') or error}."),
        (OSError, "connection", f"The connection failed: {_said(error)}."),
        (
            http.client.HTTPException,
            "protocol",
            f"The answer was not HTTP ({type(error).__name__}).",
        ),
    )
    return next(
        ((code, text) for kinds, code, text in explanations if isinstance(error, kinds)),
        (None, ""),
    )


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
