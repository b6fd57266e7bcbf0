"""A folder pulled, edited and pushed makes one version with exactly the changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.standalone import Person, Rest, tree


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
