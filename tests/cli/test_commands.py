"""Looking around, logging in, archives, and what the client says when something is wrong."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openedx_blockstore.cli.app import cli
from tests.cli.proxy import Proxy
from tests.cli.standalone import ROOT, Person, Rest, StandAlone

NOBODY = "00000000-0000-0000-0000-000000000000"


# Looking -----------------------------------------------------------------------------------------


def test_everything_in_json(rest: Rest, ada: Person, bundle: str, collection: str) -> None:
    """Each command that looks gives one JSON document."""
    rest.commit(bundle, {"unit.xml": b"<unit>2</unit>"})
    everything = ada.json("ls")["collections"]
    assert collection in {each["uuid"] for each in everything}
    assert [b["uuid"] for b in ada.json("ls", collection)["bundles"]] == [bundle]
    assert set(ada.json("ls", bundle)["files"]) == {"unit.xml", "static/a.txt", "empty.txt"}
    assert ada.json("show", bundle)["version"]["version"] == 2
    assert ada.json("show", f"{bundle}@1")["version"]["files"]["unit.xml"]["size"] == 7
    assert ada.json("size", bundle) == {"bytes": 15, "files": 3, "bundle_versions": 1}
    assert ada.json("size", collection)["bytes"] == 15
    assert [v["version"] for v in ada.json("log", bundle)["versions"]] == [2, 1]
    assert [h["version"] for h in ada.json("log", bundle, "unit.xml")["history"]] == [2, 1]
    assert [v["version"] for v in ada.json("log", bundle, "-n", "1")["versions"]] == [2]
    assert [f["path"] for f in ada.json("diff", f"{bundle}@1")["files"]] == ["unit.xml"]
    assert ada.json("diff", f"{bundle}@2", "@1")["to_version"] == 1
    assert ada.run("show", bundle, "--json").json == ada.json("show", bundle)


def test_everything_for_people(rest: Rest, ada: Person, bundle: str, collection: str) -> None:
    """Without it, each says the same in lines."""
    rest.commit(bundle, {"unit.xml": b"<unit>2</unit>", "static/a.txt": None})
    assert "Physics" in ada.ok("ls").out
    assert f"{bundle}  @2" in ada.ok("ls", collection).out
    assert "unit.xml" in ada.ok("ls", f"{bundle}@2").out
    assert "visibility" in ada.ok("show", collection).out
    assert "14 bytes" in ada.ok("show", bundle).out
    assert "14 bytes" in ada.ok("size", bundle).out
    assert ada.ok("log", bundle).out.startswith("@2")
    assert ada.ok("diff", bundle).out == "D  static/a.txt\nM  unit.xml\n"


def test_cat(rest: Rest, ada: Person, collection: str) -> None:
    """A file comes as its very bytes, of any version, and through links."""
    lender = rest.bundle(collection, "lender")
    raw = bytes(range(256)) * 3
    rest.commit(lender, {"raw ü.bin": raw})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"t.txt": b"1"}, {"low": (lender, 1)})
    rest.commit(top, {"t.txt": b"2"})
    assert ada.ok("cat", lender, "raw ü.bin").raw == raw
    assert ada.ok("cat", top, "links/low/raw ü.bin").raw == raw
    assert ada.ok("cat", f"{top}@1", "t.txt").raw == b"1"
    assert ada.ok("cat", f"{rest.root}bundle_versions/{top},1", "t.txt").raw == b"1"
    assert ada.run("cat", top, "nothing").code == 3
    assert ada.run("cat", top, "links/gone/x").code == 3


# Logging in --------------------------------------------------------------------------------------


@pytest.fixture
def stranger(server: StandAlone, tmp_path: Path) -> Person:
    """Somebody whose client knows nothing."""
    person = Person(server, tmp_path)
    person.variables = {"BLOCKSTORE_CONFIG_DIR": str(tmp_path / "settings")}
    return person


def test_login_keeps_a_token_for_its_owner_alone(
    server: StandAlone, stranger: Person, bundle: str
) -> None:
    """A password becomes a token, in a file that nobody else can read; the password is not kept."""
    assert stranger.run("ls").code == 2
    told = stranger.ok(
        "--json", "login", server.url, "-u", "ada", "--password-stdin", given="ada-password\n"
    )
    assert told.json["server"] == f"{server.url}/api/v1/"
    path = stranger.home / "settings" / "servers.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert server.tokens["ada"] in path.read_text()
    assert "ada-password" not in path.read_text()
    assert stranger.ok("cat", bundle, "unit.xml").raw == b"<unit/>"
    path.chmod(0o644)
    stranger.ok("ls")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    stranger.ok("logout")
    assert server.tokens["ada"] not in path.read_text()
    assert stranger.run("ls").code == 2


def test_a_wrong_password_is_told(server: StandAlone, stranger: Person) -> None:
    """And nothing is kept."""
    ran = stranger.run("--json", "login", server.url, "-u", "ada", "--password-stdin", given="no\n")
    assert (ran.code, ran.error["exit_code"]) == (5, 5)
    assert not (stranger.home / "settings").exists()


def test_login_with_a_token(server: StandAlone, stranger: Person) -> None:
    """Those who have a token give that; a wrong one is not kept."""
    token = server.tokens["bob"]
    stranger.ok("login", f"{server.url}/api/v1", "--token-stdin", given=f"{token}\n")
    assert stranger.run("login", server.url, "--token-stdin", given="wrong\n").code == 5
    assert token in (stranger.home / "settings" / "servers.json").read_text()


def test_a_folder_of_a_stranger_gets_no_token(server: StandAlone, ada: Person, bundle: str) -> None:
    """The token of the environment goes to the server that is named, not to whom a folder names."""
    content = ada.home / "content"
    ada.ok("pull", bundle, content)
    token = ada.variables["BLOCKSTORE_TOKEN"]
    with Proxy(server.port) as evil:
        path = content / ".blockstore" / "workspace.json"
        path.write_text(path.read_text().replace(server.url, evil.url))
        ada.variables.pop("BLOCKSTORE_SERVER")
        ran = ada.run("push", content / "unit")
        assert ran.code == 2
        assert evil.sent == 0
    assert token not in ran.err


# Archives ----------------------------------------------------------------------------------------


def test_archives_come_and_go(rest: Rest, ada: Person, bundle: str, collection: str) -> None:
    """An export is imported elsewhere; importing it again makes nothing."""
    archive = ada.home / "bundle.zip"
    assert ada.json("export", bundle, archive)["bytes"] == archive.stat().st_size
    assert ada.run("export", bundle, archive).code == 8
    ada.ok("export", f"{bundle}@1", archive, "--force", "--alone")
    whole = ada.home / "collection.tar.gz"
    ada.ok("export", collection, whole)
    with tarfile.open(whole) as opened:
        assert ".blockstore/archive.json" in opened.getnames()
    target = rest.collection("Copy")
    dry = ada.json("import", archive, "-c", target, "--dry-run")
    assert dry["bundles"][0]["created"]
    made = ada.json("import", archive, "-c", target)["bundles"][0]
    assert rest.files(made["bundle_uuid"], made["version"]) == rest.files(bundle, 1)
    assert not ada.json("import", archive, "-c", target)["bundles"][0]["created"]


def test_a_folder_is_imported(rest: Rest, ada: Person, collection: str) -> None:
    """A folder becomes a bundle without being packed by hand."""
    folder = ada.home / "apples"
    folder.mkdir()
    (folder / "unit.xml").write_text("<unit/>")
    made = ada.json("import", folder, "-c", collection)["bundles"][0]
    assert made["title"] == "apples"
    assert rest.files(made["bundle_uuid"], 1) == {"unit.xml": b"<unit/>"}


def test_a_damaged_archive_is_refused(ada: Person, collection: str) -> None:
    """What is wrong is told, with the exit code for what the server refuses."""
    archive = ada.home / "bad.zip"
    archive.write_bytes(b"PK\x03\x04 nothing of the kind")
    ran = ada.run("--json", "import", archive, "-c", collection)
    assert (ran.code, ran.error["code"]) == (7, "invalid_archive")


# What goes wrong ---------------------------------------------------------------------------------


def test_exit_codes(
    person: Callable[[str], Person], rest: Rest, bundle: str, collection: str
) -> None:
    """Each family of errors has its exit code, a sentence, and no traceback."""
    ada, eve, bob = person("ada"), person("eve"), person("bob")
    other = rest.bundle(collection, "no-version")
    nowhere: dict[str, Any] = {
        "BLOCKSTORE_SERVER": "http://127.0.0.1:9",
        "BLOCKSTORE_ATTEMPTS": "1",
    }
    for expected, ran in (
        (2, ada.run("show")),
        (2, ada.run("nonsense")),
        (2, ada.run("show", "no-uuid")),
        (2, ada.run("push", "/tmp")),
        (2, ada.run("pull", bundle, "x", "--mine", "--theirs")),
        (2, ada.run("ls", BLOCKSTORE_SERVER="ftp://x")),
        (3, ada.run("show", NOBODY)),
        (3, ada.run("pull", f"{bundle}@99", "content")),
        (3, ada.run("pull", other, "content")),
        (3, eve.run("show", bundle)),
        (5, ada.run("ls", BLOCKSTORE_TOKEN="wrong")),
        (6, ada.run("ls", **nowhere)),
        (7, ada.run("log", bundle, "../etc/passwd")),
        (8, ada.run("import", "nothing.zip", "-c", collection)),
    ):
        assert ran.code == expected, (expected, ran)
        assert "Error: " in ran.err
        assert "Traceback" not in ran.err
        assert ran.out == ""
    rest.give(collection, "eve", "reader")
    eve.ok("pull", bundle, "content")
    (eve.home / "content/unit/unit.xml").write_text("eve's")
    assert eve.run("push", "content/unit", "--commit").code == 5
    assert bob.run("show", bundle).code == 0


def test_a_site_that_is_no_blockstore(ada: Person, tmp_path: Path) -> None:
    """It is told apart from one that is down, and gets no token."""
    web = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert web.stdout is not None
        port = web.stdout.readline().decode().split("port ")[1].split()[0]
        ran = ada.run("--json", "ls", BLOCKSTORE_SERVER=f"http://127.0.0.1:{port}")
        assert (ran.code, ran.error["code"]) == (6, "no_blockstore")
    finally:
        web.terminate()
        web.communicate()


def test_a_reader_that_closes_early_is_no_error(ada: Person, bundle: str) -> None:
    """`blockstore … | head` ends quietly."""
    command = " ".join([*ada.command(), "ls", bundle])
    done = subprocess.run(
        ["bash", "-c", f"{command} | true"],
        env=ada.environment,
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    assert done.stderr == b""


def test_the_client_needs_no_django() -> None:
    """It runs where there is none, and knows nothing of the rest of Blockstore."""
    code = (
        "import sys\n"
        "class No:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name.partition('.')[0] in {'django', 'rest_framework', 'lxml', 'storages'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        "import openedx_blockstore.cli.app\n"
        "print(sorted(n for n in sys.modules if n.startswith('openedx_blockstore.')\n"
        "             and not n.startswith('openedx_blockstore.cli')))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert told.stdout == "[]\n"


def test_without_its_libraries_it_says_what_to_install() -> None:
    """Who has installed Blockstore without the extra learns of it."""
    code = (
        "import sys; sys.modules['click'] = None\nfrom openedx_blockstore.cli import main\nmain()\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert told.returncode == 8
    assert 'pip install "openedx-blockstore[cli]"' in told.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_it(shell: str) -> None:
    """Each shell gets its completion."""
    told = subprocess.run(
        [sys.executable, "-c", "from openedx_blockstore.cli import main; main()"],
        env={**os.environ, "_BLOCKSTORE_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert told.returncode == 0
    assert "_BLOCKSTORE_COMPLETE" in told.stdout


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_help_teaches(ada: Person, name: str) -> None:
    """Every command explains itself, and every option."""
    command = cli.commands[name]
    assert command.help
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), parameter.name
    if name == "pull":
        assert "goes on where it stopped" in ada.ok(name, "--help").out
    assert json.dumps(command.to_info_dict(cli.make_context("blockstore", ["ls"])), default=str)
