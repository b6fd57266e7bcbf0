"""Run a command with real servers: ``python -m tests.services mariadb s3 -- pytest tests``.

The servers are started, the command is run with the environment variables that tell of them, and
the servers are stopped whatever happens. The exit code is the command's.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import chain
from types import FrameType

from tests.services.base import Server, ServerFailedError, ServerMissingError
from tests.services.install import install
from tests.services.mariadb import MariaDB
from tests.services.nginx import Nginx
from tests.services.postgresql import PostgreSQL
from tests.services.redis import Redis
from tests.services.search_engines import Elasticsearch, OpenSearch
from tests.services.seaweedfs import SeaweedFS

SERVERS: dict[str, type[Server]] = {
    each.name: each for each in (Elasticsearch, MariaDB, OpenSearch, PostgreSQL, Redis, SeaweedFS)
}

#: What tests start by themselves, or only run: the Debian packages that bring it.
TOOLS: dict[str, tuple[str, ...]] = {
    "chromium": ("chromium",),
    "ffmpeg": ("ffmpeg",),
    "sudo": ("sudo",),
    Nginx.name: Nginx.packages,
}

#: Databases exclude each other: a run of the tests has one.
_DATABASES = {MariaDB.name, PostgreSQL.name}

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Start servers, run a command, stop the servers."""
    options = _parse(sys.argv[1:] if arguments is None else arguments)
    kinds = [SERVERS[name] for name in options.servers if name in SERVERS]
    for each in _SIGNALS:
        signal.signal(each, _exit_on_signal)
    try:
        if options.install:
            tools = [TOOLS[name] for name in options.servers if name in TOOLS]
            install(chain(*tools, *(kind.packages for kind in kinds)))
            for kind in kinds:
                kind.install()
            return 0
        for kind in kinds:
            kind.check()
        return _run(kinds, options.command, required=not options.optional)
    except ServerMissingError as error:
        if options.optional:
            print(f"SKIPPED {error}: {shlex.join(options.command)}")
            return 0
        print(error, file=sys.stderr)
    except ServerFailedError as error:
        print(error, file=sys.stderr)
    return 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    own, command = list(arguments), list[str]()
    if "--" in own:
        at = own.index("--")
        own, command = own[:at], own[at + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m tests.services",
        usage="%(prog)s [--optional] SERVER … -- COMMAND …",
        description="Run a command with real servers, each on a free port of this machine.",
    )
    parser.add_argument("servers", nargs="+", choices=sorted({*SERVERS, *TOOLS}), metavar="SERVER")
    parser.add_argument(
        "--optional",
        action="store_true",
        help="where a server is not installed, say so and succeed without running the command; "
        "otherwise that fails, and the tests may skip nothing for want of a server",
    )
    parser.add_argument(
        "--install",
        action="store_true",
        help="only install the servers, as far as they are missing",
    )
    options = parser.parse_args(own)
    options.command = command
    if not options.install and TOOLS.keys() & set(options.servers):
        parser.error(f"{', '.join(sorted(TOOLS))} can only be installed")
    if not options.install and len(_DATABASES.intersection(options.servers)) > 1:
        parser.error("one run has one database")
    if not command and not options.install:
        parser.error("which command? Give it after --")
    return options


def _run(kinds: Sequence[type[Server]], command: Sequence[str], *, required: bool) -> int:
    environment = dict(os.environ)
    if required:
        environment["BLOCKSTORE_TEST_REQUIRE_SERVICES"] = "1"
    with ExitStack() as running:
        for kind in kinds:
            server = running.enter_context(kind())
            environment.update(server.environment())
            print(f"{server.name} runs on port {server.port}", flush=True)
        process = subprocess.Popen(command, env=environment)
        running.callback(_end, process)
        return process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command, if it still runs because we were told to stop."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """Leave as by an exception, so that every server is stopped on the way; once is enough."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
