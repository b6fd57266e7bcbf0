"""What the commands of search have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from openedx_blockstore.exceptions import BlockstoreError

#: What shells say of a process that Ctrl-C has ended: 128 and the number of the signal.
_INTERRUPTED = 130


class SearchCommand(BaseCommand):
    """A command that ends with a sentence when it can not go on."""

    #: Said when somebody stops the command: what was done until then, and what to do next.
    interrupted = ""

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command as a program, which Ctrl-C may end at any moment."""
        try:
            super().run_from_argv(argv)
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted. {self.interrupted}".rstrip())
            sys.exit(_INTERRUPTED)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command, and say what went wrong in a sentence."""
        try:
            return super().execute(*args, **options)
        except (BlockstoreError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database can not be used: {' '.join(str(error).split())}. Is it there, and "
                f"were its tables made (`manage.py migrate`)?"
            ) from error

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
