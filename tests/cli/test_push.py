"""A folder pulled, edited and pushed makes one version with exactly the changes."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.proxy import Proxy
from tests.cli.standalone import Person, Rest, StandAlone, tree


def pulled(person: Person, bundle: str) -> Path:
    """Pull a bundle, and return the folder to work in."""
    document = person.json("pull", bundle, person.home / "content")
    return Path(next(each["folder"] for each in document["bundles"] if each["working"]))


def test_pull_edit_push(rest: Rest, ada: Person, bundle: str) -> None:
    """Exactly what was added, changed and removed is in the new version, and nothing else."""
    folder = pulled(ada, bundle)
    assert tree(folder) == rest.files(bundle, 1)
    (folder / "unit.xml").write_text("<unit>new</unit>")
    (folder / "static" / "a.txt").unlink()
    (folder / "static" / "b ü.txt").write_bytes(b"")
    diff = ada.json("diff", folder)["folders"][0]
    assert [(f["kind"], f["path"]) for f in diff["files"]] == [
        ("removed", "static/a.txt"),
        ("added", "static/b ü.txt"),
        ("modified", "unit.xml"),
    ]
    document = ada.json("push", folder, "--commit", "-m", "Better")
    assert document["folders"][0]["version"] == 2
    assert rest.files(bundle, 2) == {
        "unit.xml": b"<unit>new</unit>",
        "static/b ü.txt": b"",
        "empty.txt": b"",
    }
    changes = rest.call("GET", f"bundle_versions/{bundle},2/changes")
    assert [f["path"] for f in changes["files"]] == ["static/a.txt", "static/b ü.txt", "unit.xml"]
    version = rest.call("GET", f"bundle_versions/{bundle},2")
    assert version["change_description"] == "Better"
    assert ada.json("diff", folder)["folders"][0]["files"] == []
    again = ada.json("push", folder, "--commit")["folders"][0]
    assert (again["version"], again["files_sent"]) == (None, 0)
    assert rest.latest(bundle) == 2


def push_args(folder: Path) -> tuple[str | Path, ...]:
    """A push that makes a version."""
    return ("push", folder, "--commit", "-m", "mine")


def test_two_people_push_at_once(rest: Rest, person: Callable[[str], Person], bundle: str) -> None:
    """Of two who changed the same file one is told; whoever changed other files is merged in."""
    people = [person("ada"), person("bob")]
    folders = [pulled(each, bundle) for each in people]
    for name, folder in zip(("ada", "bob"), folders, strict=True):
        (folder / "unit.xml").write_text(name)
        (folder / f"{name}.txt").write_text(name)
    running = [p.start(*push_args(f)) for p, f in zip(people, folders, strict=True)]
    codes = [(process.communicate(timeout=120), process.returncode)[1] for process in running]
    assert sorted(codes) == [0, 4]
    winner, loser = ("ada", "bob") if codes[0] == 0 else ("bob", "ada")
    assert rest.latest(bundle) == 2
    assert rest.files(bundle, 2)["unit.xml"] == winner.encode()
    # Nothing is lost: the loser's file is here, the winner's there; then the loser decides.
    index = codes.index(4)
    assert (folders[index] / "unit.xml").read_text() == loser
    refused = people[index].run("--json", *push_args(folders[index]))
    assert refused.code == 4
    assert people[index].run("pull", bundle, people[index].home / "content").code == 4
    people[index].ok("pull", bundle, people[index].home / "content", "--mine")
    people[index].ok(*push_args(folders[index]))
    assert rest.files(bundle, 3)["unit.xml"] == loser.encode()
    assert {"ada.txt", "bob.txt"} <= rest.files(bundle, 3).keys()


def test_a_conflict_names_all_sides(rest: Rest, ada: Person, bundle: str) -> None:
    """The digests of what was pulled, what is here and what is there are told; nothing is sent."""
    folder = pulled(ada, bundle)
    (folder / "unit.xml").write_text("mine")
    (folder / "other.txt").write_text("mine")
    rest.commit(bundle, {"unit.xml": b"theirs"})
    refused = ada.run("--json", "push", folder)
    assert (refused.code, refused.out) == (4, "")
    (conflict,) = refused.error["facts"]["conflicts"]
    assert conflict["path"] == "unit.xml"
    assert len({conflict[side] for side in ("base", "mine", "theirs")}) == 3
    drafts = {d["name"]: d["uuid"] for d in rest.call("GET", f"drafts?bundle_uuid={bundle}")}
    shown = rest.call("GET", f"drafts/{drafts['client-ada']}")["staged_draft"]
    assert "other.txt" not in shown["files"]
    ada.ok("push", folder, "--commit", "--mine")
    assert rest.files(bundle, 3)["unit.xml"] == b"mine"


def test_what_others_have_staged_in_the_same_draft_stays(
    rest: Rest, ada: Person, bundle: str
) -> None:
    """A commit of a push takes only its own paths along."""
    folder = pulled(ada, bundle)
    draft = rest.call("POST", "drafts", json={"bundle_uuid": bundle, "name": "shared"})["uuid"]
    rest.call("PUT", f"drafts/{draft}/files/theirs.txt", data=b"not yet")
    (folder / "mine.txt").write_text("mine")
    ada.ok("push", folder, "--draft", "shared", "--commit")
    assert "theirs.txt" not in rest.files(bundle, 2)
    assert rest.files(bundle, 2)["mine.txt"] == b"mine"
    shown = rest.call("GET", f"drafts/{draft}")["staged_draft"]["files"]
    assert shown["theirs.txt"]["modified"]


def test_push_and_commit_are_two_steps(rest: Rest, ada: Person, bundle: str) -> None:
    """What is edited between the two stays an edit; what is undone is taken back in the draft."""
    folder = pulled(ada, bundle)
    (folder / "unit.xml").write_text("first")
    (folder / "new.txt").write_text("new")
    (folder / "empty.txt").unlink()
    assert ada.json("push", folder)["folders"][0]["version"] is None
    assert rest.latest(bundle) == 1
    (folder / "new.txt").unlink()
    (folder / "empty.txt").write_text("")
    again = ada.json("push", folder)["folders"][0]
    assert [each["path"] for each in again["files"]] == ["unit.xml"]
    (folder / "unit.xml").write_text("second")
    document = ada.json("commit", folder, "-m", "First", "--kind", "typo")
    assert document["folders"][0]["version"] == 2
    assert rest.files(bundle, 2) == {"unit.xml": b"first", "static/a.txt": b"a", "empty.txt": b""}
    assert (folder / "unit.xml").read_text() == "second"
    changed = ada.json("diff", folder)["folders"][0]["files"]
    assert [each["path"] for each in changed] == ["unit.xml"]
    assert ada.run("commit", folder).code == 2


def test_a_commit_that_meets_a_conflict_loses_nothing(rest: Rest, ada: Person, bundle: str) -> None:
    """What others commit between a push and its commit is told; --mine decides."""
    folder = pulled(ada, bundle)
    (folder / "unit.xml").write_text("mine")
    ada.ok("push", folder)
    rest.commit(bundle, {"unit.xml": b"theirs"})
    refused = ada.run("--json", "commit", folder)
    assert (refused.code, refused.error["code"]) == (4, "draft_conflict")
    assert (folder / "unit.xml").read_text() == "mine"
    ada.ok("commit", folder, "--mine")
    assert rest.files(bundle, 3)["unit.xml"] == b"mine"


@pytest.mark.parametrize("option", ["--mine", "--theirs"])
def test_who_has_pulled_has_decided(rest: Rest, ada: Person, bundle: str, option: str) -> None:
    """After a commit that met a conflict, a pull settles it for the next push, in the draft too."""
    folder = pulled(ada, bundle)
    (folder / "unit.xml").write_text("mine")
    ada.ok("push", folder)
    rest.commit(bundle, {"unit.xml": b"theirs"})
    assert ada.run("push", folder, "--commit").code == 4
    ada.ok("pull", bundle, folder.parent, option)
    (folder / "more.txt").write_text("more")
    ada.ok("push", folder, "--commit")
    assert rest.files(bundle, 3)["unit.xml"] == {"--mine": b"mine", "--theirs": b"theirs"}[option]
    (folder / "unit.xml").write_text("again")
    ada.ok("push", folder, "--commit")
    assert rest.files(bundle, 4)["unit.xml"] == b"again"


def test_what_is_staged_hides_nothing(rest: Rest, ada: Person, bundle: str) -> None:
    """If the draft was brought forward over others' work, a push still tells of that."""
    folder = pulled(ada, bundle)
    (folder / "unit.xml").write_text("mine")
    draft = ada.json("push", folder)["folders"][0]["draft_uuid"]
    rest.commit(bundle, {"unit.xml": b"theirs"})
    rest.call("POST", f"drafts/{draft}/update", json={"on_conflict": "mine"})
    refused = ada.run("--json", "push", folder, "--commit")
    assert refused.code == 4
    assert refused.error["facts"]["conflicts"][0]["path"] == "unit.xml"
    assert rest.latest(bundle) == 2


