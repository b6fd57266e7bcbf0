"""Redis, from Debian's ``redis-server``: the broker of Celery."""

from __future__ import annotations

import importlib.util
import socket
from typing import ClassVar

from tests.services.base import Server, ServerMissingError, find_program

_HINT = "apt-get install redis-server"


class Redis(Server):
    """A Redis that keeps nothing."""

    name: ClassVar[str] = "redis"
    packages: ClassVar[tuple[str, ...]] = ("redis-server",)

    @classmethod
    def check(cls) -> None:
        """Look for the program and the client."""
        cls._program()
        if importlib.util.find_spec("redis") is None:
            raise ServerMissingError("the client redis is not installed (pip install redis)")

    def prepare(self) -> None:
        """Nothing."""

    def command(self) -> list[str]:
        """In the foreground, in memory."""
        return [
            self._program(),
            *("--port", str(self.port)),
            *("--bind", "127.0.0.1"),
            *("--dir", str(self.folder)),
            *("--save", ""),
            *("--appendonly", "no"),
        ]

    def answers(self) -> bool:
        """Whether it answers, and not only listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def environment(self) -> dict[str, str]:
        """Its URL."""
        return {"BLOCKSTORE_TEST_REDIS_URL": self.url}

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    @staticmethod
    def _program() -> str:
        return find_program("redis-server", beside=("/usr/bin",), hint=_HINT)
