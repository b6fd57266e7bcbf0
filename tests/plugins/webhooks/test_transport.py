"""Requests to strangers: what they do to us stays within bounds."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from openedx_blockstore_webhooks.conf import WebhooksSettings
from openedx_blockstore_webhooks.transport import Answer, post
from tests.plugins.webhooks.receiving import Authority, Receiver, answer, receiving

LOCAL = WebhooksSettings(
    ALLOW_HTTP=True, PORTS=(), ALLOW_NETWORKS=["127.0.0.1/32"], TIMEOUT_SECONDS=2
)


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def send(
    url: str, settings: WebhooksSettings = LOCAL, *, body: bytes = b"{}", **options: object
) -> Answer:
    return post(url, body, {"X-Test": "1"}, settings, **options)  # type: ignore[arg-type]


def test_sent(server: Receiver) -> None:
    server.then = answer(202, b"thanks \xff\x00")
    found = send(server.url + "?a=b")
    assert (found.status, found.error, found.response) == (202, "", "thanks \ufffd\ufffd")
    assert found.address == "127.0.0.1"
    [request] = server.received
    assert request.headers["Host"] == f"127.0.0.1:{server.port}"
    assert request.headers["X-Test"] == "1"


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_other_statuses_are_failures(server: Receiver, status: int) -> None:
    server.then = answer(status, b"no", Retry_After="7")
    found = send(server.url)
    assert (found.status, found.error, found.retry_after) == (status, "status", "7")
    assert str(status) in found.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server: Receiver, status: int) -> None:
    with receiving() as inside:
        server.then = answer(status, Location=inside.url)
        found = send(server.url)
        assert (found.status, found.error) == (status, "redirect")
        assert inside.received == []


def test_proxies_of_the_environment_are_not_used(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert send(server.url).status == 204
        assert proxy.received == []


def test_this_machine_is_refused_unless_a_setting_allows_it(server: Receiver) -> None:
    settings = WebhooksSettings(ALLOW_HTTP=True, PORTS=())
    found = send(f"http://localhost:{server.port}/", settings)
    assert found.error == "address_refused"
    assert found.address in {"127.0.0.1", "::1"}
    assert "ALLOW_NETWORKS" in found.message
    assert send(server.url, settings).error == "url_refused"
    assert server.received == []


def test_a_name_that_changes_its_mind_is_judged_where_it_leads(server: Receiver) -> None:
    """DNS rebinding: public when it is judged, this machine when it is used."""
    asked = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    settings = WebhooksSettings(ALLOW_HTTP=True, PORTS=(), TIMEOUT_SECONDS=1)
    connected = []
    original = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "nobody is asked outside of this machine")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        first = send(f"http://example.com:{server.port}/", settings, resolver=rebinding)
    assert socket.socket.connect is original
    # One question, one judgement, and the socket went to what was judged.
    assert asked == ["example.com"]
    assert connected == [("8.8.8.8", server.port)]
    assert first.error == "connection"
    # The next request asks anew, and what it is told now is refused.
    second = send(f"http://example.com:{server.port}/", settings, resolver=rebinding)
    assert (second.error, second.address) == ("address_refused", "127.0.0.1")
    assert server.received == []


def test_the_connection_goes_to_the_address_and_the_name_to_the_server(server: Receiver) -> None:
    found = send(f"http://hooks.example:{server.port}/x", resolver=lambda *_: ["127.0.0.1"])
    assert found.status == 204
    assert server.received[0].headers["Host"] == f"hooks.example:{server.port}"


def test_the_next_address_is_tried_if_one_does_not_answer(server: Receiver) -> None:
    settings = WebhooksSettings(
        ALLOW_HTTP=True, PORTS=(), ALLOW_NETWORKS=["127.0.0.0/8"], TIMEOUT_SECONDS=5
    )
    found = send(
        f"http://hooks.example:{server.port}/",
        settings,
        resolver=lambda *_: ["127.0.0.9", "127.0.0.1"],
    )
    assert (found.status, found.address) == (204, "127.0.0.1")


def test_a_name_that_does_not_exist() -> None:
    assert send("http://nothing.invalid/").error == "name"


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        found = send(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert (found.status, found.error) == (None, "connection")


def _never(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(4)


def _drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(40):
        handler.wfile.write(b"X-%d: y\r\n" % number)
        time.sleep(0.1)


def _drip_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(40):
        handler.wfile.write(b"x")
        time.sleep(0.1)


def _endless_header(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"x" * 65536)


def _not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 smtp.example ESMTP\r\n")


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("behaviour", "errors"),
    [
        (_never, {"timeout"}),
        (_drip_headers, {"timeout"}),
        (_endless_header, {"protocol"}),
        (_not_http, {"protocol"}),
        (_hang_up, {"connection"}),
    ],
)
def test_rude_servers(server: Receiver, behaviour: object, errors: set[str]) -> None:
    server.then = behaviour  # type: ignore[assignment]
    begun = time.monotonic()
    found = send(server.url)
    assert time.monotonic() - begun < 3
    assert (found.status, found.error in errors) == (None, True), found


def test_a_body_that_drips_does_not_hold_us_up(server: Receiver) -> None:
    """The status says that it was received; the rest is read for as long as there is time."""
    server.then = _drip_body
    found = send(server.url)
    assert (found.status, found.error) == (200, "")
    assert found.seconds < 3
    assert set(found.response) == {"x"}


def _flood(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1_000_000):
        handler.wfile.write(b"y" * 65536)


def test_a_huge_answer_is_not_read(server: Receiver) -> None:
    server.then = _flood
    found = send(server.url)
    assert (found.status, found.error) == (200, "")
    assert found.response == "y" * 4096
    assert found.seconds < 2


def test_wrong_lengths_and_broken_chunks_change_nothing(server: Receiver) -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc")

    def broken(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc")

    server.behaviours = [short, broken]
    assert [send(server.url).status for _ in range(2)] == [200, 200]


def test_a_server_that_does_not_take_the_request() -> None:
    """It accepts the connection, and never reads."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        begun = time.monotonic()
        found = send(f"http://127.0.0.1:{listening.getsockname()[1]}/", body=b"x" * 50_000_000)
    assert found.error == "timeout"
    assert time.monotonic() - begun < 3


