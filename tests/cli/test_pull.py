"""Bundles are pulled with all that they depend on, each version once, and verified."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import signal
import tarfile
import time
from pathlib import Path

import pytest

from tests.cli.proxy import Proxy
from tests.cli.standalone import Person, Rest, StandAlone, tree

MEGABYTE = 2**20


def content(person: Person) -> Path:
    """The shared folder."""
    return person.home / "content"


def test_a_closure_is_pulled_once(rest: Rest, ada: Person, collection: str) -> None:
    """Each version is there once, links lead to it at any depth, and nothing else is there."""
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"a.txt": b"1"})
    rest.commit(lender, {"a.txt": b"2"})
    middle = rest.bundle(collection, "middle")
    rest.commit(middle, {"m.txt": b"m"}, {"base": (lender, 1)})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"t.txt": b"t"}, {"mid": (middle, 1), "new": (lender, 2)})
    document = ada.json("pull", top, content(ada))
    found = {(each["bundle_uuid"], each["version"]) for each in document["bundles"]}
    assert found == {(top, 1), (middle, 1), (lender, 1), (lender, 2)}
    folder = content(ada) / "top"
    assert tree(folder) == {"t.txt": b"t"}
    assert (folder / "links" / "mid").is_symlink()
    assert (folder / "links" / "mid" / "links" / "base" / "a.txt").read_bytes() == b"1"
    assert (folder / "links" / "new" / "a.txt").read_bytes() == b"2"
    assert len(list((content(ada) / "versions").glob("*/*"))) == 3
    assert not (content(ada) / ".blockstore" / "partial").exists()
    again = ada.json("pull", top, content(ada))
    assert (again["files"], again["bytes"], again["bytes_received"]) == (0, 0, 0)


def test_info_is_that_of_an_export(rest: Rest, ada: Person, collection: str) -> None:
    """A pulled folder says of itself, byte by byte, what an archive of the version says."""
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"a.txt": b"1"})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"ü.txt": b"t"}, {"low": (lender, 1)})
    ada.ok("pull", top, content(ada))
    exported = rest.read(f"bundle_versions/{top},1/export")
    with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
        info = archive.extractfile(".blockstore/info.json")
        assert info is not None
        assert info.read() == (content(ada) / "top/.blockstore/info.json").read_bytes()


def test_weak_links_are_not_followed(rest: Rest, ada: Person, collection: str) -> None:
    """What is linked to weakly is named, and not pulled; if it is there anyway, the link leads."""
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"a.txt": b"1"})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"t.txt": b"t"}, {"low": (lender, 1)}, weak=True)
    assert len(ada.json("pull", top, content(ada))["bundles"]) == 1
    assert not (content(ada) / "top" / "links").exists()
    ada.ok("pull", f"{lender}@1", content(ada))
    assert (content(ada) / "top" / "links" / "low" / "a.txt").read_bytes() == b"1"


def test_a_collection_is_pulled(rest: Rest, ada: Person, collection: str) -> None:
    """Each of its bundles gets a folder, and links lead to those folders where they fit."""
    lender = rest.bundle(collection, "same")
    rest.commit(lender, {"a.txt": b"1"})
    top = rest.bundle(collection, "same")
    rest.commit(top, {"t.txt": b"t"}, {"low": (lender, 1)})
    rest.bundle(collection, "no-version-yet")
    document = ada.json("pull", collection, content(ada))
    folders = {each["bundle_uuid"]: Path(each["folder"]) for each in document["bundles"]}
    assert folders.keys() == {lender, top}
    assert {folder.name for folder in folders.values()} == {"same", f"same-{top[:8]}"}
    assert (folders[top] / "links/low").resolve() == folders[lender].resolve()
    assert not (content(ada) / "versions").exists()


def test_only_some_files(rest: Rest, ada: Person, collection: str) -> None:
    """Only what matches comes; what was left out is not taken for deleted; more can follow."""
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"video/l.mp4": b"l", "l.xml": b"<l/>"})
    bundle = rest.bundle(collection, "top")
    rest.commit(bundle, {"a.mp4": b"1", "static/b.mp4": b"2", "c.xml": b"<c/>"}, {"l": (lender, 1)})
    ada.ok("pull", bundle, content(ada), "--only", "*.mp4")
    folder = content(ada) / "top"
    assert tree(folder) == {"a.mp4": b"1", "static/b.mp4": b"2"}
    assert (folder / "links/l/video/l.mp4").read_bytes() == b"l"
    assert not (folder / "links/l/l.xml").exists()
    (folder / "a.mp4").write_bytes(b"changed")
    pushed = ada.json("push", folder, "--commit")["folders"][0]
    assert [each["path"] for each in pushed["files"]] == ["a.mp4"]
    assert rest.files(bundle, 2) == {"a.mp4": b"changed", "static/b.mp4": b"2", "c.xml": b"<c/>"}
    (folder / "c.xml").write_bytes(b"mine")
    assert ada.run("push", folder).code == 8
    (folder / "c.xml").unlink()
    ada.ok("pull", bundle, content(ada), "--only", "c.*")
    assert tree(folder) == {"a.mp4": b"changed", "static/b.mp4": b"2", "c.xml": b"<c/>"}
    ada.ok("pull", bundle, content(ada))
    assert (folder / "links/l/l.xml").read_bytes() == b"<l/>"


def test_an_estimate_comes_first(ada: Person, bundle: str) -> None:
    """A dry run says how much it would be, and writes no file of any bundle."""
    document = ada.json("pull", bundle, content(ada), "--dry-run")
    assert (document["bytes"], document["files"]) == (len(b"<unit/>a"), 3)
    assert not (content(ada) / "unit").exists()


def test_somebody_at_a_terminal_is_asked(ada: Person, bundle: str) -> None:
    """After the estimate one may say no; nothing is fetched then. --yes asks nothing."""
    for reply, arguments, code in (("n", [], 130), ("y", [], 0), ("", ["--yes"], 0)):
        answer = reply
        folder = ada.home / f"content{code}{len(arguments)}"
        process, terminal = pty.fork()
        if process == 0:  # pragma: no cover
            command = [*ada.command(), "pull", bundle, str(folder), *arguments]
            os.execve(command[0], command, {**ada.environment, "TERM": "dumb"})
        told = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while chunk := os.read(terminal, 1024):
                told += chunk
                if b"Go on?" in told and answer:
                    os.write(terminal, answer.encode() + b"\n")
                    answer = ""
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == code, told
        assert b"8 bytes to download" in told
        assert (folder / "unit").exists() == (code == 0)
        os.close(terminal)


# Interruptions -----------------------------------------------------------------------------------


def test_a_pull_that_is_killed_goes_on(
    server: StandAlone, rest: Rest, ada: Person, collection: str
) -> None:
    """After kill -9 the same again fetches only the rest, and everything is verified."""
    bundle = rest.bundle(collection, "videos")
    files: dict[str, bytes | None] = {
        f"v{number}.mp4": os.urandom(4 * MEGABYTE) for number in range(4)
    }
    rest.commit(bundle, files)
    with Proxy(server.port, bytes_per_second=3 * MEGABYTE) as proxy:
        running = ada.start("pull", bundle, content(ada), "-j", "2", BLOCKSTORE_SERVER=proxy.url)
        deadline = time.monotonic() + 60
        while proxy.received < 7 * MEGABYTE and time.monotonic() < deadline:
            assert running.poll() is None
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        folder = content(ada) / "videos"
        done = tree(folder)
        assert len(done) < 4
        assert all(files[path] == data for path, data in done.items())
        # Nobody takes what is missing for deleted.
        refused = ada.run("--json", "push", folder, BLOCKSTORE_SERVER=proxy.url)
        assert (refused.code, refused.error["code"]) == (4, "unfinished")
        partials = sorted((content(ada) / ".blockstore/partial").iterdir())
        expected = 4 * MEGABYTE * (4 - len(done)) - sum(p.stat().st_size for p in partials)
        # Somebody's disk has a bad day.
        damaged = bytearray(partials[0].read_bytes())
        damaged[0] ^= 1
        partials[0].write_bytes(bytes(damaged))
        proxy.bytes_per_second = None
        document = ada.json("pull", bundle, content(ada), BLOCKSTORE_SERVER=proxy.url)
    assert tree(folder) == files
    # The rest, and once more all of what was damaged.
    assert document["bytes_received"] == expected + 4 * MEGABYTE < 16 * MEGABYTE


def test_a_cut_connection_goes_on_by_itself(
    server: StandAlone, rest: Rest, ada: Person, collection: str
) -> None:
    """A download whose connection is cut is continued where it stopped, not begun anew."""
    bundle = rest.bundle(collection, "video")
    video = os.urandom(3 * MEGABYTE)
    rest.commit(bundle, {"v.mp4": video})
    with Proxy(server.port) as proxy:
        proxy.cut_after, proxy.cuts = MEGABYTE, 2
        document = ada.json("pull", bundle, content(ada), BLOCKSTORE_SERVER=proxy.url)
        assert proxy.cuts == 0
    assert (content(ada) / "video/v.mp4").read_bytes() == video
    assert document["bytes_received"] == len(video)


def test_a_busy_server_is_asked_again(server: StandAlone, ada: Person, bundle: str) -> None:
    """429 and 503 are waited for."""
    with Proxy(server.port) as proxy:
        proxy.busy = 2
        ran = ada.ok("pull", bundle, content(ada), BLOCKSTORE_SERVER=f"{proxy.url}/api/v1/")
        assert proxy.busy == 0
    assert tree(content(ada) / "unit")["unit.xml"] == b"<unit/>"
    assert ran.code == 0


def test_two_runs_at_once_are_refused(
    server: StandAlone, rest: Rest, ada: Person, collection: str
) -> None:
    """Two runs in one folder would write the same files; the second one is told."""
    bundle = rest.bundle(collection, "video")
    rest.commit(bundle, {"v.mp4": os.urandom(MEGABYTE)})
    with Proxy(server.port, bytes_per_second=MEGABYTE // 2) as proxy:
        running = ada.start("pull", bundle, content(ada), BLOCKSTORE_SERVER=proxy.url)
        try:
            partial = content(ada) / ".blockstore/partial"
            deadline = time.monotonic() + 60
            while not partial.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            refused = ada.run("--json", "pull", bundle, content(ada), BLOCKSTORE_SERVER=proxy.url)
            assert (refused.code, refused.error["code"]) == (8, "locked")
        finally:
            running.communicate(timeout=60)
    assert running.returncode == 0


# Working on it -----------------------------------------------------------------------------------


def test_pulling_again_brings_what_others_did(rest: Rest, ada: Person, bundle: str) -> None:
    """Others' changes come in, and one's own stay."""
    ada.ok("pull", bundle, content(ada))
    folder = content(ada) / "unit"
    (folder / "mine.txt").write_bytes(b"mine")
    (folder / "unit.xml").write_bytes(b"mine, too")
    rest.commit(bundle, {"static/a.txt": None, "static/c.txt": b"c", "empty.txt": b"full"})
    document = ada.json("pull", bundle, content(ada))["bundles"][0]
    assert (document["version"], document["kept"]) == (2, ["unit.xml"])
    assert tree(folder) == {
        "mine.txt": b"mine",
        "unit.xml": b"mine, too",
        "static/c.txt": b"c",
        "empty.txt": b"full",
    }


@pytest.mark.parametrize(("option", "wins"), [("--mine", b"mine"), ("--theirs", b"theirs")])
def test_conflicts_touch_nothing_until_somebody_decides(
    rest: Rest, ada: Person, bundle: str, option: str, wins: bytes
) -> None:
    """Where both sides changed a file the pull stops; what loses here is put aside, not lost."""
    ada.ok("pull", bundle, content(ada))
    folder = content(ada) / "unit"
    (folder / "unit.xml").write_bytes(b"mine")
    rest.commit(bundle, {"unit.xml": b"theirs", "new.txt": b"new"})
    before = tree(folder)
    refused = ada.run("--json", "pull", bundle, content(ada))
    assert refused.code == 4
    assert refused.error["facts"]["paths"] == {str(folder): ["unit.xml"]}
    assert tree(folder) == before
    ada.ok("pull", bundle, content(ada), option)
    assert tree(folder) == {**before, "unit.xml": wins, "new.txt": b"new"}
    saved = [p.read_bytes() for p in (content(ada) / ".blockstore").glob("saved/*/unit/unit.xml")]
    assert saved == ([b"mine"] if option == "--theirs" else [])
    assert ada.ok("push", folder, "--commit").code == 0
    assert rest.files(bundle, rest.latest(bundle))["unit.xml"] == wins


def test_borrowers_keep_the_version_they_have_pinned(
    rest: Rest, ada: Person, collection: str
) -> None:
    """When the folder of a lender moves on, its old version is still there for its borrower."""
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"a.txt": b"1", "b.txt": b"b"})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"t.txt": b"t"}, {"low": (lender, 1)})
    ada.ok("pull", collection, content(ada))
    (content(ada) / "lender" / "a.txt").write_bytes(b"2")
    assert ada.json("push", content(ada), "--commit")["folders"][0]["version"] == 2
    assert tree(content(ada) / "lender") == {"a.txt": b"2", "b.txt": b"b"}
    assert tree((content(ada) / "top/links/low").resolve()) == {"a.txt": b"1", "b.txt": b"b"}


def test_a_dependency_that_was_edited_is_restored(rest: Rest, ada: Person, collection: str) -> None:
    """What lies in versions/ is as on the server again after a pull; the edit is put aside."""
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"a.txt": b"1"})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"t.txt": b"t"}, {"low": (lender, 1)})
    ada.ok("pull", top, content(ada))
    (content(ada) / "top/links/low/a.txt").write_bytes(b"edited")
    ada.ok("pull", top, content(ada))
    assert (content(ada) / "top/links/low/a.txt").read_bytes() == b"1"
    saved = [path.read_bytes() for path in (content(ada) / ".blockstore/saved").rglob("a.txt")]
    assert saved == [b"edited"]


def test_what_is_gone_is_named(
    server: StandAlone, rest: Rest, ada: Person, collection: str
) -> None:
    """A lender that was taken down is told, with an exit code of its own; the rest is there."""
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"a.txt": b"1"})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"t.txt": b"t"}, {"low": (lender, 1)})
    server.manage(
        "shell",
        "-c",
        "from openedx_blockstore.models import BundleVersion; "
        f"BundleVersion.objects.filter(bundle__uuid='{lender}').delete()",
    )
    ran = ada.run("--json", "pull", top, content(ada))
    assert ran.code == 9
    assert ran.error["facts"]["missing"] == [f"{lender}@1"]
    assert tree(content(ada) / "top") == {"t.txt": b"t"}
