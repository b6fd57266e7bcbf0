"""A closure is copied to another server, and only what is missing there goes over the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.cli.proxy import Proxy
from tests.cli.standalone import Person, Rest, StandAlone

MEGABYTE = 2**20


def to_other(proxy: Proxy, server: StandAlone) -> dict[str, Any]:
    """The variables for a push to another server through a proxy."""
    return {"BLOCKSTORE_SERVER": proxy.url, "BLOCKSTORE_TOKEN": server.tokens["ada"]}


def test_only_missing_bytes_are_sent(
    rest: Rest, ada: Person, other_server: StandAlone, collection: str
) -> None:
    """First everything; then a change; then nothing: counted on the wire."""
    picture = os.urandom(MEGABYTE)
    lender = rest.bundle(collection, "lender")
    rest.commit(lender, {"video.mp4": os.urandom(3 * MEGABYTE), "picture.png": picture})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"t.xml": b"<t/>", "copy.png": picture}, {"low": (lender, 1)})
    content = ada.home / "content"
    ada.ok("pull", top, content)
    there = Rest(other_server)
    target = there.collection("Copies")
    with Proxy(other_server.port) as proxy:
        variables = to_other(proxy, other_server)
        arguments = ("push", content, "--to-collection", target)
        dry = ada.json(*arguments, "--dry-run", **variables)
        assert [each["created"] for each in dry["bundles"]] == [True, True]
        assert there.call("GET", f"bundles?collection_uuid={target}") == []
        proxy.sent = 0
        first = ada.json(*arguments, **variables)
        # The picture is in two bundles, and goes once.
        assert 4 * MEGABYTE < proxy.sent < 4.2 * MEGABYTE
        assert {(b["bundle_uuid"], b["version"]) for b in first["bundles"]} == {
            (lender, 1),
            (top, 1),
        }
        assert there.files(top, 1) == rest.files(top, 1)
        assert there.files(lender, 1) == rest.files(lender, 1)
        link = there.call("GET", f"bundle_versions/{top},1")["snapshot"]["links"]["low"]["direct"]
        assert (link["bundle_uuid"], link["version"]) == (lender, 1)

        (content / "top" / "t.xml").write_bytes(b"<t>changed</t>")
        ada.ok("push", content / "top", "--commit")
        proxy.sent = 0
        second = ada.json(*arguments, **variables)
        assert proxy.sent < 10_000
        assert second["contents_sent"] == 1
        assert there.files(top, 2) == rest.files(top, 2)

        proxy.sent = 0
        third = ada.json(*arguments, **variables)
        assert proxy.sent < 10_000
        assert third["contents_sent"] == 0
        assert [each["created"] for each in third["bundles"]] == [False, False]
        assert there.latest(top) == 2


def test_a_content_of_an_older_version_is_not_sent_again(
    rest: Rest, ada: Person, other_server: StandAlone, collection: str
) -> None:
    """Going back to what was there once costs nothing, and needs no stranger's bundle."""
    bundle = rest.bundle(collection, "top")
    rest.commit(bundle, {"v.bin": os.urandom(MEGABYTE)})
    content = ada.home / "content"
    there = Rest(other_server)
    target = there.collection("Copies")
    with Proxy(other_server.port) as proxy:
        variables = to_other(proxy, other_server)
        for step in range(3):
            if step == 1:
                rest.commit(bundle, {"v.bin": b"small"})
            if step == 2:
                rest.call("POST", f"bundles/{bundle}/revert", json={"version": 1})
            ada.ok("pull", bundle, content)
            proxy.sent = 0
            ada.ok("push", content, "--to-collection", target, **variables)
            assert (proxy.sent > MEGABYTE) == (step == 0)
    assert there.files(bundle, 3) == rest.files(bundle, 1)


def test_what_is_no_version_is_not_copied(
    rest: Rest, ada: Person, other_server: StandAlone, bundle: str
) -> None:
    """Edits belong to their own server first, and half a bundle is none."""
    content = ada.home / "content"
    ada.ok("pull", bundle, content, "--only", "*.xml")
    target = Rest(other_server).collection("Copies")
    variables: dict[str, Any] = {
        "BLOCKSTORE_SERVER": other_server.url,
        "BLOCKSTORE_TOKEN": other_server.tokens["ada"],
    }
    assert ada.run("push", content, "--to-collection", target, **variables).code == 2
    ada.ok("pull", bundle, content)
    (content / "unit" / "unit.xml").write_bytes(b"edited")
    refused = ada.run("--json", "push", content, "--to-collection", target, **variables)
    assert (refused.code, refused.error["code"]) == (4, "uncommitted")
    # And a push without a collection is for the server that it came from.
    assert ada.run("push", content, **variables).code == 2


def test_a_digest_is_no_key(
    rest: Rest, ada: Person, other_server: StandAlone, tmp_path: Path
) -> None:
    """Who knows the digest of a content in another collection does not get it that way."""
    there = Rest(other_server)
    secret = there.bundle(there.collection("Secret"), "secret")
    there.commit(secret, {"secret.txt": b"the answer"})
    files = there.call("GET", f"bundle_versions/{secret},1")["snapshot"]["files"]
    digest = files["secret.txt"]["hash_digest"]
    bob = Rest(other_server, "bob")
    mine = bob.collection("Mine") if bob.call("GET", "me")["may_create_collections"] else None
    if mine is None:
        mine = there.collection("Bob's")
        there.give(mine, "bob")
    answer = bob.call(
        "POST", f"collections/{mine}/missing_contents", json={"bundles": {secret: [digest]}}
    )
    assert answer == {"missing": [digest]}
