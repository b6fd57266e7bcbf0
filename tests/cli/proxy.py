"""Stands between the client and a server: counts bytes, slows them down, loses or refuses some."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from typing import Self

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)
_CHUNK = 64 * 2**10


class Proxy:
    """A TCP proxy on a free port.

    Attributes:
        sent: Bytes that the client has sent.
        received: Bytes that it was sent.
        bytes_per_second: How fast they go, in either direction; None for as fast as they can.
        busy: So many connections are answered with 503 instead of being passed on.
        cut_after: A connection is closed after so many bytes of answer; so often as it says.
        cuts: How many connections are still to be cut.
    """

    def __init__(self, port: int, *, bytes_per_second: int | None = None) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.sent = 0
        self.received = 0
        self.busy = 0
        self.cut_after = 0
        self.cuts = 0
        self.bytes_per_second = bytes_per_second
        self._lock = threading.Lock()
        self._closed = threading.Event()

    @property
    def url(self) -> str:
        """The address that the client is given."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            with self._lock:
                refuse = self.busy > 0
                self.busy -= refuse
            if refuse:
                with contextlib.suppress(OSError):
                    client.recv(_CHUNK)
                    client.sendall(_BUSY)
                return
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self._target)) as server,
            ):
                self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        answered = 0
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while not self._closed.is_set():
                for key, _events in selector.select(timeout=0.2):
                    source, target = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    data = source.recv(_CHUNK)
                    if not data:
                        return
                    if self.bytes_per_second:
                        time.sleep(len(data) / self.bytes_per_second)
                    target.sendall(data)
                    if source is client:
                        self.sent += len(data)
                        continue
                    self.received += len(data)
                    answered += len(data)
                    if self.cuts > 0 and answered > self.cut_after:
                        self.cuts -= 1
                        return
