"""What all commands have in common, plugins' too: how they end when they can not go on.

A stack trace helps nobody who has no tables yet, a full disk, or the wrong path: such things are
a sentence on standard error, and an exit code.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from openedx_blockstore.exceptions import BlockstoreError, ImportRefused

#: What shells say of a process that Ctrl-C has ended: 128 and the number of the signal.
INTERRUPTED = 130


class BlockstoreCommand(BaseCommand):
    """A command that ends with a sentence."""

    #: The exit code of a command that can not go on.
    failed = 1
    #: Said when somebody stops the command: what was done until then, and what to do next.
    interrupted = ""

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command as a program, which Ctrl-C may end at any moment."""
        try:
            super().run_from_argv(argv)
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted. {self.interrupted}".rstrip())
            sys.exit(INTERRUPTED)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command, and say what went wrong in a sentence."""
        try:
            return super().execute(*args, **options)
        except BlockstoreError as error:
            raise CommandError(_sentence(error), returncode=self.failed) from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=self.failed) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database can not be used: {_one_line(error)}. Is it there, and were its "
                f"tables made (`manage.py migrate`)?",
                returncode=self.failed,
            ) from error
        except BrokenPipeError:
            raise  # whoever reads the output has seen enough
        except OSError as error:
            what = error.filename or "the output"
            raise CommandError(
                f"{what} can not be read or written: {error.strerror or error}.",
                returncode=self.failed,
            ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _sentence(error: BlockstoreError) -> str:
    if not isinstance(error, ImportRefused):
        return str(error)
    lines = ["Nothing was imported, because of errors:"]
    for bundle in error.bundles:
        named = bundle.title or str(bundle.bundle_uuid or "")
        lines += [f"{named}: {finding}" for finding in bundle.findings]
    return "\n".join(lines)
