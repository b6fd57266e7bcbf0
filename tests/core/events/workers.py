"""Workers in processes of their own: ``manage.py blockstore_consume``, and Celery's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.core.events import consumers
from tests.processes import shared_settings

ROOT = Path(__file__).resolve().parent.parent.parent.parent
_SECONDS = 60


def environment(broker: str = "") -> dict[str, str]:
    """What a worker must know to use this test's database, storage and plugins."""
    database, storages, blockstore = shared_settings()
    given = {
        "database": str(database),
        "storages": storages,
        "blockstore": blockstore,
        "broker": broker,
    }
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.core.events.worker_settings",
        "BLOCKSTORE_TEST_WORKER": json.dumps(given),
        # The plugins that are installed for the test lie on its path.
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
    }


@contextmanager
def worker(*command: str, broker: str = "") -> Iterator[subprocess.Popen[str]]:
    """Start a worker; it is gone in the end."""
    process = subprocess.Popen(
        [sys.executable, "-u", *command],
        cwd=ROOT,
        env=environment(broker),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill(process)


def consume(*arguments: str) -> tuple[str, ...]:
    """Return the command that hands events over."""
    return ("-m", "django", "blockstore_consume", *arguments)


CELERY = (
    "-m",
    "celery",
    *("-A", "tests.core.events.celery_app"),
    "worker",
    *("--pool", "prefork"),
    *("--concurrency", "2"),
    *("--loglevel", "INFO"),
    "--without-gossip",
    "--without-mingle",
)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a worker with all its processes, at whatever they are."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=_SECONDS)


def wait_for(condition: Callable[[], bool], seconds: float = _SECONDS) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"handled: {consumers.versions()}"
        time.sleep(0.05)
