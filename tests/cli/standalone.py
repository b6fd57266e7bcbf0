"""The stand-alone project as a server in a process of its own, and people who use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from attrs import frozen

from tests.services.base import Server, ServerFailedError

ROOT = Path(__file__).resolve().parent.parent.parent

_PEOPLE = """
import json
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
tokens = {}
for name in ("ada", "bob", "eve"):
    user = User.objects.create_user(name, password=name + "-password", is_staff=name == "ada")
    tokens[name] = Token.objects.create(user=user).key
print("TOKENS" + json.dumps(tokens))
"""


class StandAlone(Server):
    """A server with three users: ada (on the staff), bob and eve."""

    name = "stand-alone"
    tokens: Mapping[str, str]

    def __init__(self, storage: Mapping[str, str] | None = None) -> None:
        """Make one.

        Args:
            storage: The variables of an S3 server, to keep files there.
        """
        super().__init__()
        self._storage = storage or {"BLOCKSTORE_S3_BUCKET": ""}

    @classmethod
    def check(cls) -> None:
        """It is this repository itself."""

    @property
    def files(self) -> Path:
        """Where its blobs are."""
        return self.folder / "data" / "files"

    @property
    def url(self) -> str:
        """The address of the site."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Make its database and its users."""
        self.manage("migrate", "--verbosity", "0")
        told = self.manage("shell", "-c", _PEOPLE)
        self.tokens = json.loads(told.partition("TOKENS")[2])

    def command(self) -> list[str]:
        """The development server."""
        place = f"127.0.0.1:{self.port}"
        return [sys.executable, str(ROOT / "manage.py"), "runserver", "--noreload", place]

    def environment(self) -> dict[str, str]:
        """What tells the client of this server."""
        return {"BLOCKSTORE_SERVER": self.url}

    def server_environment(self) -> dict[str, str]:
        """Its own folder."""
        return {
            "BLOCKSTORE_DATA_DIR": str(self.folder / "data"),
            "DJANGO_SETTINGS_MODULE": "openedx_blockstore.settings.standalone",
            "DATABASE_URL": "",
            **self._storage,
        }

    def manage(self, *arguments: str) -> str:
        """Run a command of Django."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=self.folder,
            env={**os.environ, **self.server_environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerFailedError(done.stdout + done.stderr)
        return done.stdout


class Rest:
    """Somebody who uses the REST API without the client."""

    def __init__(self, server: StandAlone, user: str = "ada") -> None:
        self.server = server
        self.root = f"{server.url}/api/v1/"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Token {server.tokens[user]}"

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Return what a request answers; it must be a good one."""
        response = self.session.request(method, self.root + path, timeout=60, **options)
        assert response.ok, (method, path, response.status_code, response.text)
        return response.json() if response.content else None

    def read(self, path: str) -> bytes:
        """Return the bytes at an address."""
        response = self.session.get(self.root + path, timeout=60)
        assert response.ok, (path, response.status_code)
        return response.content

    def collection(self, title: str = "Physics", visibility: str = "private") -> str:
        """Make a collection."""
        body = {"title": title, "visibility": visibility}
        return str(self.call("POST", "collections", json=body)["uuid"])

    def give(self, collection: str, user: str, role: str = "author") -> None:
        """Give somebody a role."""
        self.call("PUT", f"collections/{collection}/roles", json={"user": user, "role": role})

    def bundle(self, collection: str, slug: str = "unit", type_: str = "library") -> str:
        """Make a bundle."""
        body = {
            "collection_uuid": collection,
            "slug": slug,
            "title": slug.title(),
            "type": type_,
        }
        return str(self.call("POST", "bundles", json=body)["uuid"])

    def commit(
        self,
        bundle: str,
        files: Mapping[str, bytes | None] = {},
        links: Mapping[str, tuple[str, int] | None] = {},
        *,
        weak: bool = False,
    ) -> int:
        """Make a version with these changes."""
        drafts = self.call("GET", f"drafts?bundle_uuid={bundle}")
        mine = [each["uuid"] for each in drafts if each["name"] == "tests"]
        body = {"bundle_uuid": bundle, "name": "tests"}
        draft = mine[0] if mine else self.call("POST", "drafts", json=body)["uuid"]
        for path, contents in files.items():
            address = f"drafts/{draft}/files/{quote(path)}"
            if contents is None:
                self.call("DELETE", address)
            else:
                self.call("PUT", address, data=contents)
        if links:
            targets = {
                alias: None
                if target is None
                else {"bundle_uuid": target[0], "version": target[1], "weak": weak}
                for alias, target in links.items()
            }
            self.call("PATCH", f"drafts/{draft}", json={"links": targets})
        return int(self.call("POST", f"drafts/{draft}/commit", json={})["version_num"])

    def latest(self, bundle: str) -> int:
        """Return the number of the latest version."""
        return int(self.call("GET", f"bundles/{bundle}")["latest_version"])

    def files(self, bundle: str, version: int) -> dict[str, bytes]:
        """Return what a version holds, read file by file."""
        address = f"bundle_versions/{bundle},{version}"
        paths = self.call("GET", address)["snapshot"]["files"]
        return {path: self.read(f"{address}/files/{quote(path)}") for path in paths}


@frozen
class Ran:
    """A run of the client that has ended."""

    code: int
    out: str
    err: str
    raw: bytes = b""

    @property
    def json(self) -> Any:
        """Its result."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """Its error, if it was run with ``--json``."""
        return json.loads(self.err.splitlines()[-1])["error"]


class Person:
    """Somebody with the client, a folder for its settings, and a token."""

    def __init__(self, server: StandAlone, home: Path, user: str = "ada") -> None:
        self.server = server
        self.home = home
        self.variables = {
            "BLOCKSTORE_CONFIG_DIR": str(home),
            "BLOCKSTORE_SERVER": server.url,
            "BLOCKSTORE_TOKEN": server.tokens[user],
            "BLOCKSTORE_ATTEMPTS": "4",
        }

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the client's process."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("BLOCKSTORE_")}
        return {**kept, **self.variables, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}

    def run(
        self,
        *arguments: str | Path,
        given: str = "",
        cwd: Path | None = None,
        launcher: list[str] | None = None,
        **variables: Any,
    ) -> Ran:
        """Run the client to its end."""
        done = subprocess.run(
            [*self.command(launcher), *map(str, arguments)],
            input=given.encode(),
            cwd=cwd or self.home,
            env={**self.environment, **variables},
            capture_output=True,
            check=False,
            timeout=300,
        )
        out = done.stdout.decode(errors="replace")
        return Ran(done.returncode, out, done.stderr.decode(errors="replace"), done.stdout)

    def ok(self, *arguments: str | Path, **options: Any) -> Ran:
        """Run the client; it must succeed."""
        ran = self.run(*arguments, **options)
        assert ran.code == 0, (arguments, ran.code, ran.out, ran.err)
        return ran

    def json(self, *arguments: str | Path, **options: Any) -> Any:
        """Run the client for its JSON; it must succeed."""
        return self.ok("--json", *arguments, **options).json

    def start(self, *arguments: str | Path, **variables: str) -> subprocess.Popen[bytes]:
        """Start the client, and leave it running."""
        return subprocess.Popen(
            [*self.command(), *map(str, arguments)],
            cwd=self.home,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @staticmethod
    def command(launcher: list[str] | None = None) -> list[str]:
        """The client's program."""
        return [sys.executable, *(launcher or ["-m", "openedx_blockstore.cli"])]


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files of a pulled folder, without its state and its links."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.relative_to(folder).parts[0] not in {".blockstore", "links"}
    }
