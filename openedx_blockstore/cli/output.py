"""What the user sees: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import click
from attrs import frozen

from openedx_blockstore.cli.errors import ClientError
from openedx_blockstore.cli.progress import Report, progress_bar


@frozen
class Output:
    """Where things are said.

    Attributes:
        as_json: Results are one JSON document, and nothing is said in between.
        quiet: Say nothing but results and errors.
    """

    as_json: bool = False
    quiet: bool = False

    @property
    def is_terminal(self) -> bool:
        """Whether somebody is there who can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.as_json

    def say(self, text: str) -> None:
        """Tell what is going on."""
        if not (self.quiet or self.as_json):
            click.echo(text, err=True)

    def warn(self, text: str) -> None:
        """Tell what one should know."""
        click.echo(text, err=True)

    def result(self, document: Any, show: Callable[[], Iterable[str]]) -> None:
        """Give the result.

        Args:
            document: As JSON has it.
            show: Returns the lines for people.
        """
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=False, indent=2))
            return
        for line in show():
            click.echo(line)

    def error(self, error: ClientError) -> None:
        """Tell what went wrong."""
        if self.as_json:
            document = {
                "code": error.code,
                "message": error.message,
                "mend": error.mend,
                "exit_code": int(error.exit_code),
                "facts": error.facts,
            }
            click.echo(json.dumps({"error": document}, ensure_ascii=False, default=str), err=True)
            return
        click.echo(f"Error: {error.message}", err=True)
        if error.mend:
            click.echo(error.mend, err=True)

    def progress(self, what: str, total: int | None) -> AbstractContextManager[Report]:
        """Show how far something has come."""
        shown = sys.stderr.isatty() and not (self.quiet or self.as_json)
        return progress_bar(what, total, shown=shown)


def table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Return rows as lines, in columns."""
    if not rows:
        return
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()
