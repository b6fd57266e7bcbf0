"""PostgreSQL, from Debian's ``postgresql``."""

from __future__ import annotations

import importlib.util
import signal
from pathlib import Path
from typing import ClassVar

from tests.services.base import Server, ServerMissingError, find_program

_HINT = "apt-get install postgresql"


class PostgreSQL(Server):
    """A PostgreSQL server that trusts whoever connects."""

    name: ClassVar[str] = "postgresql"
    packages: ClassVar[tuple[str, ...]] = ("postgresql",)
    account: ClassVar[str | None] = "postgres"
    # The "fast shutdown": sessions are ended, and the server's children with it.
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    @classmethod
    def check(cls) -> None:
        """Look for the programs and the driver."""
        cls._program("initdb")
        cls._program("postgres")
        if importlib.util.find_spec("psycopg") is None:
            raise ServerMissingError(
                "the driver psycopg is not installed (pip install 'psycopg[binary]')"
            )

    def prepare(self) -> None:
        """Create the cluster."""
        self.own(self.folder / "run")
        self.run(
            self._program("initdb"),
            f"--pgdata={self.folder / 'run' / 'data'}",
            "--username=blockstore",
            "--auth=trust",
            "--encoding=UTF8",
            # Any host's collation will do: what must be ordered by code point asks for it.
            "--locale=C.UTF-8",
            "--no-sync",
        )

    def command(self) -> list[str]:
        """Nothing here must survive a crash, so nothing waits for the disk."""
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder / "run",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        command = [self._program("postgres"), "-D", str(self.folder / "run" / "data")]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return command

    def answers(self) -> bool:
        """Whether it takes sessions; its port is open a moment earlier."""
        import psycopg  # noqa: PLC0415 - the driver is not there on every machine

        try:
            psycopg.connect(self._url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def environment(self) -> dict[str, str]:
        """The URL of the database; ``postgres`` is there from the start."""
        return {"DATABASE_URL": self._url("postgres")}

    def _url(self, database: str) -> str:
        return f"postgres://blockstore@127.0.0.1:{self.port}/{database}"

    @staticmethod
    def _program(name: str) -> str:
        """Debian keeps the programs of each major version in a folder of their own."""
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        return find_program(name, beside=tuple(str(folder) for folder in folders), hint=_HINT)
