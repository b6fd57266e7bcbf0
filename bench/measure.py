"""Times and peak memory of a piece of work, and of the floor below it."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

#: Something to time; what has to be made ready first is done by whoever returns it.
Work = Callable[[], object]
#: Makes something to time ready, anew for each round.
Prepare = Callable[[], Work]


@frozen
class Measured:
    """One operation beside its floor.

    Attributes:
        seconds: The median of the rounds.
        floor_seconds: Likewise, for the bare work on files and rows.
        memory: The most memory that a round took, in bytes, over what was in use before; None
            where the system does not tell.
    """

    name: str
    seconds: float
    floor_seconds: float
    memory: int | None
    rounds: int

    @property
    def ratio(self) -> float:
        """How many times longer it takes than the floor."""
        return self.seconds / self.floor_seconds


def measure(name: str, operation: Prepare, floor: Prepare, *, rounds: int) -> Measured:
    """Time an operation and its floor, one after the other in each round.

    So whatever else the machine does in the meantime slows both of them.
    """
    times: list[float] = []
    floor_times: list[float] = []
    memory: list[int] = []
    for _ in range(rounds):
        work, floor_work = operation(), floor()
        floor_times.append(_time(floor_work))
        with _peak(memory):
            times.append(_time(work))
    return Measured(
        name,
        statistics.median(times),
        statistics.median(floor_times),
        max(memory, default=None),
        rounds,
    )


def _time(work: Work) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def _peak(found: list[int]) -> Iterator[None]:
    """Note by how much a block's memory grows at most, where Linux counts it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # begin to count the peak anew
        before = _status("VmRSS")
    except (OSError, KeyError):
        yield
        return
    yield
    found.append(max(0, _status("VmHWM") - before))


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(dict(line.split(":", 1) for line in lines)[key].split()[0]) * 1024
