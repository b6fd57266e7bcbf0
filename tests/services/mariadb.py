"""MariaDB, from Debian's ``mariadb-server``."""

from __future__ import annotations

import getpass
import importlib.util
import os
from typing import ClassVar

from tests.services.base import Server, ServerMissingError, find_program

_SBIN = ("/usr/sbin", "/usr/local/sbin")
_HINT = "apt-get install mariadb-server"


class MariaDB(Server):
    """A MariaDB server whose root needs no password."""

    name: ClassVar[str] = "mariadb"
    packages: ClassVar[tuple[str, ...]] = (
        "mariadb-server",
        # To compile mysqlclient
        "gcc",
        "libmariadb-dev",
        "pkg-config",
    )
    account: ClassVar[str | None] = "mysql"

    @classmethod
    def check(cls) -> None:
        """Look for the programs and the driver."""
        find_program("mariadbd", beside=_SBIN, hint=_HINT)
        find_program("mariadb-install-db", hint=_HINT)
        if importlib.util.find_spec("MySQLdb") is None:
            raise ServerMissingError(
                "the driver mysqlclient is not installed "
                "(pip install mysqlclient; it compiles, with libmariadb-dev and pkg-config)"
            )

    def prepare(self) -> None:
        """Create the system tables."""
        self.own(self.folder / "run")
        self.run(
            find_program("mariadb-install-db", hint=_HINT),
            "--no-defaults",
            f"--user={self.account if os.geteuid() == 0 else getpass.getuser()}",
            f"--datadir={self.folder / 'run' / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )

    def command(self) -> list[str]:
        """Nothing here must survive a crash, so nothing waits for the disk."""
        return [
            find_program("mariadbd", beside=_SBIN, hint=_HINT),
            "--no-defaults",
            f"--datadir={self.folder / 'run' / 'data'}",
            f"--socket={self.folder / 'run' / 's'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--character-set-server=utf8mb4",
            "--skip-log-bin",
            "--performance-schema=OFF",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=OFF",
            "--innodb-buffer-pool-size=64M",
        ]

    def environment(self) -> dict[str, str]:
        """The URL of the database."""
        return {"DATABASE_URL": f"mysql://root@127.0.0.1:{self.port}/blockstore"}
