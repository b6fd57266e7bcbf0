"""People who use the client are told where licences do not permit what they push."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import ada, person, rest, server
from tests.cli.standalone import Person, Rest
from tests.cli.test_push import pulled

__all__ = ["ada", "person", "rest", "server"]


@pytest.mark.slow
def test_the_client_says_what_the_licence_of_a_link_forbids(rest: Rest, ada: Person) -> None:
    """Beside its results, and does what it was asked to."""
    lender = rest.bundle(rest.collection("Theirs"), "lender")
    rest.commit(lender, {"l.txt": b"l"})
    reserved = {"expression": "LicenseRef-All-Rights-Reserved", "first_version": 1}
    rest.call("PUT", f"licensing/bundles/{lender}", json=reserved)
    bundle = rest.bundle(rest.collection("Ours"))
    rest.commit(bundle, {"a.txt": b"a"})
    folder = pulled(ada, bundle)
    path = folder / ".blockstore" / "info.json"
    info = json.loads(path.read_text())
    info["links"]["low"] = {"bundle_uuid": lender, "version": 1}
    path.write_text(json.dumps(info))
    done = ada.ok("--json", "push", folder, "--commit")
    assert done.json["folders"][0]["links"][0]["alias"] == "low"
    assert set(rest.call("GET", f"bundle_versions/{bundle},2")["snapshot"]["links"]) == {"low"}
    advice = [line for line in done.err.splitlines() if line.startswith("Advice: ")]
    assert len(advice) == 2, "once for the push, and once for the commit"
    assert all("links/low: This link: All rights are reserved" in line for line in advice)
