"""What all starters share: free ports, waiting for an answer, and stopping for certain."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

#: Seconds in which a server must answer, and in which it must stop when asked to.
_START_SECONDS = 60
_STOP_SECONDS = 20

#: Another process may take a port between our look and the server's start.
_ATTEMPTS = 3


class ServerMissingError(Exception):
    """The server's program is not on this machine; the message says what to install."""


class ServerFailedError(Exception):
    """The server did not start; the message holds the end of its log."""


class Server(ABC):
    """A server in a temporary folder of its own, on free ports of the loopback interface.

    Use it as a context manager, or call :meth:`start` and :meth:`stop`.
    """

    #: The word for the server on the command line.
    name: ClassVar[str]
    #: The Debian packages that bring it.
    packages: ClassVar[tuple[str, ...]] = ()
    #: What asks the server to stop at once, without waiting for its clients.
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    #: Whom it runs as when the tests run as root, for servers that refuse root.
    account: ClassVar[str | None] = None

    def __init__(self) -> None:
        self.port = 0
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @abstractmethod
    def check(cls) -> None:
        """Look whether the server can be started here.

        Raises:
            ServerMissingError: It cannot; the message says what to install.
        """

    @classmethod  # noqa: B027 - most are a Debian package, and no more
    def install(cls) -> None:
        """Fetch what its Debian packages do not bring.

        Raises:
            ServerMissingError: It can not be had.
        """

    @abstractmethod
    def prepare(self) -> None:
        """Lay out the server's data folder, and whatever else it needs before its first start."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command that runs the server in the foreground, on :attr:`port`."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The environment variables that tell the tests of this server."""

    def settle(self) -> None:  # noqa: B027 - most servers are ready at once
        """Do what is to be done once the server answers, such as creating a bucket."""

    def server_environment(self) -> dict[str, str]:
        """Environment variables for the server itself, beside those of this process."""
        return {}

    def pick_port(self) -> int:
        """A free port."""
        return free_port()

    @property
    def folder(self) -> Path:
        """The server's temporary folder."""
        if self._folder is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._folder

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            ServerMissingError: It is not installed.
            ServerFailedError: It does not answer.
        """
        self.check()
        self._folder = Path(tempfile.mkdtemp(prefix=f"blockstore-{self.name}-"))
        # The server's own account must be able to walk into it.
        self._folder.chmod(0o755)
        try:
            self.prepare()
            self._start_on_a_free_port()
            self.settle()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, if it runs, and remove its folder."""
        process, self._process = self._process, None
        if process is not None:
            self._end(process)
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def halt(self) -> None:
        """End the server without a warning, as its machine may fail; what it has written stays."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            self._end(process)

    def resume(self) -> None:
        """Start the server again after :meth:`halt`, with its data, on the port that it had.

        Raises:
            ServerFailedError: It does not answer.
        """
        if not self._run_once():
            raise self._failed()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def run(self, *command: str) -> None:
        """Run a program that prepares the server, as the server's account, and wait for it.

        Raises:
            ServerFailedError: It ends with an error.
        """
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            user=self._user,
            group=self._user,
        )
        if done.returncode:
            output = done.stdout.decode(errors="replace")
            raise ServerFailedError(f"{command[0]} failed ({done.returncode}):\n{output}")

    def own(self, folder: Path) -> None:
        """Give a folder to the account that the server runs as."""
        folder.mkdir(exist_ok=True)
        if self._user is not None:
            shutil.chown(folder, self._user, self._user)

    @property
    def _user(self) -> str | None:
        """The user, and group, to become for the server; None to stay who we are."""
        return self.account if os.geteuid() == 0 else None

    def _start_on_a_free_port(self) -> None:
        for _attempt in range(_ATTEMPTS):
            self.port = self.pick_port()
            if self._run_once():
                return
        raise self._failed()

    def _run_once(self) -> bool:
        """Start the process; whether it answers. If not, it is ended."""
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env={**os.environ, **self.server_environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C is for the tests, and stop() reaches its children.
                start_new_session=True,
                user=self._user,
                group=self._user,
            )
        if self._answers_in_time(self._process):
            return True
        self._end(self._process)
        self._process = None
        return False

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _failed(self) -> ServerFailedError:
        tail = self._log.read_text(errors="replace")[-4000:]
        return ServerFailedError(f"{self.name} did not start. The end of its log:\n{tail}")

    def _answers_in_time(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self.answers():
                return True
            time.sleep(0.05)
        return False

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End a server that this object has started, and the processes of its group."""
        if process.poll() is None:
            process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port(*, companions: int = 0) -> int:
    """Find a port that nobody listens on.

    It lies below the range from which the system gives ports to outgoing connections.

    Args:
        companions: Also free is the port that is this much higher, if not 0.
    """
    candidates = random.SystemRandom()
    while True:
        port = candidates.randrange(11_000, 20_000)
        if all(_is_free(each) for each in {port, port + companions}):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def find_program(name: str, *, beside: tuple[str, ...] = (), hint: str) -> str:
    """The path of a program.

    Args:
        name: Its name.
        beside: Folders to look in besides those of ``PATH``.
        hint: What to do where it is missing.

    Raises:
        ServerMissingError: It is in none of them.
    """
    path = os.pathsep.join([*beside, os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerMissingError(f"{name} is not installed ({hint})")
    return found
