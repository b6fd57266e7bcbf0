"""What every command has at hand: which server, as whom, and where to say things."""

from __future__ import annotations

import os
from pathlib import Path

import click
from attrs import define

from openedx_blockstore.cli.config import (
    SERVER_VARIABLE,
    TOKEN_VARIABLE,
    Config,
    load_config,
)
from openedx_blockstore.cli.discovery import find_root
from openedx_blockstore.cli.errors import NotAllowedError, UsageError
from openedx_blockstore.cli.output import Output
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.transport import Transport
from openedx_blockstore.cli.workspace import find_workspace


@define
class Context:
    """What every command has at hand.

    Attributes:
        address: The server that was named for this run, or an empty text.
    """

    output: Output
    address: str = ""

    def connect(self, *, near: Path | None = None) -> Server:
        """Return the server that is meant.

        Args:
            near: A place; the server that its shared folder was pulled from is meant, if none is
                named.

        Raises:
            ClientError: None is known, or one has not logged in there.
        """
        config = load_config()
        root, token = self._choose(config, near)
        if not token:
            raise NotAllowedError(
                f"You have not logged in to {root}.", f"Log in: blockstore login {root}"
            )
        return Server(root, Transport(token, self.output.say))

    def root(self) -> str:
        """Return the address of the API that was named for this run, or an empty text."""
        named = self.address or os.environ.get(SERVER_VARIABLE, "")
        if not named:
            return ""
        config = load_config()
        exact = named.rstrip("/") + "/"
        return exact if exact in config.logins else find_root(named)

    def _choose(self, config: Config, near: Path | None) -> tuple[str, str]:
        """Return the address and the token."""
        variable = os.environ.get(TOKEN_VARIABLE, "")
        if root := self.root():
            return root, variable or config.token_for(root)
        workspace = find_workspace(near) if near is not None else None
        if workspace is not None:
            # A folder may come from a stranger; the variable is not for whomever it names.
            if variable and not config.token_for(workspace.root):
                raise UsageError(
                    f"{workspace.folder} was pulled from {workspace.root}.",
                    f"To use {TOKEN_VARIABLE} there, name the server with --server or "
                    f"{SERVER_VARIABLE}.",
                )
            return workspace.root, config.token_for(workspace.root)
        if not config.current:
            raise UsageError(
                "No server is known.",
                "Log in to one (blockstore login https://studio.example.com), or name it with "
                f"--server or {SERVER_VARIABLE}.",
            )
        return config.current, variable or config.token_for(config.current)


pass_context = click.make_pass_decorator(Context)
