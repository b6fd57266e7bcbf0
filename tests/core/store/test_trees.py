"""Trees and their merge: the heart of drafts that do not overwrite each other."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from openedx_blockstore.data import LinkTarget, OnConflict
from openedx_blockstore.store import (
    EMPTY_TREE,
    Change,
    Disagreement,
    Tree,
    TreeFile,
    apply_changes,
    merge,
    token,
)

LENDER = UUID("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")
OLD, MINE, THEIRS = (TreeFile(letter * 64, 1) for letter in "123")
ONE, TWO, THREE = (LinkTarget(LENDER, number) for number in (1, 2, 3))
HOW: list[OnConflict] = ["error", "mine", "theirs"]


def file_change(old: TreeFile | None, new: TreeFile | None, path: str = "a") -> Change:
    return Change(path, False, token(old), new)


def tree(file: TreeFile | None) -> Tree:
    return Tree({"a": file} if file is not None else {})


def test_a_token_is_equal_for_equal_entries_only() -> None:
    entries: list[TreeFile | LinkTarget | None] = [
        None,
        OLD,
        evolve(OLD, public=True),
        MINE,
        ONE,
        TWO,
        LinkTarget(LENDER, 1, weak=True),
    ]
    assert len({token(entry) for entry in entries}) == len(entries)
    assert token(OLD) == OLD.digest
    assert token(ONE) == f"{LENDER}@1"
    assert token(None) is None


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("old", [OLD, None])
@pytest.mark.parametrize("new", [MINE, None])
def test_a_change_of_what_nobody_else_changed_is_made(
    how: OnConflict, old: TreeFile | None, new: TreeFile | None
) -> None:
    assert merge(tree(old), [file_change(old, new)], on_conflict=how) == (tree(new), [])


@pytest.mark.parametrize("how", HOW)
def test_a_change_that_others_made_as_well_is_no_conflict(how: OnConflict) -> None:
    assert merge(tree(MINE), [file_change(OLD, MINE)], on_conflict=how) == (tree(MINE), [])
    assert merge(EMPTY_TREE, [file_change(OLD, None)], on_conflict=how) == (EMPTY_TREE, [])


@pytest.mark.parametrize(
    ("old", "mine", "theirs"),
    [
        (OLD, MINE, THEIRS),
        (OLD, None, THEIRS),
        (OLD, MINE, None),
        (None, MINE, THEIRS),
        (OLD, evolve(OLD, public=True), THEIRS),
    ],
)
def test_what_both_changed_is_a_conflict_and_the_caller_may_choose(
    old: TreeFile | None, mine: TreeFile | None, theirs: TreeFile | None
) -> None:
    change = file_change(old, mine)
    latest = tree(theirs)
    expected = [Disagreement(change, token(theirs))]
    assert merge(latest, [change], on_conflict="error") == (latest, expected)
    assert merge(latest, [change], on_conflict="mine") == (tree(mine), [])
    assert merge(latest, [change], on_conflict="theirs") == (latest, [])


def test_links_are_judged_alias_by_alias() -> None:
    latest = Tree({"x": OLD}, {"x": THREE, "y": ONE})
    changes = [
        Change("x", True, token(ONE), TWO),
        Change("y", True, token(ONE), None),
        Change("x", False, token(OLD), MINE),
    ]
    merged, disagreements = merge(latest, changes, on_conflict="error")
    assert merged == Tree({"x": MINE}, {"x": THREE})
    assert disagreements == [Disagreement(changes[0], token(THREE))]


def test_applying_changes_does_not_ask_what_they_were_made_against() -> None:
    assert apply_changes(tree(THEIRS), [file_change(OLD, MINE)]) == tree(MINE)
    assert apply_changes(tree(THEIRS), [file_change(OLD, None)]) == EMPTY_TREE
    assert apply_changes(EMPTY_TREE, [file_change(OLD, None)]) == EMPTY_TREE


files = st.builds(TreeFile, st.sampled_from(["1" * 64, "2" * 64]), st.just(1), st.booleans())
targets = st.builds(LinkTarget, st.just(LENDER), st.integers(1, 2), st.booleans())
paths = st.sampled_from(["a", "b", "c", "d", "e"])
trees = st.builds(Tree, st.dictionaries(paths, files), st.dictionaries(paths, targets))


@st.composite
def drafts(draw: st.DrawFn, base: Tree) -> list[Change]:
    """What somebody might stage on a tree."""
    wanted_files = draw(st.dictionaries(paths, st.none() | files))
    wanted_links = draw(st.dictionaries(paths, st.none() | targets))
    changes = [
        Change(path, False, token(base.files.get(path)), new) for path, new in wanted_files.items()
    ]
    changes += [
        Change(alias, True, token(base.links.get(alias)), new)
        for alias, new in wanted_links.items()
    ]
    return changes


def in_order(base: Tree, orders: Sequence[Sequence[Change]], how: OnConflict) -> Tree:
    for changes in orders:
        base, _ = merge(base, changes, on_conflict=how)
    return base


@given(st.data())
def test_independent_changes_give_the_same_tree_in_whichever_order(data: st.DataObject) -> None:
    base = data.draw(trees)
    first, second = data.draw(drafts(base)), data.draw(drafts(base))
    taken = {(change.is_link, change.name) for change in first}
    second = [change for change in second if (change.is_link, change.name) not in taken]
    for how in HOW:
        one = in_order(base, [first, second], how)
        assert one == in_order(base, [second, first], how)
        assert one == apply_changes(base, [*first, *second])
        assert merge(in_order(base, [first], how), second, on_conflict="error")[1] == []


@given(st.data())
def test_a_merge_changes_only_what_was_changed_and_choosing_mine_gives_mine(
    data: st.DataObject,
) -> None:
    base, latest = data.draw(trees), data.draw(trees)
    changes = data.draw(drafts(base))
    merged, disagreements = merge(latest, changes, on_conflict="mine")
    assert disagreements == []
    assert merged == apply_changes(latest, changes)
    theirs, _ = merge(latest, changes, on_conflict="theirs")
    undecided, disagreements = merge(latest, changes, on_conflict="error")
    assert theirs == undecided
    assert apply_changes(theirs, [each.change for each in disagreements]) == merged
    assert merge(merged, changes, on_conflict="error") == (merged, [])
