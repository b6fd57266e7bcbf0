"""Progress bars for commands that take longer than a blink, shown only to people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm


@contextmanager
def progress_bar(
    unit: str, stream: Any, *, quiet: bool
) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function that is called with steps done, steps in all, and what was done.

    Args:
        unit: What one step is, in the plural.
        stream: Where the bar is shown, if it is a terminal.
        quiet: Show nothing.
    """
    is_terminal = bool(getattr(stream, "isatty", lambda: False)())
    with tqdm(unit=f" {unit}", file=stream, disable=quiet or not is_terminal, leave=False) as bar:

        def advance(done: int, total: int, what: str) -> None:
            bar.total = total
            bar.set_postfix_str(what[:40], refresh=False)
            bar.update(done - bar.n)

        yield advance


@contextmanager
def byte_bar(total: int, stream: Any, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Give a function that is called with the number of bytes that were moved.

    Args:
        total: How many there will be, roughly.
        stream: Where the bar is shown, if it is a terminal.
        quiet: Show nothing.
    """
    is_terminal = bool(getattr(stream, "isatty", lambda: False)())
    with tqdm(
        total=total,
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        file=stream,
        disable=quiet or not is_terminal,
        leave=False,
    ) as bar:

        def advance(count: int) -> None:
            bar.total = max(bar.total or 0, bar.n + count)
            bar.update(count)

        yield advance
