"""Where there are no symbolic links, or names are not allowed, nothing is lost and all is said."""

from __future__ import annotations

import json
import platform
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore.cli.globs import matcher
from openedx_blockstore.cli.names import fold, local_names, stored_path
from tests.cli.standalone import Person, Rest, tree

NO_SYMLINKS = [str(Path(__file__).with_name("no_symlinks.py"))]
needs_seccomp = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="symbolic links are forbidden by Linux's seccomp",
)


@pytest.fixture
def borrower(rest: Rest, collection: str) -> str:
    """A bundle that depends on two others, in a chain."""
    low = rest.bundle(collection, "low")
    rest.commit(low, {"l.txt": b"l"})
    middle = rest.bundle(collection, "middle")
    rest.commit(middle, {"m.txt": b"m"}, {"deep": (low, 1)})
    top = rest.bundle(collection, "top")
    rest.commit(top, {"t.txt": b"t"}, {"mid": (middle, 1)})
    return top


@needs_seccomp
def test_without_symbolic_links_there_is_a_mapping(rest: Rest, ada: Person, borrower: str) -> None:
    """The client says so, and writes where the links lead; a push works as ever."""
    content = ada.home / "content"
    ran = ada.ok("pull", borrower, content, launcher=NO_SYMLINKS)
    assert "Symbolic links can not be made here" in ran.err
    folder = content / "top"
    mapping = json.loads((folder / ".blockstore" / "links.json").read_text())
    middle = folder / mapping["mid"]
    assert (middle / "m.txt").read_bytes() == b"m"
    deeper = json.loads((middle / ".blockstore" / "links.json").read_text())
    assert (middle / deeper["deep"] / "l.txt").read_bytes() == b"l"
    refused = ada.run("pull", borrower, content, "--links", "symlink", launcher=NO_SYMLINKS)
    assert refused.code == 8
    assert "--links copy" in refused.err
    (folder / "t.txt").write_bytes(b"2")
    ada.ok("push", folder, "--commit", launcher=NO_SYMLINKS)
    assert rest.files(borrower, 2) == {"t.txt": b"2"}
    # Where they are allowed again they come back.
    ada.ok("pull", borrower, content)
    assert (folder / "links/mid/links/deep/l.txt").read_bytes() == b"l"
    assert not (folder / ".blockstore" / "links.json").exists()


@needs_seccomp
def test_copies_instead_of_links(ada: Person, borrower: str) -> None:
    """Copies hold what links would lead to, at any depth; they are no part of a push."""
    content = ada.home / "content"
    ada.ok("pull", borrower, content, "--links", "copy", launcher=NO_SYMLINKS)
    folder = content / "top"
    assert not (folder / "links" / "mid").is_symlink()
    assert (folder / "links/mid/links/deep/l.txt").read_bytes() == b"l"
    assert ada.json("push", folder)["folders"][0]["files"] == []
    ada.ok("pull", borrower, content, "--links", "copy", launcher=NO_SYMLINKS)
    ada.ok("pull", borrower, content)
    assert (folder / "links" / "mid").is_symlink()


def test_what_is_in_the_place_of_a_link_is_not_removed(ada: Person, borrower: str) -> None:
    """Somebody's own folder in links/ is told of, and stays."""
    content = ada.home / "content"
    ada.ok("pull", borrower, content)
    link = content / "top" / "links" / "mid"
    link.unlink()
    link.mkdir()
    (link / "notes.txt").write_text("mine")
    assert ada.run("pull", borrower, content).code == 8
    assert (link / "notes.txt").read_text() == "mine"


NAMES = [
    "con.txt",
    "a:b.txt",
    "what?.xml",
    "static/LPT1",
    "trailing. ",
    "100%3Asure.txt",
    "a%3Ab.txt",
    f"{'ü' * 200}.txt",
    "日本語/ñandú 🍎.txt",
]


@pytest.mark.parametrize("style", ["native", "portable"])
def test_odd_names_come_and_go(rest: Rest, ada: Person, collection: str, style: str) -> None:
    """Whatever a file is called on the server, it is here, and goes back under its own name."""
    bundle = rest.bundle(collection, "odd")
    files: dict[str, bytes | None] = {name: name.encode() for name in NAMES}
    rest.commit(bundle, files)
    content = ada.home / "content"
    document = ada.json("pull", bundle, content, "--names", style)
    names = document["bundles"][0]["names"]
    folder = content / "odd"
    found = tree(folder)
    assert {names.get(path, path): data for path, data in files.items()} == found
    if style == "portable":
        assert {"con.txt", "a:b.txt", "static/LPT1", "trailing. "} <= names.keys()
        assert not any(set(name) & set('<>:"|?*') for name in found)
    assert ada.json("diff", folder)["folders"][0]["files"] == []
    (folder / names.get("a:b.txt", "a:b.txt")).write_bytes(b"edited")
    (folder / names.get("con.txt", "con.txt")).unlink()
    ada.ok("push", folder, "--commit")
    del files["con.txt"]
    assert rest.files(bundle, 2) == {**files, "a:b.txt": b"edited"}


@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\"),
                min_size=1,
                max_size=80,
            ).filter(lambda name: name not in {".", ".."}),
            min_size=1,
            max_size=3,
        ).map(lambda parts: unicodedata.normalize("NFC", "/".join(parts))),
        max_size=12,
        unique_by=fold,
    )
)
def test_no_two_files_become_one(paths: list[str]) -> None:
    """Names for Windows are all different there, allowed there, and lead back."""
    names = local_names(paths, style="portable")
    local = [names.get(path, path) for path in paths]
    assert len({fold(name) for name in local}) == len(paths)
    assert [stored_path(name, names) for name in local] == paths
    for name in local:
        for part in name.split("/"):
            assert part
            assert part[-1] not in ". "
            assert len(part.encode()) <= 255
            assert not set(part) & set('<>:"|?*')
            assert part.split(".")[0].rstrip(" ").casefold() not in {"con", "nul", "aux", "com1"}


def test_names_that_differ_in_case_alone_are_kept_apart() -> None:
    """Aliases may; where case does not count, one of them gets another name."""
    names = local_names(["Week", "week", "WEEK"], style="native")
    assert len({fold(names.get(alias, alias)) for alias in ("Week", "week", "WEEK")}) == 3


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("*.mp4", ["a.mp4", "x/y/b.mp4"], ["a.mp4.txt"]),
        ("static/**", ["static/a", "static/b/c"], ["x/static/a", "statics"]),
        ("static/*", ["static/a"], ["static/b/c"]),
        ("static/", ["static/a", "static/b/c"], ["static"]),
        ("**/u?.xml", ["u1.xml", "x/u2.xml"], ["u10.xml"]),
        ("[ab].txt", ["a.txt", "x/b.txt"], ["c.txt"]),
        ("[!ab].txt", ["c.txt"], ["a.txt"]),
        ("e\u0301.txt", ["é.txt"], []),
        ("a[.txt", ["a[.txt"], ["a.txt"]),
    ],
)
def test_patterns(pattern: str, matching: list[str], other: list[str]) -> None:
    """Patterns mean what they mean in shells."""
    matches = matcher([pattern])
    assert [path for path in matching if not matches(path)] == []
    assert [path for path in other if matches(path)] == []
