"""A connection that is cut again and again, and an application in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import re
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from attrs import frozen
from django.conf import settings

from tests import processes

_RESET = struct.pack("ii", 1, 0)


class CuttingProxy:
    """Passes bytes on to a server, counts them, and cuts all connections at some of the counts.

    Args:
        cuts: After how many bytes to the server, in all, the connections are cut.
    """

    def __init__(self, host: str, port: int, cuts: Sequence[int]) -> None:
        self._upstream = (host, port)
        self._cuts = list(cuts)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.sent = 0
        self.done_cuts = 0

    @property
    def address(self) -> str:
        """Where clients connect to."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()
        self._cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._upstream)
            with self._lock:
                self._open |= {client, server}
            for source, target, counted in ((client, server, True), (server, client, False)):
                threading.Thread(
                    target=self._pump, args=(source, target, counted), daemon=True
                ).start()

    def _pump(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(256 * 2**10):
                target.sendall(data)
                if counted:
                    self._count(len(data))
            target.shutdown(socket.SHUT_WR)

    def _count(self, size: int) -> None:
        with self._lock:
            self.sent += size
            due = bool(self._cuts) and self.sent >= self._cuts[0]
            if due:
                self._cuts.pop(0)
                self.done_cuts += 1
        if due:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            cut, self._open = self._open, set()
        for each in cut:
            # A reset, not an orderly end.
            with contextlib.suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@frozen
class Application:
    """An application in a process of its own.

    Attributes:
        port: Where it listens, on the loopback interface.
    """

    port: int
    pid: int

    def peak_memory(self) -> int:
        """The most bytes of memory that it has ever had (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def application() -> Iterator[Application]:
    """Run an application that shares this test's database and storage."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(
        target=_serve,
        args=(there, *processes.shared_settings()),
        daemon=True,
    )
    process.start()
    try:
        assert here.poll(60)
        assert process.pid is not None
        yield Application(here.recv(), process.pid)
    finally:
        process.terminate()
        process.join(20)


def _serve(
    there: Connection, database: str, storages: dict[str, Any], blockstore: dict[str, Any]
) -> None:
    processes.set_up(database, storages, blockstore)
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: PLC0415
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["*"]
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    there.send(server.server_port)
    server.serve_forever()
