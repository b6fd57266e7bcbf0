"""Lets the storage or the database fail, or the process die, at the n-th thing it does."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.db import OperationalError, connection, connections

_FILE_EVENTS = ("open", "os.rename", "os.mkdir", "os.remove", "os.listdir", "os.scandir")


@define
class Fault:
    """Something goes wrong at the n-th operation, and at all later ones if it is to last.

    Attributes:
        at: The operation's number, from 1.
        action: What happens then.
        lasting: The later operations go wrong, too.
        seen: How many operations there were.
    """

    at: int
    action: Callable[[], None]
    lasting: bool = False
    seen: int = 0

    def tick(self) -> None:
        """Count an operation."""
        self.seen += 1
        if self.seen == self.at or (self.lasting and self.seen > self.at):
            self.action()

    @property
    def happened(self) -> bool:
        """Whether there were as many operations."""
        return self.seen >= self.at


_storage_faults: list[Fault] = []


class FailingObjectStorage(FileSystemStorage):
    """A storage like any other (not a folder, as far as Blockstore can see) that can fail.

    Its writes can fail before and after the bytes are there.
    """

    def _save(self, name: str, content: File[Any]) -> str:
        _tick()
        saved: str = super()._save(name, content)  # type: ignore[misc]
        _tick()
        return saved

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        _tick()
        return super()._open(name, mode)  # type: ignore[misc, no-any-return]

    def exists(self, name: str) -> bool:
        """Tell whether a file is there, or fail."""
        _tick()
        return super().exists(name)


class FailingFileSystemStorage(FileSystemStorage):
    """A folder of which each operation can fail, whoever does it."""


def _tick() -> None:
    for fault in _storage_faults:
        fault.tick()


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Let operations on files fail: Python asks its hooks before it does them. Idle mostly."""
    if not _storage_faults or event not in _FILE_EVENTS:
        return
    storage = storages["openedx_blockstore"]
    if isinstance(storage, FailingFileSystemStorage) and str(arguments[0]).startswith(
        str(storage.location)
    ):
        _tick()


sys.addaudithook(_audit)


def no_answer() -> None:
    """Fail as a storage does."""
    raise ConnectionError("the storage does not answer")


def lost() -> None:
    """Fail as a database does."""
    raise OperationalError("the database went away")


def die() -> None:
    """End this process like a power failure would."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def storage_fault(fault: Fault) -> Iterator[Fault]:
    """Let a fault happen among the operations of the storage."""
    _storage_faults.append(fault)
    try:
        yield fault
    finally:
        _storage_faults.remove(fault)


@contextmanager
def database_fault(fault: Fault) -> Iterator[Fault]:
    """Let a fault happen before, or just after, one of the statements."""

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        fault.tick()
        result = run(sql, params, many, context)
        # A transaction that begins, and then fails to, would confuse Django itself.
        if not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            fault.tick()
        return result

    with connection.execute_wrapper(execute):
        yield fault


def in_a_process_of_its_own(run: Callable[[], object]) -> int:
    """Run a function in a copy of this process.

    Returns:
        0, the number of the signal that has killed it, or 1 after an error.
    """
    connections.close_all()  # each of the two makes its own
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # A copy of a process with threads may hang on locks; this one runs little and dies soon.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            run()
        except BaseException:  # noqa: BLE001 - nothing of the tests' machinery may run here
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
