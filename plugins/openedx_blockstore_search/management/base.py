"""What the commands of search have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from openedx_blockstore.plugin_tools.commands import BlockstoreCommand


class SearchCommand(BlockstoreCommand):
    """A command that prints what it does, and shows how far it is."""

    def say(self, line: str, options: dict[str, Any]) -> None:
        """Print a line, unless nothing is to be printed."""
        if options["verbosity"] > 0:
            self.stdout.write(line)

    @contextmanager
    def progress(
        self, unit: str, options: dict[str, Any]
    ) -> Iterator[Callable[[int, int, str], None]]:
        """Give a function that is called with steps done, steps in all, and what was done.

        People see a bar. Where standard error goes elsewhere, it is a line now and then.
        """
        quiet = options["verbosity"] == 0 or bool(options.get("json"))
        stream: Any = self.stderr
        is_terminal = bool(getattr(stream, "isatty", lambda: False)())
        with tqdm(
            unit=f" {unit}",
            file=stream,
            disable=quiet,
            leave=not is_terminal,
            mininterval=0.1 if is_terminal else 10,
        ) as bar:

            def advance(done: int, total: int, what: str) -> None:
                bar.total = total
                bar.set_postfix_str(what[:40], refresh=False)
                bar.update(done - bar.n)

            yield advance
