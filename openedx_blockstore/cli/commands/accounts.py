"""``login`` and ``logout``."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import click

from openedx_blockstore.cli.config import (
    SERVER_VARIABLE,
    TOKEN_VARIABLE,
    Login,
    load_config,
    save_config,
)
from openedx_blockstore.cli.context import Context, pass_context
from openedx_blockstore.cli.discovery import find_root
from openedx_blockstore.cli.errors import NotAllowedError, NotFoundError, UsageError
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.transport import Transport

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@click.command()
@click.argument("url", required=False)
@click.option("-u", "--user", help="Your name there.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--token-stdin", is_flag=True, help="Read a token from standard input.")
@pass_context
def login(
    context: Context,
    url: str | None,
    user: str | None,
    password_stdin: bool,  # noqa: FBT001
    token_stdin: bool,  # noqa: FBT001
) -> None:
    """Log in to the server at URL, which is used from then on.

    URL is the address of the site, or of its API. Your password is asked for and exchanged for a
    token, which is kept in a file that only you can read; the password is not kept. Who has a
    token already gives that, with --token-stdin or in BLOCKSTORE_TOKEN.

    Scripts need no login: BLOCKSTORE_SERVER and BLOCKSTORE_TOKEN in their environment will do.
    """
    address = url or context.address or os.environ.get(SERVER_VARIABLE, "")
    if not address and context.output.is_terminal:
        address = click.prompt("Server", err=True)
    if not address:
        raise UsageError("Say where to log in.", "blockstore login https://studio.example.com")
    root = find_root(address)
    parts = urlsplit(root)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        context.output.warn(f"{root} is not encrypted: others may read your password and token.")
    token = _given_token(password_stdin=password_stdin, token_stdin=token_stdin, user=user)
    if not token:
        token = _exchange(context, root, user, password_stdin=password_stdin)
    me = Server(root, Transport(token, context.output.say)).me()
    path = save_config(load_config().with_login(Login(root, str(me["username"]), token)))
    context.output.say(f"The token is kept in {path}.")
    context.output.result(
        {"server": root, **me}, lambda: [f"Logged in to {root} as {me['username']}."]
    )


def _given_token(*, password_stdin: bool, token_stdin: bool, user: str | None) -> str:
    if token_stdin and password_stdin:
        raise UsageError("Standard input holds either a password or a token.")
    if token_stdin:
        return sys.stdin.readline().strip()
    if password_stdin or user:
        return ""
    return os.environ.get(TOKEN_VARIABLE, "")


def _exchange(context: Context, root: str, user: str | None, *, password_stdin: bool) -> str:
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif context.output.is_terminal:
        user = user or click.prompt("User", err=True)
        password = click.prompt("Password", hide_input=True, err=True)
    else:
        raise UsageError(
            "There is nobody to ask for the password.",
            f"Give it with --password-stdin, or a token with --token-stdin or {TOKEN_VARIABLE}.",
        )
    if not user:
        raise UsageError("Say who you are.", "Add --user NAME.")
    try:
        return Server(root, Transport("", context.output.say)).make_token(user, password)
    except NotAllowedError as error:
        raise NotAllowedError(
            f"{root} does not know {user} with this password.",
            "Check both; accounts that log in elsewhere (SSO) need a token.",
            code=error.code,
        ) from error
    except NotFoundError as error:
        raise NotAllowedError(
            f"{root} gives no tokens for passwords.",
            "Ask those who run it for a token, and give it with --token-stdin.",
            code=error.code,
        ) from error


@click.command()
@click.argument("url", required=False)
@pass_context
def logout(context: Context, url: str | None) -> None:
    """Forget the token for a server.

    The token stays good for other programs that have it.
    """
    config = load_config()
    address = url or context.address
    root = config.current
    if address:
        exact = address.rstrip("/") + "/"
        root = exact if exact in config.logins else find_root(address)
    if root not in config.logins:
        raise NotFoundError(f"You have not logged in to {root or 'any server'}.")
    save_config(config.without_login(root))
    context.output.result({"server": root}, lambda: [f"Logged out of {root}."])


COMMANDS = (login, logout)