# Secure connections ------------------------------------------------------------------------------


def secure_settings(authority: Authority) -> WebhooksSettings:
    return WebhooksSettings(
        PORTS=(),
        ALLOW_NETWORKS=["127.0.0.1/32"],
        TIMEOUT_SECONDS=2,
        CA_FILE=str(authority.ca_file),
    )


def send_securely(authority: Authority, receiver: Receiver, host: str) -> Answer:
    return send(
        f"https://{host}:{receiver.port}/",
        secure_settings(authority),
        resolver=lambda *_: ["127.0.0.1"],
    )


def test_the_certificate_is_that_of_the_name(authority: Authority) -> None:
    names: list[str | None] = []
    context = authority.server_context("hooks.example")
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with receiving(context) as receiver:
        found = send_securely(authority, receiver, "hooks.example")
        assert (found.status, found.error) == (204, "")
        assert receiver.received[0].headers["Host"] == f"hooks.example:{receiver.port}"
        assert names == ["hooks.example"]
        other = send_securely(authority, receiver, "other.example")
        assert (other.status, other.error) == (None, "certificate")
        assert "other.example" in other.message
        assert len(receiver.received) == 1


def test_a_certificate_of_an_address(authority: Authority) -> None:
    with receiving(authority.server_context("127.0.0.1")) as receiver:
        assert send_securely(authority, receiver, "127.0.0.1").status == 204


def test_expired_and_unknown_certificates_are_refused(authority: Authority) -> None:
    with receiving(authority.server_context("hooks.example", days=-1)) as receiver:
        found = send_securely(authority, receiver, "hooks.example")
        assert (found.error, "expired" in found.message) == ("certificate", True)
    with receiving(authority.server_context("hooks.example")) as receiver:
        settings = WebhooksSettings(PORTS=(), ALLOW_NETWORKS=["127.0.0.1/32"])
        url = f"https://hooks.example:{receiver.port}/"
        assert send(url, settings, resolver=lambda *_: ["127.0.0.1"]).error == "certificate"
        assert receiver.received == []


def test_plain_http_where_tls_was_expected(server: Receiver, authority: Authority) -> None:
    found = send(
        f"https://hooks.example:{server.port}/",
        secure_settings(authority),
        resolver=lambda *_: ["127.0.0.1"],
    )
    assert found.error in {"tls", "connection", "timeout"}
    assert server.received == []


def test_a_handshake_that_hangs(authority: Authority) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        begun = time.monotonic()
        found = send(
            f"https://hooks.example:{listening.getsockname()[1]}/",
            secure_settings(authority),
            resolver=lambda *_: ["127.0.0.1"],
        )
    assert found.error == "timeout"
    assert time.monotonic() - begun < 3


def test_a_slow_secure_answer(authority: Authority) -> None:
    with receiving(authority.server_context("hooks.example")) as receiver:
        receiver.behaviours = [_drip_headers, _drip_body]
        first = send_securely(authority, receiver, "hooks.example")
        assert (first.error, first.seconds < 3) == ("timeout", True)
        second = send_securely(authority, receiver, "hooks.example")
        assert (second.status, second.error, second.seconds < 3) == (200, "", True)


def test_nothing_stays_open(server: Receiver) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("only Linux tells what a process has open")
    before = len(list(descriptors.iterdir()))
    server.behaviours = [answer(500), _not_http, _hang_up]
    for _ in range(20):
        send(server.url)
        send("http://127.0.0.1:1/")
    deadline = time.monotonic() + 5
    # The server closes its ends a moment later.
    while len(list(descriptors.iterdir())) > before + 5:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not [each for each in threading.enumerate() if each.name.startswith("resolve-")]
