"""The program: its options, its commands, and what it ends with."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from openedx_blockstore import __version__
from openedx_blockstore.cli.commands import accounts, editing, looking, moving, pulls
from openedx_blockstore.cli.context import Context
from openedx_blockstore.cli.errors import (
    ClientError,
    ExitCode,
    InterruptedByUserError,
    LocalError,
    UsageError,
)
from openedx_blockstore.cli.output import Output

#: Any value: errors nobody expected are shown as Python shows them.
DEBUG_VARIABLE = "BLOCKSTORE_CLIENT_DEBUG"

_EPILOG = """\b
A day's work:
  blockstore login https://studio.example.com
  blockstore ls                          what there is
  blockstore pull BUNDLE ~/content       it, and all that it depends on
  … edit ~/content/SLUG …
  blockstore diff ~/content/SLUG         what you have changed
  blockstore push ~/content/SLUG --commit -m "A better question"

\b
For the completion of your shell, put this into its settings:
  bash  eval "$(_BLOCKSTORE_COMPLETE=bash_source blockstore)"
  zsh   eval "$(_BLOCKSTORE_COMPLETE=zsh_source blockstore)"
  fish  _BLOCKSTORE_COMPLETE=fish_source blockstore | source
"""


@click.group(
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--server", metavar="URL", default="", help="The server, if not the usual one.")
@click.option("--json", "as_json", is_flag=True, help="Results as one JSON document.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors.")
@click.version_option(__version__, prog_name="blockstore")
@click.pass_context
def cli(context: click.Context, server: str, as_json: bool, quiet: bool) -> None:  # noqa: FBT001
    """Blockstore from the command line: pull content, work on it, push it back.

    A BUNDLE is named by its UUID, a version of it by UUID@NUMBER. Each command explains itself:
    blockstore COMMAND --help.
    """
    context.obj = Context(Output(as_json=as_json, quiet=quiet), server)


for module in (accounts, looking, pulls, editing, moving):
    for command in module.COMMANDS:
        cli.add_command(command)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the program and end it."""
    sys.exit(int(run_to_end(sys.argv[1:] if arguments is None else list(arguments))))


def run_to_end(arguments: Sequence[str]) -> ExitCode | int:
    """Run the program and return what it ends with."""
    arguments = _json_anywhere(arguments)
    output = Output(as_json="--json" in arguments)
    try:
        result: Any = cli.main(list(arguments), prog_name="blockstore", standalone_mode=False)
    except BrokenPipeError:
        # Whoever read this has seen enough; Python must not complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except Exception as error:
        known = _known(error)
        if known.exit_code == ExitCode.FAILED and os.environ.get(DEBUG_VARIABLE):
            raise
        output.error(known)
        return known.exit_code
    return result if isinstance(result, int) else ExitCode.OK


def _known(error: Exception) -> ClientError:
    """Return an error as the user is told of it."""
    if isinstance(error, ClientError):
        return error
    if isinstance(error, click.Abort):
        return InterruptedByUserError("Interrupted.", "Run the same again to go on.")
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "blockstore"
        return UsageError(error.format_message(), f"See {path} --help.")
    if isinstance(error, OSError):
        return LocalError(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
    return ClientError(
        f"Something went wrong that nobody expected ({error!r}).",
        f"Please tell the makers; with {DEBUG_VARIABLE}=1 one sees where.",
    )


def _json_anywhere(arguments: Sequence[str]) -> Sequence[str]:
    """Let ``--json`` stand anywhere, as people write it, and not only before the command."""
    ahead: list[str] = []
    rest: list[str] = []
    dashes: list[str] = []
    for position, argument in enumerate(arguments):
        if argument == "--":
            dashes = list(arguments[position:])
            break
        (ahead if argument == "--json" else rest).append(argument)
    return [*ahead, *rest, *dashes]