def test_links_and_public_files_are_changed_in_info(
    rest: Rest, ada: Person, bundle: str, collection: str
) -> None:
    """What an author changes in info.json is pushed like a file."""
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"l.txt": b"l"})
    folder = pulled(ada, bundle)
    path = folder / ".blockstore" / "info.json"
    info = json.loads(path.read_text())
    info["links"]["low"] = {"bundle_uuid": lender, "version": 1}
    info["files"]["static/a.txt"]["public"] = True
    path.write_text(json.dumps(info))
    document = ada.json("push", folder, "--commit")["folders"][0]
    assert [each["alias"] for each in document["links"]] == ["low"]
    snapshot = rest.call("GET", f"bundle_versions/{bundle},2")["snapshot"]
    assert snapshot["public"] == ["static/a.txt"]
    assert snapshot["links"]["low"]["direct"]["bundle_uuid"] == lender
    assert (folder / "links" / "low" / "l.txt").read_bytes() == b"l"
    info = json.loads(path.read_text())
    del info["links"]["low"]
    path.write_text(json.dumps(info))
    ada.ok("push", folder, "--commit")
    assert rest.call("GET", f"bundle_versions/{bundle},3")["snapshot"]["links"] == {}
    assert not (folder / "links").exists()


def test_a_push_that_is_killed_is_repeated(
    server: StandAlone, rest: Rest, ada: Person, bundle: str
) -> None:
    """After kill -9 the same again finds what was sent, sends the rest, and makes one version."""
    folder = pulled(ada, bundle)
    new = {f"v{number}.bin": os.urandom(2 * 2**20) for number in range(6)}
    for name, contents in new.items():
        (folder / name).write_bytes(contents)
    with Proxy(server.port, bytes_per_second=4 * 2**20) as proxy:
        # The same server at another address, as the folder knows it.
        through = through_proxy(folder, server.url, proxy.url)
        running = ada.start("push", folder, "--commit", "-j", "2", **through)
        deadline = time.monotonic() + 60
        while proxy.sent < 7 * 2**20 and time.monotonic() < deadline:
            assert running.poll() is None
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        assert rest.latest(bundle) == 1
        proxy.bytes_per_second = None
        (folder / "v0.bin").write_bytes(b"edited meanwhile")
        document = ada.json("push", folder, "--commit", **through)["folders"][0]
    assert document["version"] == rest.latest(bundle) == 2
    assert document["files_sent"] < 6
    files = rest.files(bundle, 2)
    assert files == {
        **rest.files(bundle, 1),
        **new,
        "v0.bin": b"edited meanwhile",
    }


