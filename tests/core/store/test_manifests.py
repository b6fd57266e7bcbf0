"""The manifest: its canonical bytes, and what it remembers of every path."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore.data import LinkTarget
from openedx_blockstore.store import (
    EMPTY_TREE,
    FileEntry,
    LinkEntry,
    Manifest,
    RemovedEntry,
    Tree,
    TreeFile,
    canonical_json,
    digest_of,
    next_manifest,
    tree_of,
)
from openedx_blockstore.store.manifests import dump_manifest, load_manifest

BUNDLE = UUID("11111111-2222-3333-4444-555555555555")
LENDER = UUID("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")
A, B, C = (TreeFile(digest_of(letter), 1) for letter in (b"a", b"b", b"c"))

GOLDEN = Manifest(
    bundle_uuid=BUNDLE,
    version_num=7,
    parent="f" * 64,
    files={
        "units/ü.xml": FileEntry("0" * 64, 812, public=False, since=7, before=4),
        "a.txt": FileEntry("1" * 64, 0, public=True, since=1, before=None),
    },
    removed={"old.png": RemovedEntry(since=7, before=2)},
    links={"week_001": LinkEntry(LinkTarget(LENDER, 3, weak=True), since=2)},
    dependencies=None,
)
GOLDEN_BYTES = (
    '{"_meta":{"digest":"sha256","version":1},'
    '"dependencies":null,'
    '"files":{'
    '"a.txt":{"before":null,'
    '"digest":"1111111111111111111111111111111111111111111111111111111111111111",'
    '"public":true,"since":1,"size":0},'
    '"units/ü.xml":{"before":4,'
    '"digest":"0000000000000000000000000000000000000000000000000000000000000000",'
    '"public":false,"since":7,"size":812}},'
    '"info":{"bundle_uuid":"11111111-2222-3333-4444-555555555555",'
    '"parent":"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",'
    '"version_num":7},'
    '"links":{"week_001":{"bundle_uuid":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",'
    '"namespace":null,"since":2,"version_num":3,"weak":true}},'
    '"removed":{"old.png":{"before":2,"since":7}}}'
).encode()


def test_the_canonical_bytes_of_a_manifest_never_change() -> None:
    assert dump_manifest(GOLDEN) == GOLDEN_BYTES
    assert load_manifest(GOLDEN_BYTES) == GOLDEN


def test_canonical_json_is_the_same_for_equal_values() -> None:
    assert (
        canonical_json({"b": [1, None], "a": "é\u2028"}) == '{"a":"é\u2028","b":[1,null]}'.encode()
    )
    assert canonical_json({"b": 1, "a": 2}) == canonical_json({"a": 2, "b": 1})


digests = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
numbers = st.integers(1, 2**31 - 1)
manifests = st.builds(
    Manifest,
    bundle_uuid=st.uuids(),
    version_num=numbers,
    parent=st.none() | digests,
    files=st.dictionaries(
        names,
        st.builds(
            FileEntry,
            digest=digests,
            size=st.integers(0, 2**50),
            public=st.booleans(),
            since=numbers,
            before=st.none() | numbers,
        ),
        max_size=4,
    ),
    removed=st.dictionaries(
        names, st.builds(RemovedEntry, since=numbers, before=numbers), max_size=3
    ),
    links=st.dictionaries(
        names,
        st.builds(
            LinkEntry,
            target=st.builds(LinkTarget, st.uuids(), numbers, st.booleans()),
            since=numbers,
        ),
        max_size=3,
    ),
    dependencies=st.none() | digests,
)


@given(manifests)
def test_a_manifest_is_read_back_as_it_was_written(manifest: Manifest) -> None:
    contents = dump_manifest(manifest)
    assert load_manifest(contents) == manifest
    assert dump_manifest(load_manifest(contents)) == contents


def changed(**changes: Any) -> bytes:
    document = json.loads(GOLDEN_BYTES)
    for key, value in changes.items():
        document[key] = value
    return canonical_json(document)


@pytest.mark.parametrize(
    "meta", [{"version": 2, "digest": "sha256"}, {"version": 1, "digest": "blake3"}, {}, None]
)
def test_a_format_of_another_time_is_refused(meta: object) -> None:
    with pytest.raises(ValueError, match="unknown manifest format"):
        load_manifest(changed(_meta=meta))


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"not json",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        changed(files=[]),
        changed(files={"a": 5}),
        changed(files={"a": {"digest": "x"}}),
        changed(info={}),
        changed(info={"bundle_uuid": "x", "version_num": 1, "parent": None}),
        changed(links={"a": {"bundle_uuid": 5}}),
        changed(removed=None),
    ],
)
def test_what_is_no_manifest_is_refused(contents: bytes) -> None:
    with pytest.raises(ValueError):
        load_manifest(contents)


def history(*trees: Tree) -> Manifest:
    """The manifest of the last of versions that hold these trees."""
    manifest: tuple[Manifest, str] | None = None
    for tree in trees:
        made = next_manifest(BUNDLE, manifest, tree, dependencies=None)
        manifest = made, digest_of(dump_manifest(made))
    assert manifest is not None
    return manifest[0]


def test_a_first_version_has_no_parent_and_nothing_before() -> None:
    manifest = history(Tree({"a": A}))
    assert (manifest.version_num, manifest.parent) == (1, None)
    assert manifest.files["a"] == FileEntry(A.digest, 1, public=False, since=1, before=None)


def test_a_version_names_its_parent_by_the_digest_of_its_manifest() -> None:
    first = history(Tree({"a": A}))
    second = history(Tree({"a": A}), Tree({"a": B}))
    assert second.version_num == 2
    assert second.parent == digest_of(dump_manifest(first))


def test_a_path_that_did_not_change_keeps_the_versions_of_its_changes() -> None:
    manifest = history(Tree({"a": A}), Tree({"a": B}), Tree({"a": B, "b": A}))
    assert (manifest.files["a"].since, manifest.files["a"].before) == (2, 1)
    assert (manifest.files["b"].since, manifest.files["b"].before) == (3, None)


def test_being_public_is_a_change_of_the_path() -> None:
    manifest = history(Tree({"a": A}), Tree({"a": TreeFile(A.digest, A.size, public=True)}))
    assert (manifest.files["a"].since, manifest.files["a"].before) == (2, 1)


def test_a_removed_path_is_remembered_with_the_version_of_its_last_change() -> None:
    manifest = history(Tree({"a": A}), Tree({"a": B}), Tree({"b": A}), Tree({"b": B}))
    assert manifest.removed == {"a": RemovedEntry(since=3, before=2)}
    assert "a" not in manifest.files


def test_a_path_that_is_made_again_leads_back_to_its_removal() -> None:
    manifest = history(Tree({"a": A}), Tree({"b": A}), Tree({"a": A, "b": A}))
    assert (manifest.files["a"].since, manifest.files["a"].before) == (3, 2)
    assert manifest.removed == {}


def test_a_path_that_is_removed_twice_leads_back_to_its_second_life() -> None:
    manifest = history(Tree({"a": A}), EMPTY_TREE, Tree({"a": B}), EMPTY_TREE)
    assert manifest.removed == {"a": RemovedEntry(since=4, before=3)}


def test_a_link_knows_since_when_it_leads_where_it_leads() -> None:
    one, two = LinkTarget(LENDER, 1), LinkTarget(LENDER, 2)
    links = [Tree(links={"x": target}) for target in (one, one, two)]
    assert history(*links).links["x"] == LinkEntry(two, since=3)
    assert history(*links[:2]).links["x"] == LinkEntry(one, since=1)
    weak = Tree(links={"x": LinkTarget(LENDER, 2, weak=True)})
    assert history(*links, weak).links["x"].since == 4


def test_a_tree_comes_out_of_a_manifest_as_it_went_in() -> None:
    tree = Tree({"a": A, "b": C}, {"x": LinkTarget(LENDER, 1)})
    assert tree_of(history(EMPTY_TREE, tree)) == tree
    assert tree_of(None) == EMPTY_TREE


def test_a_manifest_can_not_be_changed() -> None:
    for mapping in (GOLDEN.files, GOLDEN.removed, GOLDEN.links):
        with pytest.raises(TypeError):
            mapping["x"] = None  # type: ignore[index]
