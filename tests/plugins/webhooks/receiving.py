"""Receivers of webhooks: real HTTP servers on this machine, which behave as they are told."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook


@frozen
class Received:
    """One request."""

    headers: dict[str, str]
    body: str

    @property
    def payload(self) -> dict[str, Any]:
        """The body as JSON, unverified."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verify(self, secret: str) -> dict[str, Any]:
        """The body as JSON, after the signature was verified as receivers do it."""
        found: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return found


#: Answers a request: with the handler it may do whatever it likes to the connection.
Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer like this."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


@define
class Receiver:
    """A server, what it has received, and how it answers."""

    port: int
    scheme: str = "http"
    received: list[Received] = field(factory=list)
    #: One for each request; when they are used up, ``then``.
    behaviours: list[Behaviour] = field(factory=list)
    then: Behaviour = field(factory=lambda: answer(204))
    lock: threading.Lock = field(factory=threading.Lock)
    at_a_time: int = 0
    most_at_a_time: int = 0

    @property
    def url(self) -> str:
        """Where it receives."""
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def types(self) -> list[str]:
        """The types of what it has received."""
        return [each.payload["type"] for each in self.received]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            with receiver.lock:
                receiver.received.append(Received(dict(self.headers), body))
                behave = receiver.behaviours.pop(0) if receiver.behaviours else receiver.then
                receiver.at_a_time += 1
                receiver.most_at_a_time = max(receiver.most_at_a_time, receiver.at_a_time)
                self.answered = False
            try:
                behave(self)
            except OSError:
                pass  # whoever asked has gone
            finally:
                self.leave()

        def send_response(self, code: int, message: str | None = None) -> None:
            # Whoever asked may go on as soon as it has the answer, before this thread does.
            self.leave()
            super().send_response(code, message)

        def leave(self) -> None:
            with receiver.lock:
                receiver.at_a_time -= not self.answered
                self.answered = True

        def log_message(self, *_args: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_args: object) -> None:
        pass


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a server until the end of the block."""
    receiver = Receiver(port=0, scheme="https" if context is not None else "http")
    server = _Server(("127.0.0.1", 0), _handler(receiver))
    receiver.port = server.server_address[1]
    if context is not None:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@frozen
class Authority:
    """A certificate authority of our own."""

    ca_file: Path
    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> Authority:
        """Make one, with its certificate in a folder."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(
            "Test authority", key.public_key(), "Test authority", key, ca=True
        )
        ca_file = folder / "ca.pem"
        ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(ca_file, folder, key, certificate)

    def server_context(self, host: str, *, days: int = 1) -> ssl.SSLContext:
        """What a server for this host name needs; with negative days the certificate is expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(
            host, key.public_key(), "Test authority", self.key, host=host, days=days
        )
        path = self.folder / f"{host}{days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _certificate(
    subject: str,
    public_key: ec.EllipticCurvePublicKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    host: str = "",
    days: int = 1,
    ca: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if host:
        name: x509.GeneralName
        try:
            name = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
