"""How far something has come: bytes, and the time that is left. Shown on terminals only."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from tqdm import tqdm

Report = Callable[[int], None]


def human_size(size: int) -> str:
    """Return a number of bytes for people."""
    if size < 1000:  # noqa: PLR2004
        return f"{size} bytes" if size != 1 else "1 byte"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 1000:  # noqa: PLR2004
            return f"{amount:.1f} {unit}"
    return f"{amount / 1000:.1f} TB"


@contextlib.contextmanager
def progress_bar(what: str, total: int | None, *, shown: bool) -> Iterator[Report]:
    """Show how many of so many bytes are done.

    Args:
        shown: Whether to show anything at all.
    """
    with tqdm(
        total=total,
        desc=what,
        unit="B",
        unit_scale=True,
        file=sys.stderr,
        disable=not shown,
        leave=False,
        dynamic_ncols=True,
    ) as bar:

        def report(count: int) -> None:
            bar.update(count)

        yield report
