"""The reference of the client names all that there is."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from openedx_blockstore.cli.app import cli
from openedx_blockstore.cli.errors import ExitCode

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "reference" / "client.rst").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "openedx_blockstore" / "cli").rglob("*.py"))


def options_of(command: click.Command) -> set[str]:
    """The options of a command."""
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }


def section(title: str, line: str) -> str:
    """A section of the page."""
    found = re.search(
        rf"^{re.escape(title)}\n{line}+\n(.*?)(?=^\S[^\n]*\n[~-]{{4}}|\Z)",
        PAGE,
        re.MULTILINE | re.DOTALL,
    )
    assert found is not None, title
    return found[1]


def explained(text: str) -> set[str]:
    """The options that a section explains."""
    lines = re.findall(r"^``-.*$", text, re.MULTILINE)
    return {name for line in lines for name in re.findall(r"``(--?[a-z-]+)", line)}


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_option_is_explained(name: str) -> None:
    """Each command has a section that explains its options, all of them and no others."""
    assert explained(section(f"``{name}``", "~")) == options_of(cli.commands[name])


def test_the_options_of_all_commands_are_explained() -> None:
    """So do those that every command has."""
    found = explained(section("Options of every command", "-"))
    assert found == options_of(cli) | {"-h", "--help"}


def test_every_command_is_explained() -> None:
    """There is no section for what is not there."""
    assert set(re.findall(r"^``(\w+)``\n~", PAGE, re.MULTILINE)) == set(cli.commands)


def test_every_exit_code_is_explained() -> None:
    """The table has each exit code."""
    rows = re.findall(r"^(\d+) +\S", section("Exit codes", "-"), re.MULTILINE)
    assert [int(code) for code in rows] == sorted(ExitCode)


def test_every_variable_is_explained() -> None:
    """Each variable that the client reads is there."""
    names = {
        name
        for path in SOURCES
        for name in re.findall(r'"(BLOCKSTORE_[A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert names == set(re.findall(r"^``(BLOCKSTORE_[A-Z_]+)``$", PAGE, re.MULTILINE))
