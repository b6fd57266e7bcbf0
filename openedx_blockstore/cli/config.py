"""What the client remembers between runs: which servers there are, and the token for each.

It is one file in the user's folder for settings, which nobody else may read.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
from attrs import evolve, field, frozen

from openedx_blockstore.cli.errors import LocalError

#: Another folder for what is remembered.
FOLDER_VARIABLE = "BLOCKSTORE_CONFIG_DIR"
#: The address of a server.
SERVER_VARIABLE = "BLOCKSTORE_SERVER"
#: A token for that server.
TOKEN_VARIABLE = "BLOCKSTORE_TOKEN"  # noqa: S105

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@frozen
class Login:
    """A server that one has logged in to.

    Attributes:
        root: The address of its API, with a slash at the end.
    """

    root: str
    username: str
    token: str = field(repr=False)


@frozen
class Config:
    """What is remembered.

    Attributes:
        current: The address of the server that is used if none is named.
        logins: By address.
    """

    current: str = ""
    logins: Mapping[str, Login] = field(factory=dict)

    def token_for(self, root: str) -> str:
        """Return the token for a server, or an empty text."""
        login = self.logins.get(root)
        return login.token if login is not None else ""

    def with_login(self, login: Login) -> Config:
        """Return what is to be remembered after logging in, there first of all."""
        return evolve(self, current=login.root, logins={**self.logins, login.root: login})

    def without_login(self, root: str) -> Config:
        """Return what is to be remembered after logging out."""
        left = {known: login for known, login in self.logins.items() if known != root}
        current = self.current if self.current != root else next(iter(left), "")
        return Config(current, left)


def config_path() -> Path:
    """Return where it is kept."""
    folder = os.environ.get(FOLDER_VARIABLE)
    base = Path(folder) if folder else platformdirs.user_config_path("blockstore", appauthor=False)
    return base / "servers.json"


def load_config() -> Config:
    """Return what is remembered.

    Raises:
        LocalError: The file can not be read.
    """
    path = config_path()
    try:
        # Somebody may have copied it; what is in it is as good as a password.
        if os.name == "posix" and path.stat().st_mode & _OTHERS:
            path.chmod(0o600)
        document = json.loads(path.read_text(encoding="utf-8"))
        logins = {
            str(root): Login(str(root), str(values["username"]), str(values["token"]))
            for root, values in document["servers"].items()
        }
        return Config(str(document["current"]), logins)
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LocalError(
            f"The client's settings in {path} can not be read ({error}).",
            "Remove the file and log in again.",
        ) from error


def save_config(config: Config) -> Path:
    """Remember it, and return where.

    Raises:
        LocalError: The file can not be written.
    """
    path = config_path()
    document: dict[str, Any] = {
        "current": config.current,
        "servers": {
            root: {"username": login.username, "token": login.token}
            for root, login in config.logins.items()
        },
    }
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made for its owner alone from the first moment, and complete or not there.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".servers-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=2)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise LocalError(
            f"The client's settings can not be kept in {path} ({error.strerror}).",
            f"Name another folder with {FOLDER_VARIABLE}.",
        ) from error
    return path