def through_proxy(folder: Path, url: str, proxy: str) -> dict[str, Any]:
    """Let a folder have been pulled through a proxy."""
    for path in (folder / ".blockstore/client.json", folder.parent / ".blockstore/workspace.json"):
        path.write_text(path.read_text().replace(url, proxy))
    return {"BLOCKSTORE_SERVER": proxy}


def test_a_lost_answer_to_a_commit_is_found_out(
    server: StandAlone, rest: Rest, ada: Person, bundle: str
) -> None:
    """If the version was made, but nobody heard of it, a repeated push takes it over."""
    folder = pulled(ada, bundle)
    (folder / "unit.xml").write_text("mine")
    ada.ok("push", folder)
    draft = json.loads((folder / ".blockstore/client.json").read_text())["draft"]
    rest.call("POST", f"drafts/{draft}/commit", json={})
    document = ada.json("push", folder, "--commit")["folders"][0]
    assert (document["version"], rest.latest(bundle)) == (2, 2)
    assert ada.json("diff", folder)["folders"][0]["from_version"] == 2


def test_links_to_files_and_twins_are_refused(ada: Person, bundle: str) -> None:
    """What can not become what it looks like is refused before anything is sent."""
    folder = pulled(ada, bundle)
    (folder / "secret").symlink_to("/etc/hostname")
    assert ada.run("push", folder).code == 8
    (folder / "secret").unlink()
    (folder / "é.txt").write_text("composed")
    (folder / "e\u0301.txt").write_text("decomposed")
    refused = ada.run("push", folder)
    assert refused.code == 8
    assert "two ways" in refused.err


def test_what_the_operating_system_leaves_is_not_pushed(ada: Person, bundle: str) -> None:
    """Neither Finder's nor Windows' own files are content."""
    folder = pulled(ada, bundle)
    (folder / ".DS_Store").write_text("")
    (folder / "static" / "Thumbs.db").write_text("")
    assert ada.json("push", folder)["folders"][0]["files"] == []


def test_an_nfd_name_is_the_same_file(rest: Rest, ada: Person, bundle: str) -> None:
    """A name as macOS spells it finds the file on the server, and no second one is made."""
    rest.commit(bundle, {"é.txt": b"1"})
    folder = pulled(ada, bundle)
    (folder / "é.txt").rename(folder / "e\u0301.txt")
    assert ada.json("diff", folder)["folders"][0]["files"] == []
    (folder / "e\u0301.txt").write_bytes(b"2")
    ada.ok("push", folder, "--commit")
    assert rest.files(bundle, 3)["é.txt"] == b"2"
    assert len(rest.files(bundle, 3)) == 4
    rest.commit(bundle, {"é.txt": b"3"})
    ada.ok("pull", bundle, folder.parent)
    assert (folder / "e\u0301.txt").read_bytes() == b"3"
    assert not (folder / "é.txt").exists()
